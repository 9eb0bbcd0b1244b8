type Value = object | string | number | boolean | null | undefined;

const isMap = (value: Value): value is Readonly<Record<string, Value>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The JSON merge patch that makes one object of another, what is only in the old one included.
 * @see https://www.rfc-editor.org/rfc/rfc7386
 */
export function mergePatch(from: Value, to: Value): Value {
  if (!isMap(from) || !isMap(to)) return to;
  const wanted = Object.entries(to).filter(([, value]) => value !== undefined);
  const gone = Object.keys(from).filter((key) => to[key] === undefined);
  return Object.fromEntries<Value>([
    ...gone.map((key): [string, Value] => [key, null]),
    ...wanted.map(([key, value]): [string, Value] => [key, mergePatch(from[key], value)]),
  ]);
}
