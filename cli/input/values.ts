/** Reading the values of flags: text in, a value of the parameters out. Each throws an Error that tells the rule; the parameters' own schema checks the rest. */
import { nearest } from "../../common/nearest";

const { stringify } = JSON;

const expected = (what: string, text: string): Error => new Error(`must be ${what}, not ${stringify(text)}`);

export function readNumber(text: string): number {
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw expected("a number", text);
  return Number(text);
}

/** `A=B` */
export function readPair(text: string, form = "NAME=VALUE"): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw expected(form, text);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** `A=1,B=2`, or `name:A=1,B=2`: a task with its environment. */
export function readTask(text: string): { name?: string; env: Record<string, string> } {
  const [, name, pairs = ""] = /^(?:([^=]*):)?(.*)$/s.exec(text) ?? [];
  if (name === "") throw expected("[NAME:]VAR=VALUE,…", text);
  const env = pairs.split(",").map((pair) => readPair(pair, "[NAME:]VAR=VALUE,…"));
  return { ...(name !== undefined && { name }), env: Object.fromEntries(env) };
}

/** `SEED=1,2,3` */
export function readAxis(text: string): [string, string[]] {
  const [name, values] = readPair(text, "VAR=VALUE,VALUE,…");
  return [name, values.split(",")];
}

/** `VAR=secret:key` */
export function readSecretKey(text: string): [string, { secret: string; key: string }] {
  const [variable, place] = readPair(text, "VAR=SECRET:KEY");
  const [secret, key, ...more] = place.split(":");
  if (!secret || !key || more.length > 0) throw expected("VAR=SECRET:KEY", text);
  return [variable, { secret, key }];
}

/** `claim[/folder]:/path[:ro]` */
export function readVolume(text: string): object {
  const form = "CLAIM[/FOLDER]:/PATH[:ro]";
  const [source = "", mountPath, mode, ...more] = text.split(":");
  if (!source || !mountPath?.startsWith("/") || (mode !== undefined && mode !== "ro" && mode !== "rw") || more.length > 0)
    throw expected(form, text);
  const [claim = "", ...folders] = source.split("/");
  return { claim, mountPath, ...(folders.length > 0 && { subPath: folders.join("/") }), ...(mode === "ro" && { readOnly: true }) };
}

/** `10Gi:/path` */
export function readScratch(text: string): object {
  const [, scratch, mountPath] = /^([^:]+):(\/.*)$/.exec(text) ?? [];
  if (!scratch) throw expected("SIZE:/PATH, e.g. 10Gi:/scratch", text);
  return { scratch, mountPath };
}

/** As `kubectl taint` writes taints: `key=value:Effect`, `key:Effect`, `key`. */
export function readToleration(text: string): object {
  const [, key, value, effect] = /^([^=:]+)(?:=([^:]*))?(?::(\w+))?$/.exec(text) ?? [];
  if (!key) throw expected("KEY[=VALUE][:EFFECT]", text);
  return { key, ...(value === undefined ? { operator: "Exists" } : { operator: "Equal", value }), ...(effect && { effect }) };
}

/** As label selectors are written: `key=a`, `key in (a,b)`, `key notin (a,b)`, `key!=a`, `key>4`, `key<4`, `key`, `!key`. */
export function readAffinity(text: string): object {
  const [, no, key, operator, rest] = /^(!?)\s*([\w./-]+)\s*(!=|==?|>|<|\bnotin\b|\bin\b)?\s*(.*)$/.exec(text.trim()) ?? [];
  const values = rest
    ?.replace(/^\((.*)\)$/, "$1")
    .split(",")
    .map((value) => value.trim());
  const operators: Record<string, string> = { "=": "In", "==": "In", in: "In", "!=": "NotIn", notin: "NotIn", ">": "Gt", "<": "Lt" };
  if (!key || !values || (operator ? no !== "" || values.includes("") : rest !== "")) {
    throw expected("a condition such as zone=a, 'zone in (a,b)', 'cores>4', gpu or '!gpu'", text);
  }
  return operator ? { key, operator: operators[operator], values } : { key, operator: no ? "DoesNotExist" : "Exists" };
}

/** `2:8Gi`: twice the memory with each retry, up to 8 GiB. */
export function readOutOfMemory(text: string): object {
  const [, factor, maxMemory] = /^(\d+(?:\.\d+)?):(\S+)$/.exec(text) ?? [];
  if (!factor) throw expected("FACTOR:MAX, e.g. 2:8Gi", text);
  return { factor: Number(factor), maxMemory };
}

/** `example.com/dongle=1` */
export function readAmount(text: string, form = "NAME=NUMBER"): [string, number] {
  const [name, amount] = readPair(text, form);
  return [name, readNumber(amount)];
}

/** `c2-15=0.19` */
export const readPrice = (text: string): [string, number] => readAmount(text, "FLAVOR=PRICE");

export const readChoice =
  (...choices: readonly string[]) =>
  (text: string): string => {
    if (choices.includes(text)) return text;
    const guess = nearest(text, choices);
    throw new Error(`${expected(choices.join(" or "), text).message}${guess ? `; did you mean ${guess}?` : ""}`);
  };

export const readBoolean = (text: string): boolean => readChoice("true", "false")(text) === "true";

/** `true`, `false` or a text of the user's choice. */
export const readRetry = (text: string): boolean | string => (text === "true" || text === "false" ? text === "true" : text);

/** By what the help calls the value of a flag; a choice has all its words there. */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  ...Object.fromEntries(["count", "seconds", "status", "uid", "gid"].map((name) => [name, readNumber])),
  condition: readAffinity,
  "true|false": readBoolean,
  "true|text": readRetry,
  "NAME=VALUE": readPair,
  "VAR=TEMPLATE": readPair,
  "VAR=SECRET:KEY": readSecretKey,
  "CLAIM[/FOLDER]:/PATH[:ro]": readVolume,
  "SIZE:/PATH": readScratch,
  "[NAME:]VAR=VALUE,…": readTask,
  "VAR=VALUE,VALUE,…": readAxis,
  "NAME=NUMBER": readAmount,
  "FACTOR:MAX": readOutOfMemory,
  "KEY[=VALUE][:EFFECT]": readToleration,
  "FLAVOR=PRICE": readPrice,
};

/** Reads the value of a flag. @param flag with what the help calls its value, e.g. `--cpu <quantity>` */
export function readerOf(flag: string): (text: string) => unknown {
  const form = /<(.*)>$/.exec(flag)?.[1] ?? "";
  const read = readers[form] ?? (form.includes("|") ? readChoice(...form.split("|")) : (text: string) => text);
  return (text) => read(text);
}
