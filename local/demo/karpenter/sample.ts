import { costOf, type Prices } from "./prices";
import type { Node, State } from "./state";

/** How the workload and Karpenter's nodes stand at one moment. */
export interface Sample {
  /** Seconds since the start. */
  readonly at: number;
  readonly waiting: number;
  readonly running: number;
  readonly nodes: readonly Pick<Node, "flavor" | "zone">[];
  /** Of an hour of the nodes. */
  readonly price: number;
}

/** @param at seconds since the start */
export function sampleOf({ pods, nodes }: State, prices: Prices, at: number): Sample {
  const running = pods.filter((pod) => pod.running).length;
  return {
    at,
    waiting: pods.length - running,
    running,
    nodes: nodes.map(({ flavor, zone }) => ({ flavor, zone })),
    price: costOf(nodes, prices),
  };
}

/** How many nodes have each value. */
export function countBy(nodes: Sample["nodes"], key: "flavor" | "zone"): Map<string, number> {
  const counts = new Map<string, number>();
  for (const node of nodes) counts.set(node[key], (counts.get(node[key]) ?? 0) + 1);
  return counts;
}

/** Nodes in words, e.g. `2 b3-64, 1 c3-8 in zones a a b`. */
export function describeNodes(nodes: Sample["nodes"]): string {
  const flavors = [...countBy(nodes, "flavor")].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
  const zones = nodes.map(({ zone }) => zone.split("-").at(-1)).sort();
  return nodes.length === 0 ? "" : `${flavors.map(([flavor, count]) => `${count} ${flavor}`).join(", ")} in zones ${zones.join(" ")}`;
}
