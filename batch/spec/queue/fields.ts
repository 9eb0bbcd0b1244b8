import * as z from "zod";
import { sections } from "../fields";
import { count, oneOf } from "../rules";
import { trigger } from "./triggers";

/** What a queue has no use for: its pods have one shape, and KEDA says how many there are. */
const left = { outOfMemory: true, parallelism: true, minAvailable: true } as const;
const resources = z.strictObject(sections["Resources and nodes"]).omit(left).shape;
const { name, namespace, resultsPrefix } = sections.Job;
const { finalExitCodes, taskDeadlineSeconds } = sections["Failures and deadlines"];
const { ttlSeconds } = sections["When it runs"];
const { prices } = sections.Estimates;

/** Parameters of a queue alone. Their comments are what an editor shows of QueueJobArgs and the rows of the table in docs/queue-jobs.md. */
export const own = {
  /** What tells how many items wait. Of several, the largest number counts. */
  triggers: z.array(trigger).min(1, "must have at least one trigger").max(10),
  /** How many items one run is to take: one run is started for each so many. The worker reads it as `QUEUE_ITEMS`. A `custom` trigger says it in its own metadata, too. @default `1` */
  itemsPerRun: count(1, 1_000_000).default(1),
  /** How often the worker tries an item before it puts it aside, as a [dead letter](docs/queue-jobs.md#dead-letters). The worker reads it as `QUEUE_TRIES`. @default `3` */
  itemTries: count(1, 1_000).default(3),
  /** Most runs at a time. @default `100` */
  maxReplicas: count(1, 10_000).default(100),
  /** How often the triggers are asked, in seconds. Nodes take minutes on OVHcloud: less than 10 s is of use only where nodes are kept. @default `30` */
  pollingSeconds: count(1, 86_400).default(30),
  /** How many runs are started: [Strategies](docs/queue-jobs.md#strategies). `accurate` may start two runs for one item. @default `default` */
  strategy: oneOf("default", "accurate", "eager").default("default"),
  /** What becomes of runs at work when a parameter changes: `gradual` lets them end, `immediate` **kills** them. @default `gradual` */
  rollout: oneOf("gradual", "immediate").default("gradual"),
  /** Starts nothing any more; runs at work go on. @default `false` */
  paused: z.boolean().default(false),
  /** How often the pod of a run that fails is tried again in the same run; a lost node does not count. The item is tried again by a later run anyway. @default `0` */
  retries: count(0, 100).default(0),
  /** Longest time of a run. The worker's lease of an item, `QUEUE_LEASE_SECONDS`, is a minute longer, so that no item is taken from a run that lives. @default `3600` */
  taskDeadlineSeconds: taskDeadlineSeconds.unwrap().default(3600),
  /** How many runs are kept in the bucket, with their logs: the last ones. @default `1000` */
  keepRuns: count(1, 10_000).default(1_000),
  /** How many ended Jobs KEDA leaves in the cluster, of those that succeeded. One that goes before it is recorded is lost. @default `100` */
  successfulHistory: count(0, 10_000).default(100),
  /** The same, of those that failed. @default `100` */
  failedHistory: count(0, 10_000).default(100),
};

export const queueFields = z.strictObject({
  ...{ name, namespace, resultsPrefix },
  ...sections.Program,
  ...resources,
  ...sections.Volumes,
  ...sections.Pods,
  ...{ finalExitCodes, ttlSeconds, prices },
  ...own,
});

export type QueueFields = z.infer<typeof queueFields>;
