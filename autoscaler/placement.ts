import { type Flavor, relativeCost } from "./flavors";
import { type Node, type Pod, type Resources, type Snapshot } from "./model";
import { type Bin, pack, type Packing } from "./pack";
import { binOf, type Load, nextNode, type PoolView } from "./view";

/** Where the pending pods go: on nodes that exist, on nodes that are on their way, and on nodes still to be ordered. */
export interface Placement extends Packing {
  /** Names of the existing nodes that pending pods will use. */
  readonly assigned: ReadonlySet<string>;
  /** The pending pods that each pool's nodes on their way will take, by pool name. */
  readonly expected: ReadonlyMap<string, readonly Pod[]>;
}

interface Knowledge {
  readonly load: Load;
  readonly allocatable: ReadonlyMap<string, Resources>;
  readonly flavors: Readonly<Record<string, Flavor>>;
  /** A node that is not Ready and was made before this time (milliseconds since 1970) is taken for broken. */
  readonly bootedAfter: number;
}

/**
 * Places the pending pods. Filled first are the nodes that work already, then those being drained (to keep one is quicker than to boot one),
 * then those that boot, then those ordered, and only then the nodes that the pools can still grow by.
 */
export function placePods(snapshot: Snapshot, views: readonly PoolView[], knowledge: Knowledge): Placement {
  const { load, allocatable, flavors, bootedAfter } = knowledge;
  const leaving = new Set(views.flatMap((view) => [...view.leaving]));
  const usable = snapshot.nodes.filter((node) => !node.deleting && !leaving.has(node) && (node.ready || node.createdAt > bootedAfter));
  const order = (node: Node): number => (!node.ready ? 3 : node.drainingSince !== undefined ? 2 : load.busy.has(node.name) ? 0 : 1);

  const nodeBins = usable
    .sort((a, b) => order(a) - order(b) || (a.name < b.name ? -1 : 1))
    .flatMap((node) => {
      const bin = binOf(node, load, snapshot.daemons, allocatable);
      return bin ? [bin] : [];
    });
  const cheapestFirst = [...views].sort(
    (a, b) => relativeCost(flavors[a.pool.flavor]) - relativeCost(flavors[b.pool.flavor]) || (a.pool.name < b.pool.name ? -1 : 1),
  );
  const sources = cheapestFirst.map(({ pool, inFlight }) => {
    return { pool, inFlight, headroom: Math.max(0, pool.max - pool.desired), ...nextNode(pool, snapshot, allocatable, flavors) };
  });
  const orderedBins = sources.flatMap(({ pool, inFlight, place, room }) =>
    Array.from({ length: inFlight }, () => ({ pool: pool.name, bin: { place, room: room && { ...room }, taken: [] } satisfies Bin })),
  );
  const growable = sources.filter(({ pool }) => !pool.autoscale);
  const packing = pack(pendingPods(snapshot), [...nodeBins, ...orderedBins.map(({ bin }) => bin)], growable);
  const expected = new Map(
    views.map(({ pool: { name } }) => [name, orderedBins.flatMap(({ pool, bin }) => (pool === name ? bin.taken : []))]),
  );
  const assigned = new Set(nodeBins.filter((bin) => bin.taken.length > 0).map((bin) => bin.place.name!));
  return { ...packing, assigned, expected };
}

/** DaemonSets' pods are no reason for a node: each is made for one that exists. */
export function pendingPods(snapshot: Snapshot): Pod[] {
  return snapshot.pods.filter((pod) => pod.node === undefined && pod.ofValue && pod.schedulable);
}
