/** Quotes a text for a POSIX shell, which takes everything between single quotes as it is, a single quote excepted. */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** e.g. "1 task", "3 tasks" */
export const plural = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? "" : "s"}`;
