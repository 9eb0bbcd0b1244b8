import { mayRunOn } from "../../autoscaler/state/matching";
import { type Shape } from "../../autoscaler/state/model";
import { type Cluster } from "../cluster/cluster";

/** Milliseconds. */
const poll = 5_000;

/**
 * The machine of the demo that this project began with, nodepool-monitoring, as published: it looks every 5 s, and moves a pool by one node only
 * when the desired, the current and the available number of nodes are equal. Each pod of the pool is work for one node, and pods that
 * finished count until their Job is deleted. It names no node when it shrinks a pool, so OVHcloud takes any.
 */
export function seed(cluster: Cluster): void {
  const look = (): void => {
    const work = workByPool(cluster);
    for (const { spec, desired, present } of cluster.cloud.pools.values()) {
      const available = [...present].filter(({ state }) => state === "ready").length;
      if (desired !== present.size || desired !== available) continue;
      const wanted = Math.min(spec.maxNodes, Math.max(spec.minNodes, work.get(spec.name) ?? 0));
      if (wanted !== desired) cluster.resize(spec.name, desired + Math.sign(wanted - desired));
    }
    cluster.clock.after(poll, look);
  };
  look();
}

/** Pods of each pool. A pod must name its pool by a nodeSelector; one that does not counts for the first pool that can run it. */
function workByPool(cluster: Cluster): Map<string, number> {
  const poolOf = (shape: Shape): string | undefined => {
    for (const [name, { labels, taints }] of cluster.models) if (mayRunOn(shape, { name: undefined, labels, taints })) return name;
    return undefined;
  };
  const work = new Map<string, number>();
  for (const [shape, pods] of cluster.jobs.podsByShape) {
    const pool = poolOf(shape);
    if (pool) work.set(pool, (work.get(pool) ?? 0) + pods);
  }
  return work;
}
