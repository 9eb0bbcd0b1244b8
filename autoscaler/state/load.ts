import { type Resources, type Snapshot } from "./model";

/** What is on each node. */
export interface Load {
  /** Names of the nodes with a workload pod, or with one that has ended and is still to be recorded. */
  readonly busy: ReadonlySet<string>;
  /** Names of the nodes with a workload pod that is not being deleted. */
  readonly held: ReadonlySet<string>;
  /** Until when the nodes are kept whose pods have ended and are still to be recorded, by node name; in milliseconds since 1970. */
  readonly unrecorded: ReadonlyMap<string, number>;
  /** Requests of the workload pods, and of the others, by node name. */
  readonly used: ReadonlyMap<string, { readonly workload: Resources; readonly overhead: Resources }>;
}

export function loadOf({ now, pods, ended = [] }: Snapshot): Load {
  const unrecorded = new Map<string, number>();
  for (const { holds } of ended)
    if (holds && holds.until > now) unrecorded.set(holds.node, Math.max(holds.until, unrecorded.get(holds.node) ?? 0));
  const busy = new Set(unrecorded.keys());
  const held = new Set<string>();
  const used = new Map<string, { workload: Record<string, number>; overhead: Record<string, number> }>();
  for (const { node, isWorkload, schedulable, shape } of pods) {
    if (node === undefined) continue;
    if (isWorkload) busy.add(node);
    if (isWorkload && schedulable) held.add(node);
    let entry = used.get(node);
    if (!entry) used.set(node, (entry = { workload: {}, overhead: {} }));
    const sum = isWorkload ? entry.workload : entry.overhead;
    for (const name in shape.requests) sum[name] = (sum[name] ?? 0) + (shape.requests[name] ?? 0);
  }
  return { busy, held, unrecorded, used };
}
