/** Quotes a text for a POSIX shell, which takes everything between single quotes as it is, a single quote excepted. */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** e.g. "task" for one, "tasks" for any other number of them */
export const noun = (count: number, thing: string, things = `${thing}s`): string => (count === 1 ? thing : things);

/** e.g. "1 task", "3 tasks" */
export const plural = (count: number, thing: string, things?: string): string => `${count} ${noun(count, thing, things)}`;

/** e.g. "1 node-hour", "0.35 node-hours" */
export const nodeHours = (count: number): string => plural(Number(count.toFixed(2)), "node-hour");

/** An amount of a currency; small ones have four decimals. */
export const money = (amount: number, currency = ""): string =>
  `${amount.toFixed(amount > 0 && amount < 0.095 ? 4 : 2)} ${currency}`.trim();

const singular: Readonly<Record<string, string>> = { are: "is", do: "does", have: "has" };

/** The verb after {@link plural}, e.g. "waits" or "has" for one, "wait" or "have" for more. */
export const verb = (count: number, word: string): string => (count === 1 ? (singular[word] ?? `${word}s`) : word);

/** With a full stop, unless it ends with one or with a question. */
export const sentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);

/** A time as Kubernetes writes it, without milliseconds, e.g. "2026-01-02T03:04:05Z". */
export const timestamp = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, "Z");

/** Seconds as text, e.g. "45 s", "20 min" or "3.5 h" */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 360) / 10} h`;
}

/** A text on one line. Of a long one the middle is left out: messages of container runtimes begin with what was tried, and end with the cause. */
export function shortened(text: string, longest = 200): string {
  const line = text.trim().replace(/\s*\n\s*/g, " ");
  if (line.length <= longest) return line;
  const begin = Math.floor((longest - 3) / 3);
  return `${line.slice(0, begin).trimEnd()} … ${line.slice(begin + 3 - longest).trimStart()}`;
}
