import { type PendingPod } from "./demand";
import { type PoolView } from "../fleet/fleet";
import { type NodeTemplate } from "../node-template/template";
import { type ObservedNode } from "../state/history";
import { mayRunOn } from "../state/matching";
import { type Pod } from "../state/model";

/** Pods that have waited since before nodes of a pool came which are right for them by its template, and stand empty: nobody knows why. */
export interface Stranded {
  /** Name of the pool, and of one such node. */
  readonly pool: string;
  readonly node: string;
  readonly pods: ReadonlySet<Pod>;
  /** Keys of their shapes. */
  readonly shapes: ReadonlySet<string>;
}

/** Where pods of the same shape do run in the pool, so large a part of it, and at least one node, may stand empty: these nodes are odd, not the pool. */
const share = 1 / 20;

/**
 * Finds the pods for which no more nodes of a pool must be ordered, as others that came for them did not help: whatever the scheduler knows that is
 * not known here, one pod could otherwise drive a pool to its maximum.
 * @param templates of each pool's next node, by pool name
 */
export function findStranded(
  views: readonly PoolView[],
  templates: ReadonlyMap<string, NodeTemplate>,
  pending: readonly PendingPod[],
  pods: readonly Pod[],
  observedNodes: ReadonlyMap<string, ObservedNode>,
): Stranded[] {
  return views.flatMap((view): Stranded[] => {
    const { pool, nodes } = view;
    const arrivals = emptySince(view, observedNodes);
    const [first] = arrivals.keys();
    if (first === undefined) return [];
    const names = new Set(nodes.map(({ name }) => name));
    const running = new Set(pods.flatMap(({ node, shape }) => (node !== undefined && names.has(node) ? [shape.key] : [])));
    const place = { ...templates.get(pool.name)!.place, taints: pool.taints };
    const found = [...byShape(pending).values()].filter((waiting) => {
      const [{ pod, shape }] = waiting as [PendingPod, ...PendingPod[]];
      const oldest = waiting.reduce((time, { pod: { createdAt = -Infinity } }) => Math.min(time, createdAt), Infinity);
      const inVain = [...arrivals.values()].filter((time) => time > oldest).length;
      const limit = running.has(pod.shape.key) ? Math.max(1, Math.ceil(nodes.length * share)) : 0;
      return inVain > limit && mayRunOn(shape, place);
    });
    const all = found.flat();
    const shapes = new Set(all.map(({ shape }) => shape.key));
    return all.length === 0 ? [] : [{ pool: pool.name, node: first, pods: new Set(all.map(({ pod }) => pod)), shapes }];
  });
}

/** Returns when each node became Ready that has had enough time to get a workload pod and never had one, by node name. */
function emptySince({ nodes, leaving }: PoolView, observedNodes: ReadonlyMap<string, ObservedNode>): Map<string, number> {
  const empty = nodes.flatMap((node) => {
    const seen = observedNodes.get(node.name);
    const came = node.ready && !leaving.has(node) && seen?.taints !== undefined && !seen.used ? seen.readySince : undefined;
    return came === undefined ? [] : [[node.name, came] as const];
  });
  return new Map(empty);
}

function byShape(pending: readonly PendingPod[]): Map<string, PendingPod[]> {
  const shapes = new Map<string, PendingPod[]>();
  for (const one of pending) {
    const known = shapes.get(one.shape.key);
    if (known) known.push(one);
    else shapes.set(one.shape.key, [one]);
  }
  return shapes;
}
