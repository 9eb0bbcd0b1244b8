import * as z from "zod";
import * as t from "./types";

interface PoolDefaults {
  readonly minNodes: number;
  readonly maxNodes: number;
  readonly desiredNodes: number;
}

function poolShape(defaults: PoolDefaults) {
  const nodes = (most: number, initial: number, text: string) => z.int().min(0).max(most).default(initial).describe(text);
  return {
    minNodes: nodes(100, defaults.minNodes, "fewest nodes"),
    maxNodes: nodes(999, defaults.maxNodes, "most nodes: up to 100 on the free plan, 500 on standard, 5 with antiAffinity"),
    desiredNodes: nodes(999, defaults.desiredNodes, "nodes to start with; once the pool exists the number is the autoscaler's"),
    labels: t.labels.default({}).describe("labels of the nodes, beside those of OVHcloud (`nodepool`, flavor, zone)"),
    taints: z.array(t.taint).default([]).describe("taints of the nodes"),
    antiAffinity: z.boolean().default(false).describe("each node on another hypervisor; a change recreates the pool"),
    monthlyBilled: z.boolean().default(false).describe("bill the nodes by month; a change recreates the pool"),
    availabilityZones: z.array(z.string().min(1)).max(1).default([]).describe("zone of the nodes, needed in regions with several"),
  };
}

const flavorText = "instance flavor of the nodes; a change recreates the pool";

const defaultPool = (flavor: string, defaults: PoolDefaults, text: string) =>
  z
    .strictObject({ flavor: t.flavor.default(flavor).describe(flavorText), ...poolShape(defaults) })
    .prefault({})
    .describe(text);

/** Settings of the node pools; `system` and `compute` are always there, with the seed's sizes. */
export const pools = z
  .object({
    system: defaultPool("b2-7", { minNodes: 1, maxNodes: 3, desiredNodes: 1 }, "pool of the autoscaler and other services"),
    compute: defaultPool("c2-15", { minNodes: 0, maxNodes: 100, desiredNodes: 0 }, "pool of the batch Jobs"),
  })
  .catchall(
    z
      .strictObject({ flavor: t.flavor.describe(flavorText), ...poolShape({ minNodes: 0, maxNodes: 100, desiredNodes: 0 }) })
      .describe("a further pool, by its name"),
  )
  .prefault({})
  .describe("node pools by name");
