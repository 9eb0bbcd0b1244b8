import * as z from "zod";
import { dedicatedTaint } from "../common/dedicated";
import { defaultMaxNodes, nodesOfPlan, nodesWithAntiAffinity } from "../common/plans";
import type { TaintArgs } from "../components/cluster/node-pool";
import * as t from "./types";

interface PoolDefaults {
  readonly minNodes: number;
  readonly maxNodes: number;
  readonly desiredNodes: number;
  readonly dedicated: Dedicated;
}

const effects = ["PreferNoSchedule", "NoSchedule", "none"] as const;
type Dedicated = (typeof effects)[number];

/** The taint that keeps pods of others away. */
export const dedicatedEffect = (initial: Dedicated) =>
  z
    .enum(effects)
    .default(initial)
    .describe(
      `effect of the taint \`${dedicatedTaint}\` of the nodes, which keeps other pods away: PreferNoSchedule if they have room elsewhere; ` +
        "NoSchedule always, including Jobs without a toleration",
    );

function poolShape(defaults: PoolDefaults) {
  const nodes = (most: number, initial: number, text: string) => z.int().min(0).max(most).default(initial).describe(text);
  return {
    minNodes: nodes(100, defaults.minNodes, "fewest nodes"),
    maxNodes: nodes(
      999,
      defaults.maxNodes,
      `most nodes: up to ${nodesOfPlan.free} on the free plan, ${nodesOfPlan.standard} on standard, ${nodesWithAntiAffinity} with antiAffinity`,
    ),
    desiredNodes: nodes(999, defaults.desiredNodes, "nodes to start with; after that the autoscaler sets the number"),
    labels: t.labels.default({}).describe("labels of the nodes, in addition to those of OVHcloud (`nodepool`, flavor, zone)"),
    dedicated: dedicatedEffect(defaults.dedicated),
    taints: z
      .array(t.taint)
      .default([])
      .describe("further taints of the nodes; batch Jobs, and all pods that this program places on the pool, tolerate them"),
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

const batch: PoolDefaults = { minNodes: 0, maxNodes: defaultMaxNodes, desiredNodes: 0, dedicated: "PreferNoSchedule" };

/** Settings of the node pools; `system` and `compute` are always there, with the seed's sizes. */
export const pools = z
  .object({
    system: defaultPool(
      "b2-7",
      { minNodes: 1, maxNodes: 3, desiredNodes: 1, dedicated: "none" },
      "pool of the autoscaler and other services",
    ),
    compute: defaultPool("c2-15", batch, "pool of the batch Jobs"),
  })
  .catchall(z.strictObject({ flavor: t.flavor.describe(flavorText), ...poolShape(batch) }).describe("a further pool, by its name"))
  .prefault({})
  .describe("node pools by name");

/** All taints of a pool's nodes. */
export const taintsOf = ({ dedicated, taints }: Pick<z.infer<typeof pools>[string], "dedicated" | "taints">): TaintArgs[] => [
  ...(dedicated === "none" ? [] : [{ key: dedicatedTaint, value: "", effect: dedicated }]),
  ...taints,
];
