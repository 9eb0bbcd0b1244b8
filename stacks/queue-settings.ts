import * as z from "zod";
import { own, postgresql, queueFields } from "../components/keda/queue-job/fields";
import * as t from "./types";

const { itemsPerRun, itemTries, maxReplicas, pollingSeconds, taskDeadlineSeconds, paused } = own;
const { query, oldestQuery, deadLettersQuery } = postgresql.shape;

const queue = z
  .strictObject({
    image: z
      .string()
      .min(1)
      .default("sql-batch")
      .describe("image of the worker: one of `images.registry` by its name alone, such as `sql-batch`, or a whole reference"),
    query: query.optional().describe("gives the number of rows of the stack's database that wait **or** are at work; or set `topic`"),
    oldestQuery: oldestQuery.describe("with `query`: gives the age of the oldest of them, in seconds, for the metrics"),
    deadLettersQuery: deadLettersQuery.describe("with `query`: gives the number of dead letters, for the metrics"),
    topic: z
      .string()
      .optional()
      .describe("topic of the stack's Kafka whose records are the items, for the consumer group with the queue's name; or set `query`"),
    env: z.record(z.string(), z.string()).default({}).describe("environment of the worker, without secrets"),
    pool: z.string().default("compute").describe("pool of the runs"),
    cpu: t.cpu.default("250m").describe("CPUs that are reserved for a run"),
    memory: t.bytes.default("128Mi").describe("memory of a run; a run that uses more is killed"),
    itemsPerRun: itemsPerRun.describe("how many items a run takes"),
    itemTries: itemTries.describe("how often an item is tried before it is a dead letter"),
    maxReplicas: maxReplicas.describe("most runs at a time"),
    pollingSeconds: pollingSeconds.describe("how often the database or Kafka is asked, in seconds"),
    taskDeadlineSeconds: taskDeadlineSeconds.describe(
      "longest time of a run, in seconds; an item of a run that was killed waits for a minute more",
    ),
    paused: paused.describe("start nothing any more; runs at work go on"),
  })
  .describe("a queue, by its name");

/** Settings of the queues in the stack's database and Kafka. */
export const queues = z
  .record(queueFields.shape.name, queue)
  .default({})
  .describe(
    "queues in the stack's database and Kafka, by name: KEDA starts runs for the rows that wait, or the records that nobody has read. They need `keda.enabled`, and `database.enabled` or `kafka.enabled`",
  );
