/** What the rules that tie settings to each other have in common. They run on settings that may be wrong in any way. */

export type Path = readonly (string | number)[];

/** Tells what is wrong with the setting at a path. */
export type Fault = (path: Path, input: unknown, rule: string) => void;

export type Values = Readonly<Record<string, unknown>>;

/** A setting's properties; none where it is no object. */
export const object = (value: unknown): Values => (typeof value === "object" && value !== null ? (value as Values) : {});
