/** What a batch Job is made of. One schema for the Pulumi resource and the command line. */
import type * as z from "zod";
import { defaultResultsPrefix } from "../storage/keys";
import { checkBetween } from "./between";
import { fields } from "./fields";
import { unknownProperty } from "./unknown";

/** Names of all parameters. */
export const parameterNames = Object.keys(fields.shape);

const parametersSchema = fields
  .superRefine(checkBetween, { when: ({ value }) => value instanceof Object })
  .transform((values) => ({ ...values, resultsPrefix: values.resultsPrefix ?? defaultResultsPrefix(values.name) }));

export type Parameters = z.infer<typeof parametersSchema>;
export type ParametersInput = z.input<typeof parametersSchema>;

/** One thing that is wrong with the parameters. */
export interface Fault {
  /** e.g. `tasks[3].env.INPUT` */
  readonly property: string;
  readonly path: readonly PropertyKey[];
  readonly reason: string;
}

/** Checks parameters and fills the defaults in. Answers all faults at once. */
export function parseParameters(
  input: unknown,
): { parameters: Parameters; faults?: undefined } | { parameters?: undefined; faults: Fault[] } {
  const result = parametersSchema.safeParse(input);
  if (result.success) return { parameters: result.data };
  const fault = (path: readonly PropertyKey[], reason: string): Fault => ({ property: propertyPath(path), path, reason });
  return {
    faults: result.error.issues.flatMap(({ path, message, ...issue }) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => fault([...path, key], unknownProperty(path, key)))
        : [fault(path, issue.code === "invalid_type" && message.startsWith("Invalid") ? typeFault(issue.expected, message) : message)],
    ),
  };
}

const typeNames: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
};

/** In the words of the other faults. The value is not told: it may be a secret in the wrong place. */
const typeFault = (expected: string, message: string): string =>
  message.endsWith("undefined") ? "must be given" : `must be ${typeNames[expected] ?? expected}`;

function propertyPath(path: readonly PropertyKey[]): string {
  return path.map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${String(key)}`)).join("");
}
