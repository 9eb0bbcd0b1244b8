/** What to say of a property that there is not. */
import * as z from "zod";
import { nearest } from "../../common/nearest";
import { fields } from "./fields";

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | false;
}

/** More names than these are not listed. */
const listed = 8;

/** @param path where the property is @param name its name, which is not known there */
export function unknownProperty(path: readonly PropertyKey[], name: string): string {
  const known = propertiesAt(path);
  const near = nearest(name, known) ?? known.find((candidate) => candidate.startsWith(name) || name.startsWith(candidate));
  if (near) return `is not known; did you mean '${near}'?`;
  return `is not known; there ${known.length > listed ? "is a list in docs/batch-job.md" : `are ${known.map((candidate) => `'${candidate}'`).join(", ")}`}`;
}

function propertiesAt(path: readonly PropertyKey[]): string[] {
  let schema = z.toJSONSchema(fields, { io: "input", unrepresentable: "any" }) as JsonSchema;
  for (const key of path) schema = (schema.properties?.[String(key)] ?? schema.items ?? schema.additionalProperties) || {};
  return Object.keys(schema.properties ?? {});
}
