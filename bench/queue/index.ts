/** A queue in a table on two real nodes: how close it comes to the ideal, and how soon a run comes for an item. */
import { type Benchmark } from "../harness/result";
import { measureArrivals } from "./arrivals";
import { onQueueCloud, pools } from "./cloud";
import { figures } from "./figures";
import { measureItems } from "./items";
import { openNodes } from "./nodes";
import { orderItems } from "./order-items";

/** Runs of ten seconds, three on a node of two CPUs. */
const queue = { itemsPerRun: 20, cpu: "500m", pollingSeconds: 2, taskDeadlineSeconds: 120 };

export const queueBenchmark: Benchmark = {
  name: "queue",
  description:
    "1,000 items of half a second from a table on two real nodes: time, an item's way to its pod, items done twice or lost, memory",
  measure: (say) =>
    onQueueCloud(say, { queue }, async ({ orders }) => {
      const shape = { items: 1_000, itemSeconds: 0.5, ...queue };
      const nodes = openNodes("orders");
      const slots = await nodes.slots(shape.cpu, pools.compute.minNodes);
      await orders.create(shape.itemSeconds);
      const run = await measureItems(orderItems(orders), nodes, shape, say);
      const arrivals = await measureArrivals(orders, nodes, shape, say);
      return figures(shape, { ...run, arrivals, slots });
    }),
};
