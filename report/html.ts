/** HTML as a tagged template: everything that is put into it is escaped, unless it was made by the same template. */
import { printable } from "../common/printable";

export class Html {
  constructor(readonly text: string) {}
}

/** `undefined` and `false` leave nothing; a list is written one after the other. */
export type Content = Html | string | number | undefined | false | readonly Content[];

export function html(template: TemplateStringsArray, ...values: readonly Content[]): Html {
  const parts = compact(template);
  let text = parts[0]!;
  values.forEach((value, i) => (text += write(value) + parts[i + 1]!));
  return new Html(text);
}

const compacted = new WeakMap<TemplateStringsArray, readonly string[]>();

/** The template without the indentation that it has in the source: a page can have 10,000 rows. */
function compact(template: TemplateStringsArray): readonly string[] {
  const known = compacted.get(template);
  if (known) return known;
  const parts = template.map((part) => part.replace(/\s*\n\s*/g, "\n"));
  compacted.set(template, parts);
  return parts;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text for an element or a quoted attribute. Characters that HTML does not allow become a replacement character. */
export const escapeText = (text: string): string =>
  // eslint-disable-next-line no-control-regex -- these are the ones to replace
  text.replace(/[&<>"']/g, (character) => entities[character]!).replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\p{Surrogate}/gu, "\ufffd");

function write(value: Content): string {
  if (value instanceof Html) return value.text;
  if (value === undefined || value === false) return "";
  return typeof value === "object" ? value.map(write).join("") : escapeText(printable(String(value)));
}
