/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The order of an object's keys does not count. */
const same = (a: Json | undefined, b: Json): boolean =>
  isObject(a) && isObject(b) ? Object.keys(differences(a, b) as object).length === 0 : JSON.stringify(a) === JSON.stringify(b);

/**
 * Returns the merge patch that makes `target` of `base`: what changed and what is new, and null for what is gone. Neither may hold null itself.
 * @see https://www.rfc-editor.org/rfc/rfc7386
 */
export function differences(base: Json, target: Json): Json {
  if (!isObject(base) || !isObject(target)) return target;
  const gone = Object.keys(base).filter((key) => !(key in target));
  const changed = Object.entries(target).filter(([key, value]) => !same(base[key], value));
  return Object.fromEntries([
    ...gone.map((key) => [key, null] as const),
    ...changed.map(([key, value]) => [key, key in base ? differences(base[key]!, value) : value] as const),
  ]);
}

/** Returns `base` with a merge patch applied. */
export function merged(base: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const kept = isObject(base) ? base : {};
  const result = { ...kept };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(kept[key] ?? null, value);
  }
  return result;
}
