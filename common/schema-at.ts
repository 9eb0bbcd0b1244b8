/** What a schema says of a place in a value. */
import * as z from "zod";

export interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly description?: string;
}

/** The part of a schema at a path; an empty one where it says nothing. */
export function schemaAt(whole: z.ZodType, path: readonly PropertyKey[]): JsonSchema {
  let schema = z.toJSONSchema(whole, { io: "input", unrepresentable: "any" }) as JsonSchema;
  for (const key of path) {
    const other = typeof schema.additionalProperties === "object" ? schema.additionalProperties : {};
    schema = schema.properties?.[String(key)] ?? schema.items ?? other;
  }
  return schema;
}

/** Names of the properties that a schema knows at a path. */
export const propertiesAt = (schema: z.ZodType, path: readonly PropertyKey[]): string[] =>
  Object.keys(schemaAt(schema, path).properties ?? {});
