import { allocatableOf, type Flavor } from "./flavors";
import { mayRunOn, type Place } from "./matching";
import { type History, type Labels, type Node, type Pod, type Pool, type Resources, type Shape, type Snapshot } from "./model";
import { type Bin } from "./pack";
import { add, largest, take } from "./resources";

/** Set by the kubelet, the cloud or the node controller while a node starts; gone soon. */
const startupTaints = new Set([
  "node.kubernetes.io/not-ready",
  "node.kubernetes.io/network-unavailable",
  "node.cloudprovider.kubernetes.io/uninitialized",
]);

const cordonTaint = "node.kubernetes.io/unschedulable";

/** A pool with its nodes, as one snapshot shows it. */
export interface PoolView {
  readonly pool: Pool;
  readonly nodes: readonly Node[];
  /** Drained nodes that OVHcloud has been told to remove, or may choose to: the pool has more nodes than desired. */
  readonly leaving: ReadonlySet<Node>;
  /** Nodes that were ordered and have not shown up. */
  readonly inFlight: number;
}

export function viewPool(pool: Pool, snapshot: Snapshot, history: History, removalRetry: number): PoolView {
  const nodes = snapshot.nodes.filter((node) => node.pool === pool.name && !node.deleting);
  const surplus = nodes.length > pool.desired;
  const asked = (node: Node): boolean => snapshot.now - (history.removalAsked.get(node.name) ?? -Infinity) < removalRetry;
  const leaving = new Set(nodes.filter((node) => node.drainingSince !== undefined && (surplus || asked(node))));
  return { pool, nodes, leaving, inFlight: Math.max(0, pool.desired - (nodes.length - leaving.size)) };
}

/** What is on each node. */
export interface Load {
  /** Names of the nodes with a pod of value. */
  readonly busy: ReadonlySet<string>;
  /** Requests of the pods of value, and of the others, by node name. */
  readonly used: ReadonlyMap<string, { readonly value: Resources; readonly overhead: Resources }>;
}

export function loadOf(pods: readonly Pod[]): Load {
  const busy = new Set<string>();
  const used = new Map<string, { value: Record<string, number>; overhead: Record<string, number> }>();
  for (const pod of pods) {
    if (pod.node === undefined) continue;
    if (pod.ofValue) busy.add(pod.node);
    let entry = used.get(pod.node);
    if (!entry) used.set(pod.node, (entry = { value: {}, overhead: {} }));
    take(pod.ofValue ? entry.value : entry.overhead, pod.shape.requests, -1);
  }
  return { busy, used };
}

/** What nodes of each flavor were seen to offer: of several nodes the least, so that no order comes out too small. */
export function learnAllocatable(nodes: readonly Node[], known: History["allocatable"]): Map<string, Resources> {
  const learned = new Map(known);
  const seen = new Set<string>();
  for (const { flavor, ready, allocatable } of nodes) {
    if (!flavor || !ready || !allocatable.cpu) continue;
    const before = seen.has(flavor) ? learned.get(flavor) : undefined;
    const least =
      before && Object.fromEntries(Object.entries(before).map(([name, amount]) => [name, Math.min(amount, allocatable[name] ?? 0)]));
    learned.set(flavor, least ?? allocatable);
    seen.add(flavor);
  }
  return learned;
}

/** What a pool's next node will be like: `room` is undefined for a flavor that nobody knows. */
export function nextNode(
  pool: Pool,
  snapshot: Snapshot,
  learned: ReadonlyMap<string, Resources>,
  flavors: Readonly<Record<string, Flavor>>,
) {
  const place: Place = { name: undefined, labels: { ...commonLabels(snapshot.nodes), ...nodeLabels(pool) }, taints: pool.taints };
  const flavor = flavors[pool.flavor];
  const allocatable = learned.get(pool.flavor) ?? (flavor && allocatableOf(flavor));
  const room = allocatable && { ...allocatable };
  if (room) for (const daemon of snapshot.daemons) if (mayRunOn(daemon, place)) take(room, daemon.requests, 1);
  return { place, room };
}

function nodeLabels(pool: Pool): Labels {
  return {
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": "amd64",
    "node.kubernetes.io/instance-type": pool.flavor,
    "beta.kubernetes.io/instance-type": pool.flavor,
    nodepool: pool.name,
    ...pool.labels,
  };
}

/** Region and zone, where all nodes of the cluster agree on them. */
function commonLabels(nodes: readonly Node[]): Labels {
  const keys = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"];
  const common = keys.map((key) => [key, new Set(nodes.map((node) => node.labels[key]))] as const);
  return Object.fromEntries(
    common.flatMap(([key, values]) => [...values].flatMap((value) => (value && values.size === 1 ? [[key, value]] : []))),
  );
}

/** A node as a bin for pending pods, or undefined when none may be placed there. */
export function binOf(node: Node, load: Load, daemons: readonly Shape[], learned: ReadonlyMap<string, Resources>): Bin | undefined {
  if (node.cordoned && node.drainingSince === undefined) return undefined;
  const taints = node.taints.filter(({ key }) => !startupTaints.has(key) && !(key === cordonTaint && node.drainingSince !== undefined));
  const place: Place = { name: node.name, labels: node.labels, taints };
  const allocatable = node.allocatable.cpu ? node.allocatable : learned.get(node.flavor ?? "");
  if (!allocatable) return { place, room: undefined, taken: [] };
  const used = load.used.get(node.name);
  let overhead = used?.overhead ?? {};
  if (!node.ready) {
    const expected = daemons.filter((daemon) => mayRunOn(daemon, place)).reduce<Resources>((sum, daemon) => add(sum, daemon.requests), {});
    overhead = largest(overhead, expected);
  }
  const room = { ...allocatable };
  take(room, add(used?.value ?? {}, overhead), 1);
  return { place, room, taken: [] };
}
