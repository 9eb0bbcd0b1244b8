import { parse } from "yaml";
import * as z from "zod";
import { billings } from "../../common/billing";
import { extendedResources } from "../../common/autoscaler-settings";
import { defaultMaxNodes } from "../../common/plans";
import { ConfigError } from "../../common/config-error";
import { parseQuantity } from "../../common/quantity";

const seconds = z
  .number()
  .min(0)
  .max(90 * 86_400);
const name = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be lower-case letters, digits and dashes, at most 63");
const labels = z.record(z.string(), z.string());
const quantity = z
  .union([z.string(), z.number()])
  .refine((value) => (parseQuantity(value)?.value ?? -1) >= 0, 'must be a Kubernetes quantity such as "500m", 2 or "4Gi"');

const requests = {
  cpu: quantity.default("1").describe("request of one pod"),
  memory: quantity.default("1Gi").describe("request of one pod"),
};

/** A number of seconds, or how they are spread over the tasks. */
const duration = z.union([
  z
    .number()
    .positive()
    .max(30 * 86_400),
  z
    .strictObject({ uniform: z.tuple([z.number().positive(), z.number().positive()]) })
    .refine(({ uniform: [a, b] }) => a <= b, "uniform must be [least, most]"),
  z.strictObject({ exponential: z.number().positive().describe("mean") }),
  z.strictObject({ lognormal: z.strictObject({ median: z.number().positive(), sigma: z.number().min(0).max(3) }) }),
]);

const poolSchema = z.strictObject({
  name,
  flavor: z.string().min(1).describe("its size comes from the built-in catalogue, or from `autoscaler.flavors`"),
  minNodes: z.number().int().min(0).max(100).default(0),
  maxNodes: z.number().int().min(0).max(999).default(defaultMaxNodes),
  price: z.number().positive().default(1).describe("of one node for one hour, in any currency"),
  bootSeconds: seconds.default(300).describe("from the order until the node is Ready"),
  bootSpread: z.number().min(0).max(0.9).default(0).describe("0.2: the boot takes from 0.8 to 1.2 times bootSeconds"),
  labels: labels.default({}),
  taints: z
    .array(
      z.strictObject({
        key: z.string().min(1),
        value: z.string().optional(),
        effect: z.enum(["NoSchedule", "NoExecute", "PreferNoSchedule"]),
      }),
    )
    .default([]),
  extendedResources: extendedResources
    .default({})
    .describe("what each node has beside its flavor; `autoscaler.extendedResources` says the same of the pool unless it is given"),
});

const jobSchema = z.strictObject({
  name,
  at: seconds.default(0).describe("when the first Job comes, in seconds after the trace's start"),
  repeat: z
    .strictObject({ times: z.number().int().min(1).max(100_000), everySeconds: seconds })
    .optional()
    .describe("the same again, at regular times"),
  poisson: z
    .strictObject({ perSecond: z.number().positive().max(1000), forSeconds: seconds })
    .optional()
    .describe("Jobs come at random, from `at` on"),
  scheduled: z.boolean().default(false).describe("its Jobs come of a CronJob, whose next time the autoscaler knows"),
  overSeconds: seconds.default(0).describe("the pods of a Job come spread over this time, at random"),
  tasks: z.number().int().min(1).max(100_000).default(1).describe("pods of each Job"),
  duration: duration.describe("how long a task runs, in seconds"),
  ...requests,
  gpu: z.number().int().min(0).default(0),
  extendedResources: extendedResources.default({}).describe("request of one pod"),
  pool: name.optional().describe("nodeSelector nodepool=…"),
  nodeSelector: labels.default({}),
  tolerations: z
    .array(
      z.strictObject({
        key: z.string().optional(),
        operator: z.enum(["Exists", "Equal"]).optional(),
        value: z.string().optional(),
        effect: z.string().optional(),
      }),
    )
    .default([]),
});

const period = { fromSeconds: seconds.default(0), untilSeconds: seconds.default(90 * 86_400) };

const faultSchema = z.discriminatedUnion("fault", [
  z.strictObject({
    fault: z.literal("broken-nodes").describe("some of the ordered nodes never become Ready, but are paid for"),
    share: z.number().min(0).max(0.9),
    pool: name.optional(),
    joins: z.boolean().default(true).describe("whether the node shows up in Kubernetes, NotReady"),
  }),
  z.strictObject({
    fault: z.literal("quota").describe("an order beyond this is refused as a whole, as OVHcloud does"),
    nodes: z.number().int().min(0),
    ...period,
  }),
  z.strictObject({ fault: z.literal("out-of-stock").describe("an order of nodes of the pool is refused"), pool: name, ...period }),
]);

export const traceSchema = z
  .strictObject({
    name,
    description: z.string().default(""),
    start: z.iso.datetime().default("2026-01-05T08:00:00Z").describe("with hourly billing the minute counts"),
    seed: z.number().int().default(1),
    billing: z.enum(billings).default("perSecond"),
    scheduler: z.enum(["least-allocated", "most-allocated"]).default("least-allocated").describe("least-allocated is what MKS runs"),
    removalSeconds: seconds.default(30).describe("from the order to remove a node until it is no longer paid"),
    jobsKeptSeconds: seconds
      .default(86_400)
      .describe("when a Job's finished pods are deleted, after its last one; only the seed's machine minds"),
    daemons: z
      .strictObject({ cpu: quantity.default(0), memory: quantity.default(0) })
      .default({ cpu: 0, memory: 0 })
      .describe("what DaemonSets take of every node"),
    pools: z.array(poolSchema).min(1).max(100),
    jobs: z.array(jobSchema).min(1),
    faults: z.array(faultSchema).default([]),
    autoscaler: z
      .record(z.string(), z.unknown())
      .default({})
      .describe("configuration of this project's autoscaler; keys as in its configuration file"),
  })
  .superRefine(({ pools, jobs, faults }, context) => {
    const names = pools.map((pool) => pool.name);
    const known = (pool: string | undefined, path: (string | number)[]): void => {
      if (pool !== undefined && !names.includes(pool))
        context.addIssue({ code: "custom", path, message: `there is no pool ${pool}; there are: ${names.join(", ")}` });
    };
    for (const [i, { name, minNodes, maxNodes }] of pools.entries()) {
      if (names.indexOf(name) !== i)
        context.addIssue({ code: "custom", path: ["pools", i, "name"], message: `${name} is the name of two pools` });
      if (minNodes > maxNodes)
        context.addIssue({
          code: "custom",
          path: ["pools", i, "minNodes"],
          message: `minNodes (${minNodes}) must be at most maxNodes (${maxNodes})`,
        });
    }
    for (const [i, job] of jobs.entries()) {
      known(job.pool, ["jobs", i, "pool"]);
      if (jobs.findIndex((other) => other.name === job.name) !== i)
        context.addIssue({ code: "custom", path: ["jobs", i, "name"], message: `${job.name} is the name of two jobs` });
      if (job.repeat && job.poisson)
        context.addIssue({ code: "custom", path: ["jobs", i], message: "repeat and poisson exclude each other" });
    }
    for (const [i, { scheduled, poisson }] of jobs.entries())
      if (scheduled && poisson)
        context.addIssue({ code: "custom", path: ["jobs", i, "scheduled"], message: "Jobs that come at random have no schedule" });
    for (const [i, fault] of faults.entries()) if ("pool" in fault) known(fault.pool, ["faults", i, "pool"]);
  });

export type Trace = z.infer<typeof traceSchema>;
export type TracePool = Trace["pools"][number];
export type TraceJob = Trace["jobs"][number];
export type Fault = Trace["faults"][number];

/** Reads a trace (YAML or JSON). @param name for messages, e.g. the file's @throws {ConfigError} that names every fault */
export function parseTrace(text: string, name = "trace"): Trace {
  let content: unknown;
  try {
    content = parse(text, { merge: true });
  } catch (error) {
    throw new ConfigError(`${name} cannot be read: ${(error as Error).message}`);
  }
  const result = traceSchema.safeParse(content);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${pathOf(issue.path) || name}: ${issue.message}`);
  throw new ConfigError(`${name} is not a valid trace:\n  ${faults.join("\n  ")}`);
}

const pathOf = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
