/** Text that others wrote (names, reasons, logs) as a terminal, or a page, may get it: it must not move the cursor, colour, or hide anything. */

/** Escape sequences of terminals: CSI, then OSC and the like with their texts, then the short ones. @see https://ecma-international.org/publications-and-standards/standards/ecma-48/ */
const sequences =
  // eslint-disable-next-line no-control-regex -- these are what it is about
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\n\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]/g;

/** Control characters but line feed and tab, and those that turn the direction of text around. */
// eslint-disable-next-line no-control-regex -- these are what it is about
const controls = /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Control characters as JSON writes them, such as `\u009b`: the same in JSON, and harmless. */
export const escapeControls = (text: string): string => text.replace(controls, escaped);

/**
 * The text without escape sequences, and with other control characters shown, e.g. `\u0007`. Lines and tabs stay. Of a line that is written over and over
 * after a carriage return, as progress bars are, the last state stays.
 */
export function printable(text: string): string {
  const plain = text.replace(sequences, "");
  const settled = plain.includes("\r") ? plain.split("\n").map(lastState).join("\n") : plain;
  return escapeControls(settled);
}

/** As {@link printable}, on one line. */
export const printableLine = (text: string): string => printable(text).replace(/\s*[\n\t]\s*/g, " ");

const lastState = (line: string): string => line.split("\r").findLast((state) => state.trim() !== "") ?? "";
