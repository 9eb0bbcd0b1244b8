/**
 * Lists as one text. 10,000 objects take the engine seconds, in each of the processes that they pass through, and a text nothing; a long text still takes
 * a quarter of a second and 40 MiB, so that it is packed.
 */
import { gunzipSync, gzipSync } from "node:zlib";

/** Characters from which on a text is packed: some 500 tasks. Shorter ones can be read in the state and in a preview's diff. */
const long = 64 * 1024;
const mark = "gzip:";

export const toText = (value: unknown): string => packed(JSON.stringify(value));

/** @param json see {@link toText} */
export const packed = (json: string): string => (json.length < long ? json : mark + gzipSync(json).toString("base64"));

export const fromText = (text: string): unknown => JSON.parse(unpacked(text));

/** Whether two texts hold the same; packed ones may differ by the machine that packed them. */
export const sameText = (a: string | undefined, b: string | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && unpacked(a) === unpacked(b));

const unpacked = (text: string): string =>
  text.startsWith(mark) ? gunzipSync(Buffer.from(text.slice(mark.length), "base64")).toString() : text;
