/** Values as the engine passes them to a dynamic provider. */

/** What stands for a value that a preview does not know yet. @see https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/runtime/rpc.ts */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const isUnknown = (value: unknown): boolean => value === unknownValue;

/** Whether there is an unknown value in it, at any depth. */
export function hasUnknown(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).some(hasUnknown);
  return isUnknown(value);
}

/** Whether the value at `path`, or one that it would be part of, is unknown. */
export function unknownAt(value: unknown, path: readonly PropertyKey[]): boolean {
  if (isUnknown(value)) return true;
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== "object" || value === null) return false;
  return unknownAt((value as Record<PropertyKey, unknown>)[key], rest);
}

export const pick = (value: object, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([key]) => keys.includes(key)));

/** Whether two values are the same, the order of keys and keys without a value aside. */
export const same = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
