/** Quotes a text for a POSIX shell, which takes everything between single quotes as it is, a single quote excepted. */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** e.g. "1 task", "3 tasks" */
export const plural = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? "" : "s"}`;

/** The verb after {@link plural}, e.g. "waits" for one, "wait" for more. */
export const verb = (count: number, word: string): string => (count === 1 ? `${word}s` : word);

/** A text on one line. Of a long one the middle is left out: messages of container runtimes begin with what was tried, and end with the cause. */
export function shortened(text: string, longest = 200): string {
  const line = text.trim().replace(/\s*\n\s*/g, " ");
  if (line.length <= longest) return line;
  const begin = Math.floor((longest - 3) / 3);
  return `${line.slice(0, begin).trimEnd()} … ${line.slice(begin + 3 - longest).trimStart()}`;
}
