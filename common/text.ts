/** Quotes a text for a POSIX shell, which takes everything between single quotes as it is, a single quote excepted. */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** e.g. "1 task", "3 tasks" */
export const plural = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? "" : "s"}`;

/** The verb after {@link plural}, e.g. "waits" for one, "wait" for more. */
export const verb = (count: number, word: string): string => (count === 1 ? `${word}s` : word);
