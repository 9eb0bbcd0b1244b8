import { formatPath } from "./diff";
import type { CheckFailure } from "./provider";
import { isObject, type Properties, unknown } from "./values";

/** The shape of a property: enough of a schema to refuse what the official plugin would refuse, or what we do not know. */
export type Shape =
  | { readonly kind: "string" | "number" | "boolean"; readonly oneOf?: readonly string[]; readonly required?: boolean }
  | { readonly kind: "list" | "map"; readonly of: Shape; readonly required?: boolean }
  | { readonly kind: "object"; readonly fields: Fields; readonly required?: boolean };

export type Fields = Readonly<Record<string, Shape>>;

export const text = { kind: "string" } as const;
export const number = { kind: "number" } as const;
export const boolean = { kind: "boolean" } as const;
export const oneOf = (...values: string[]) => ({ kind: "string", oneOf: values }) as const;
export const list = (of: Shape) => ({ kind: "list", of }) as const;
export const map = (of: Shape) => ({ kind: "map", of }) as const;
export const object = (fields: Fields) => ({ kind: "object", fields }) as const;
export const required = <S extends Shape>(shape: S): S & { required: true } => ({ ...shape, required: true });

/** Finds every fault of the properties. Unknown values pass: they are looked at again once they are known. */
export function faults(properties: Properties, fields: Fields, owner: string): CheckFailure[] {
  return [...objectFaults(properties, fields, [], owner)];
}

function* objectFaults(value: Properties, fields: Fields, path: (string | number)[], owner: string): Generator<CheckFailure> {
  for (const [key, item] of Object.entries(value)) {
    const shape = fields[key];
    if (key.startsWith("__")) continue;
    if (shape) yield* valueFaults(item, shape, [...path, key], owner);
    else
      yield { property: formatPath([...path, key]), reason: `is not known to ${owner}; it knows ${Object.keys(fields).sort().join(", ")}` };
  }
  for (const [key, shape] of Object.entries(fields)) {
    if (shape.required && (value[key] === undefined || value[key] === null))
      yield { property: formatPath([...path, key]), reason: "is required" };
  }
}

function* valueFaults(value: unknown, shape: Shape, path: (string | number)[], owner: string): Generator<CheckFailure> {
  if (value === unknown || value === undefined || value === null) return;
  const fault = (reason: string): CheckFailure => ({ property: formatPath(path), reason });
  if (shape.kind === "list") {
    if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* valueFaults(item, shape.of, [...path, i], owner);
    else yield fault("must be a list");
  } else if (shape.kind === "map" || shape.kind === "object") {
    if (!isObject(value)) yield fault("must be an object");
    else if (shape.kind === "object") yield* objectFaults(value, shape.fields, path, owner);
    else for (const [key, item] of Object.entries(value)) yield* valueFaults(item, shape.of, [...path, key], owner);
  } else if (typeof value !== shape.kind) {
    yield fault(`must be a ${shape.kind}, not a ${typeof value}`);
  } else if (shape.oneOf && !shape.oneOf.includes(value as string)) {
    yield fault(`must be one of ${shape.oneOf.join(", ")}, not ${JSON.stringify(value)}`);
  }
}
