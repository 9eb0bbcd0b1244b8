const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/**
 * Compiles a glob pattern: `*` is any run of characters but `/`, `**` any run, `?` one character but `/`,
 * `{a,b}` one of the alternatives (which hold no further braces). Everything else stands for itself.
 */
export function glob(pattern: string): RegExp {
  const parts = pattern.split(/(\*\*\/|\*\*|\*|\?|\{[^{}]*\})/);
  const source = parts.map((part, i) => {
    if (i % 2 === 0) return escape(part);
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    return `(?:${part.slice(1, -1).split(",").map(escape).join("|")})`;
  });
  return new RegExp(`^${source.join("")}$`, "s");
}

/** What a template may name between braces, with what it stands for. */
export const placeholders = {
  key: "the object's whole key, e.g. videos/2024/a.mp4",
  name: "the key without the prefix, e.g. 2024/a.mp4",
  stem: "the name without its extension, e.g. 2024/a",
} as const;

/** The placeholders in `template` that no object has. Other text in braces, such as JSON, is none. */
export function unknownPlaceholders(template: string): string[] {
  return [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).filter((name) => !Object.hasOwn(placeholders, name));
}

/** Fills a template such as `thumbnails/{name}.webm` in for the object `key` under `prefix`. */
export function fill(template: string, key: string, prefix: string): string {
  const name = key.slice(prefix.length);
  const values: Record<keyof typeof placeholders, string> = { key, name, stem: name.replace(/(?<=[^/])\.[^./]*$/, "") };
  return template.replace(/\{(key|name|stem)\}/g, (_text, placeholder: keyof typeof values) => values[placeholder]);
}
