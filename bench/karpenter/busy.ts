/** Whether nodes were removed under pods that must stay. Pure. */
import type { State } from "../../local/demo/karpenter/state";

/**
 * How many nodes were removed, or were being removed, although a pod that Karpenter must not evict had been on them.
 *
 * @param states what was seen, in order, while no such pod was told to leave
 */
export function busyNodesRemoved(states: readonly State[]): number {
  const removed = new Set<string>();
  const busy = new Map<string, string>();
  for (const { pods, nodes } of states) {
    const staying = new Map(nodes.filter(({ leaving }) => !leaving).map(({ name, uid }) => [name, uid]));
    for (const [name, uid] of busy) if (staying.get(name) !== uid) removed.add(uid);
    for (const { node, pinned } of pods) {
      const uid = node === undefined ? undefined : staying.get(node);
      if (pinned && uid !== undefined) busy.set(node!, uid);
    }
  }
  return removed.size;
}

/** How many of these pods were evicted or deleted: another one runs in their place, or none. */
export function pinnedPodsLost(states: readonly State[]): number {
  const seen = new Set<string>();
  const lost = new Set<string>();
  for (const { pods } of states) {
    const there = new Set(pods.filter(({ leaving }) => !leaving).map(({ uid }) => uid));
    for (const uid of seen) if (!there.has(uid)) lost.add(uid);
    for (const { uid, pinned, node } of pods) if (pinned && node !== undefined) seen.add(uid);
  }
  return lost.size;
}
