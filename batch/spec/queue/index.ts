/** What a queue is made of: the pods of a batch Job, of which KEDA starts as many as there are items. */
import * as z from "zod";
import { defaultResultsPrefix } from "../../storage/keys";
import { checkRules, notBothPrograms, type Tell, variablesOnce } from "../between";
import { type Fault, faultsOf } from "../faults";
import { fields } from "../fields";
import { unknownIn } from "../unknown";
import { queueFields, type QueueFields } from "./fields";

export { never, type Trigger } from "./triggers";

/** What the worker is told, by variables of its environment. */
export const workerVariables = { name: "QUEUE_NAME", items: "QUEUE_ITEMS", tries: "QUEUE_TRIES", lease: "QUEUE_LEASE_SECONDS" } as const;

const notOurs = (values: Partial<QueueFields>, tell: Tell): void => {
  for (const parameter of ["env", "secretEnv"] as const)
    for (const name of Object.keys(values[parameter] ?? {}))
      if (Object.values<string>(workerVariables).includes(name)) tell([parameter, name], "the variable is set by the queue");
};

const rules = [
  [["command", "shell"], notBothPrograms],
  [["env", "secretEnv"], ({ env, secretEnv }: Partial<QueueFields>, tell: Tell) => variablesOnce({ env, secretEnv }, tell)],
  [["env", "secretEnv"], notOurs],
] as const;

const schema = queueFields
  .superRefine((values, context) => checkRules<QueueFields>(rules, values, context), { when: ({ value }) => value instanceof Object })
  .transform((values) => ({ ...values, resultsPrefix: values.resultsPrefix ?? defaultResultsPrefix(values.name) }));

export type QueueParameters = z.infer<typeof schema>;
export type QueueInput = z.input<typeof schema>;

const unknown = unknownIn(queueFields, "docs/queue-jobs.md");

/** Checks parameters and fills the defaults in. Returns all faults at once. */
export function parseQueue(
  input: unknown,
): { readonly queue: QueueParameters; readonly faults?: undefined } | { readonly queue?: undefined; readonly faults: Fault[] } {
  const result = schema.safeParse(input);
  if (result.success) return { queue: result.data };
  return {
    faults: faultsOf(result.error, (path, name) =>
      path.length === 0 && Object.hasOwn(fields.shape, name) ? "is for a BatchJob only: here KEDA says what runs" : unknown(path, name),
    ),
  };
}

const recorded = [
  "name",
  "namespace",
  "resultsPrefix",
  "image",
  "pool",
  "cpu",
  "memory",
  "prices",
  "keepRuns",
  "ttlSeconds",
] as const satisfies readonly (keyof QueueParameters)[];

/** What whoever records the runs of a queue, or shows them, has to know. */
export type QueueSettings = Pick<QueueParameters, (typeof recorded)[number]>;

export const settingsOf = (queue: QueueParameters): QueueSettings =>
  Object.fromEntries(recorded.map((key) => [key, queue[key]])) as unknown as QueueSettings;

const settingsSchema = queueFields.pick(Object.fromEntries(recorded.map((key) => [key, true])) as Record<(typeof recorded)[number], true>);

/** Reads settings that another version may have written. Returns undefined where they are none. */
export function readSettings(value: unknown): QueueSettings | undefined {
  const result = z.looseObject(settingsSchema.shape).safeParse(value);
  const { resultsPrefix } = result.data ?? {};
  return result.success && resultsPrefix !== undefined ? (result.data as QueueSettings) : undefined;
}
