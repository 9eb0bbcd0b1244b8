import { Struct, Value, ListValue, NullValue } from "google-protobuf/google/protobuf/struct_pb";

export type Properties = Record<string, unknown>;

/** How the engine writes a value that is not known before the update runs. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The engine's marks of unknown values of the other types; all become {@link unknown} here. */
const otherUnknowns = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** A value that the engine must keep encrypted in the state and hide on the terminal. */
export class Secret {
  constructor(readonly value: unknown) {}
}

/** Marks a value as secret; a missing one stays missing. */
export const secret = (value: unknown): unknown => (value === undefined || value instanceof Secret ? value : new Secret(value));

/** Reads a message's properties. Secrets come as plain values: the engine marks what we answer by what it sent. */
export const fromStruct = (struct: Struct | undefined): Properties => clean(struct?.toJavaScript() ?? {}) as Properties;

function clean(value: unknown): unknown {
  if (typeof value === "string") return otherUnknowns.has(value) ? unknown : value;
  if (Array.isArray(value)) return value.map(clean);
  if (!isObject(value)) return value;
  if (value[signature] === secretSignature) return clean(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, clean(item)]));
}

export function toStruct(properties: Properties): Struct {
  const struct = new Struct();
  for (const [key, value] of Object.entries(properties)) if (value !== undefined) struct.getFieldsMap().set(key, toValue(value));
  return struct;
}

function toValue(value: unknown): Value {
  const result = new Value();
  if (value instanceof Secret) result.setStructValue(toStruct({ [signature]: secretSignature, value: value.value }));
  else if (value === null || value === undefined) result.setNullValue(NullValue.NULL_VALUE);
  else if (typeof value === "boolean") result.setBoolValue(value);
  else if (typeof value === "number") result.setNumberValue(value);
  else if (typeof value === "string") result.setStringValue(value);
  else if (Array.isArray(value)) result.setListValue(new ListValue().setValuesList(value.map(toValue)));
  else if (isObject(value)) result.setStructValue(toStruct(value));
  else throw new TypeError(`a property cannot hold a ${typeof value}`);
  return result;
}

export const isObject = (value: unknown): value is Properties => typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether the value is unknown or holds an unknown somewhere. */
export function hasUnknown(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isObject(value) ? Object.values(value).some(hasUnknown) : value === unknown;
}

/** The properties less the named ones. */
export const omit = (properties: Properties, ...names: readonly string[]): Properties =>
  Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));

/** Equality of JSON-like values; a missing field equals an `undefined` one. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (!isObject(a) || !isObject(b)) return false;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => equal(a[key], b[key]));
}
