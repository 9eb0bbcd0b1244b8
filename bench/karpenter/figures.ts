import { atMost, type Figure } from "../harness/result";
import type { Filled, Outcome } from "./run";

export interface Measured {
  readonly filled: Filled;
  readonly consolidated: Outcome;
  /** The same pods with our autoscaler. */
  readonly peer: Outcome;
  /** The least that nodes can cost, for all pods and for those that are left. */
  readonly bounds: { readonly filled: number; readonly consolidated: number };
  readonly busyNodesRemoved: number;
  readonly pinnedPodsLost: number;
  /** Pods that Karpenter must not evict. */
  readonly pinned: number;
  /** MiB */
  readonly memory: number;
}

/** @param families of the node pool's flavors @param pools of our autoscaler, with their flavors */
export function figures(measured: Measured, families: readonly string[], pools: string): Figure[] {
  const { filled, consolidated, peer, bounds, busyNodesRemoved, pinnedPodsLost, pinned, memory } = measured;
  const bound = (cost: number): string =>
    `a lower bound, ${cost.toFixed(4)} EUR an hour: the cheapest whole nodes of ${families.join(" and ")} that leave pods as much CPU and memory as these ask for together`;
  const ours = `the autoscaler with three pools (${pools})`;
  return [
    atMost(
      "flavor-cost-to-optimal",
      filled.chosenCost / bounds.filled,
      "ratio",
      1.05,
      `${bound(bounds.filled)}; the nodes chosen for 100 pods that all wait, before the first of them runs`,
    ),
    atMost(
      "filled-cost-to-optimal",
      filled.cost / bounds.filled,
      "ratio",
      null,
      "the same bound; with the nodes for pods that found no room, as kube-scheduler spreads pods where Karpenter's plan packs them",
    ),
    atMost("last-order-seconds", filled.seconds, "s", null, `${ours}: ${peer.seconds.toFixed(1)} s`),
    atMost("autoscaler-cost-to-optimal", peer.cost / bounds.filled, "ratio", null, `the same bound as flavor-cost-to-optimal, of ${ours}`),
    atMost("autoscaler-last-order-seconds", peer.seconds, "s", null, `Karpenter: ${filled.seconds.toFixed(1)} s`),
    atMost(
      "consolidated-cost-to-optimal",
      consolidated.cost / bounds.consolidated,
      "ratio",
      1.15,
      `${bound(bounds.consolidated)}; 80 of the 100 pods have left`,
    ),
    atMost("consolidation-seconds", consolidated.seconds, "s", null, "nothing: from the pods' leaving until the last change of the nodes"),
    atMost(
      "busy-nodes-removed",
      busyNodesRemoved,
      "nodes",
      0,
      `all nodes with one of ${pinned} pods that must not be disrupted, while 60 of 80 others leave`,
    ),
    atMost("pinned-pods-lost", pinnedPodsLost, "pods", 0, `these ${pinned} pods`),
    atMost("karpenter-rss-mib", memory, "MiB", 200, "the highest of the whole run"),
  ];
}
