import { type Pod, type Resources } from "./model";

/** What is on each node. */
export interface Load {
  /** Names of the nodes with a pod of value. */
  readonly busy: ReadonlySet<string>;
  /** Those of them where one is not being deleted. */
  readonly held: ReadonlySet<string>;
  /** Requests of the pods of value, and of the others, by node name. */
  readonly used: ReadonlyMap<string, { readonly value: Resources; readonly overhead: Resources }>;
}

export function loadOf(pods: readonly Pod[]): Load {
  const busy = new Set<string>();
  const held = new Set<string>();
  const used = new Map<string, { value: Record<string, number>; overhead: Record<string, number> }>();
  for (const { node, ofValue, schedulable, shape } of pods) {
    if (node === undefined) continue;
    if (ofValue) busy.add(node);
    if (ofValue && schedulable) held.add(node);
    let entry = used.get(node);
    if (!entry) used.set(node, (entry = { value: {}, overhead: {} }));
    const sum = ofValue ? entry.value : entry.overhead;
    for (const name in shape.requests) sum[name] = (sum[name] ?? 0) + (shape.requests[name] ?? 0);
  }
  return { busy, held, used };
}
