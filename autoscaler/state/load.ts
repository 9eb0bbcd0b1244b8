import { type Pod, type Resources } from "./model";

/** What is on each node. */
export interface Load {
  /** Names of the nodes with a workload pod. */
  readonly busy: ReadonlySet<string>;
  /** Those of them where one is not being deleted. */
  readonly held: ReadonlySet<string>;
  /** Requests of the workload pods, and of the others, by node name. */
  readonly used: ReadonlyMap<string, { readonly workload: Resources; readonly overhead: Resources }>;
}

export function loadOf(pods: readonly Pod[]): Load {
  const busy = new Set<string>();
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
  return { busy, held, used };
}
