/** What a batch Job is made of. One schema for the Pulumi resource and the command line. */
import type * as z from "zod";
import { defaultResultsPrefix } from "../storage/keys";
import { checkBetween } from "./between";
import { type Fault, faultsOf } from "./faults";
import { fields } from "./fields";
import { unknownIn } from "./unknown";

export { type Fault } from "./faults";

/** Names of all parameters. */
export const parameterNames = Object.keys(fields.shape);

const parametersSchema = fields
  .superRefine(checkBetween, { when: ({ value }) => value instanceof Object })
  .transform((values) => ({ ...values, resultsPrefix: values.resultsPrefix ?? defaultResultsPrefix(values.name) }));

export type Parameters = z.infer<typeof parametersSchema>;
export type ParametersInput = z.input<typeof parametersSchema>;

/** Checks parameters and fills the defaults in. Answers all faults at once. */
export function parseParameters(
  input: unknown,
): { parameters: Parameters; faults?: undefined } | { parameters?: undefined; faults: Fault[] } {
  const result = parametersSchema.safeParse(input);
  if (result.success) return { parameters: result.data };
  return { faults: faultsOf(result.error, unknownIn(fields, "docs/batch-job.md")) };
}
