/**
 * Spring Batch jobs that a queue starts, on two real nodes: how close they come to the ideal with the start of their JVMs, and what class data sharing spares
 * of that. Written down, without goals but that nothing is lost or done twice.
 */
import { type Benchmark } from "../../harness/result";
import { onQueueCloud, pools } from "../cloud";
import { measureItems } from "../items";
import { openNodes } from "../nodes";
import { billingItems, ordersOfRun } from "./billing";
import { itemFigures, memoryFigures, startFigures } from "./figures";
import { runPod } from "./pod";
import { recordItems } from "./records";
import { measureStarts } from "./starts";

/** Runs of 25 seconds, three on a node of two CPUs. */
const run = { image: "spring-batch", cpu: "500m", memory: "384Mi", itemsPerRun: 50, pollingSeconds: 2, taskDeadlineSeconds: 300 };
const shape = { ...run, items: 1_000, itemSeconds: 0.5 };

/** A partition for each run that fits. */
const partitions = 6;

const env = (profile: string, milliseconds: number) => ({ SPRING_PROFILES_ACTIVE: profile, INVOICES_WORK: `${milliseconds}ms` });

const stackSettings = {
  "ovh-mks-batch:kafka": { enabled: true, topics: { orders: { partitions } }, volume: { size: "1Gi" }, cpu: "100m", memory: "768Mi" },
  "ovh-mks-batch:queues": {
    // An item is a billing run of several orders.
    billing: {
      ...run,
      query: "SELECT count(*) FROM billing_runs WHERE status IN ('waiting', 'running')",
      env: env("postgresql", (1_000 * shape.itemSeconds) / ordersOfRun),
    },
    invoices: { ...run, topic: "orders", env: env("kafka", 1_000 * shape.itemSeconds) },
  },
};

export const queueSpringBenchmark: Benchmark = {
  name: "queue-spring",
  description:
    "1,000 items of half a second by Spring Batch, from a table and from a topic: time with JVM starts, class data sharing, memory",
  measure: (say) =>
    onQueueCloud(say, { flags: { java: "on" }, stackSettings }, async ({ orders, kubectl }) => {
      const billing = openNodes("billing");
      const invoices = openNodes("invoices");
      const slots = await billing.slots(shape.cpu, pools.compute.minNodes);
      await runPod(kubectl, "schema", { profile: "schema" });
      const starts = await measureStarts(kubectl, say);
      const rows = await measureItems(billingItems(orders), billing, shape, say);
      const records = await measureItems(recordItems(orders, kubectl), invoices, shape, say);
      return [
        ...itemFigures("postgresql", shape, rows, slots),
        ...itemFigures("kafka", shape, records, Math.min(slots, partitions)),
        ...startFigures(starts),
        ...memoryFigures(shape, [rows, records]),
      ];
    }),
};
