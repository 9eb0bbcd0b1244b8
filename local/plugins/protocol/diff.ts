import { equal, isObject, type Properties, unknown } from "./values";

export type Change = "add" | "delete" | "update";

export interface Diff {
  /** Every input that changed, by its path. */
  readonly changes: ReadonlyMap<string, { readonly change: Change; readonly replace: boolean }>;
  /** Delete the old resource before the new one is made, as both cannot exist at once. */
  readonly deleteBeforeReplace: boolean;
}

export const replaces = (diff: Diff): boolean => [...diff.changes.values()].some((change) => change.replace);

type Path = readonly (string | number)[];

/**
 * Compares inputs. A change at or below one of the `replace` paths replaces the resource; in such a path `*` stands
 * for any one key or index. Keys that start with `__` are our own notes and are not compared.
 */
export function compare(olds: Properties, news: Properties, replace: readonly (readonly string[])[], sameName = false): Diff {
  const changes = new Map<string, { change: Change; replace: boolean }>();
  walk(olds, news, [], (path, change) => {
    const replaced = replace.some((pattern) => pattern.every((key, i) => key === "*" || key === String(path[i])));
    changes.set(formatPath(path), { change, replace: replaced });
  });
  const diff = { changes, deleteBeforeReplace: false };
  return { ...diff, deleteBeforeReplace: sameName && replaces(diff) };
}

function walk(old: unknown, now: unknown, path: Path, found: (path: Path, change: Change) => void): void {
  if (equal(old, now)) return;
  if (old === undefined || old === null) return found(path, "add");
  if (now === undefined || now === null) return found(path, "delete");
  if (now !== unknown && isObject(old) && isObject(now)) {
    const keys = new Set([...Object.keys(old), ...Object.keys(now)]);
    for (const key of keys) if (!key.startsWith("__")) walk(old[key], now[key], [...path, key], found);
  } else if (Array.isArray(old) && Array.isArray(now)) {
    for (let i = 0; i < Math.max(old.length, now.length); i++) walk(old[i], now[i], [...path, i], found);
  } else found(path, "update");
}

/** Writes a path as the engine reads it, e.g. `metadata.annotations["a.b/c"]`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}
