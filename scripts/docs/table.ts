/** A schema as rows of a table. */

export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  /** What to call the values, in place of what the type tells. */
  readonly value?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly anyOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | false;
  readonly items?: JsonSchema;
  readonly required?: readonly string[];
}

/** What there is to say of a property beside its schema. */
export interface Remarks {
  readonly text: string;
  /** What holds where it is left out, if the schema has no default. */
  readonly otherwise?: string;
  /** Whether to say nothing of what holds where it is left out. */
  readonly silent?: boolean;
}

function valuesOf(schema: JsonSchema): string {
  if (schema.value !== undefined) return schema.value;
  if (schema.anyOf) return schema.anyOf.map(valuesOf).join(", ");
  if (schema.const !== undefined) return `\`${schema.const || '""'}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(", ");
  if (schema.type === "integer" || schema.type === "number") return rangeOf(schema);
  if (schema.type === "array") return `${listOf(schema.items ?? {})}${schema.maxItems === undefined ? "" : `, at most ${schema.maxItems}`}`;
  if (schema.type === "object") return schema.properties ? "" : `map of ${manyOf(schema.additionalProperties || {})}`;
  return schema.type === "boolean" ? "`true`, `false`" : "text";
}

function rangeOf({ type, minimum, maximum = Infinity }: JsonSchema): string {
  if (minimum === undefined) return "number";
  if (maximum < Number.MAX_SAFE_INTEGER) return `${minimum}..${maximum}`;
  return `${type === "integer" ? "whole number" : "number"} from ${minimum} on`;
}

const listOf = (items: JsonSchema): string =>
  items.properties ? "list" : `list of ${items.type === "integer" ? valuesOf(items) : manyOf(items)}`;

/** What a map or a list has many of. */
function manyOf({ type, value, properties, additionalProperties, items }: JsonSchema): string {
  if (value !== undefined) return `${value}s`;
  if (type === "array") return `lists of ${manyOf(items ?? {})}`;
  if (type === "object") return properties ? "objects" : `maps of ${manyOf(additionalProperties || {})}`;
  return type === "number" || type === "integer" ? "numbers" : "texts";
}

/** The properties under a schema with their paths, those of nested objects after each. */
export function propertiesOf(schema: JsonSchema, path = ""): { path: string; schema: JsonSchema; required: boolean }[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const here = `${path}${key}`;
    return [
      { path: here, schema: child, required: schema.required?.includes(key) ?? false },
      ...propertiesOf(child, `${here}.`),
      ...propertiesOf(child.items ?? {}, `${here}[].`),
      // Entries with names of the user's beside some that are always there.
      ...(child.properties && child.additionalProperties
        ? [{ path: `${here}.<name>`, schema: child.additionalProperties, required: false }]
        : []),
      ...propertiesOf(child.additionalProperties || {}, `${here}.<name>.`),
    ];
  });
}

/** @param must what the table says of a property that has to be there */
export function rows(schema: JsonSchema, must: string, remarksOn: (path: string, schema: JsonSchema) => Remarks): string[] {
  return propertiesOf(schema).map(({ path, schema: child, required }) => {
    const { text, otherwise = "", silent } = remarksOn(path, child);
    const value = child.default === undefined ? (required ? `**${must}**` : otherwise) : `\`${JSON.stringify(child.default)}\``;
    const cells = [`\`${path}\``, valuesOf(child), silent ? "" : value, text];
    return `|${cells.map((cell) => (cell ? ` ${cell} ` : " ")).join("|")}|`;
  });
}

/** A page with what stands between two marks made new. */
export function between(page: string, begin: string, end: string, lines: readonly string[]): string {
  const [before, rest] = page.split(begin);
  const after = rest?.slice(rest.indexOf(end));
  if (after === undefined || !after.startsWith(end)) throw new Error(`the page lacks ${begin} or ${end}`);
  return `${before}${begin}\n\n${lines.join("\n")}\n\n${after}`;
}
