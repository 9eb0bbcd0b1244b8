import { allocatableOf, type Flavor } from "./flavors";
import { mayRunOn, type Place } from "./matching";
import { type History, type Labels, type Node, type Pod, type Pool, type Resources, type Snapshot } from "./model";
import { type Bin } from "./fill";
import { type Knowledge } from "./placement";
import { add, largest, take } from "./resources";

/** Set by the kubelet, the cloud or the node controller while a node starts; gone soon. */
const startupTaints = new Set([
  "node.kubernetes.io/not-ready",
  "node.kubernetes.io/network-unavailable",
  "node.cloudprovider.kubernetes.io/uninitialized",
]);

const cordonTaint = "node.kubernetes.io/unschedulable";

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

const gpu = "nvidia.com/gpu";

/** What nodes of each flavor were seen to offer: of several nodes the least, so that no order comes out too small. */
export function learnAllocatable(
  nodes: readonly Node[],
  known: History["allocatable"],
  flavors: Readonly<Record<string, Flavor>>,
): Map<string, Resources> {
  const learned = new Map(known);
  const seen = new Set<string>();
  for (const { flavor, ready, allocatable } of nodes) {
    if (!flavor || !ready || !allocatable.cpu || (flavors[flavor]?.gpus && !allocatable[gpu])) continue;
    const before = seen.has(flavor) ? learned.get(flavor) : undefined;
    const least =
      before && Object.fromEntries(Object.entries(before).map(([name, amount]) => [name, Math.min(amount, allocatable[name] ?? 0)]));
    learned.set(flavor, least ?? allocatable);
    seen.add(flavor);
  }
  return learned;
}

/** What a node of the flavor will offer to pods; undefined for a flavor that nobody knows. */
function sizeOf(name: string, learned: ReadonlyMap<string, Resources>, flavors: Readonly<Record<string, Flavor>>): Resources | undefined {
  const flavor = flavors[name];
  return learned.get(name) ?? (flavor && allocatableOf(flavor));
}

/** What a pool's next node will be like: `room` is undefined for a flavor that nobody knows. */
export function nextNode(
  pool: Pool,
  snapshot: Snapshot,
  learned: ReadonlyMap<string, Resources>,
  flavors: Readonly<Record<string, Flavor>>,
) {
  const place: Place = { name: undefined, labels: { ...topologyLabels(snapshot.nodes, pool), ...nodeLabels(pool) }, taints: pool.taints };
  const allocatable = sizeOf(pool.flavor, learned, flavors);
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

const regionLabel = "topology.kubernetes.io/region";
/** Cinder's volumes name their zone by a label of their own. */
const zoneLabels = ["topology.kubernetes.io/zone", "topology.cinder.csi.openstack.org/zone"];

/** Region and zone: the pool's zone if it has one, none if it has several, and where it does not tell, what all nodes of the cluster agree on. */
function topologyLabels(nodes: readonly Node[], { zones = [] }: Pool): Labels {
  if (zones.length === 0) return commonLabels(nodes, [regionLabel, ...zoneLabels]);
  const [zone] = zones.length === 1 ? zones : [];
  return { ...commonLabels(nodes, [regionLabel]), ...(zone && Object.fromEntries(zoneLabels.map((key) => [key, zone]))) };
}

/** Those of the labels that all nodes agree on. */
function commonLabels(nodes: readonly Node[], keys: readonly string[]): Labels {
  const common = keys.map((key) => [key, new Set(nodes.map((node) => node.labels[key]))] as const);
  return Object.fromEntries(
    common.flatMap(([key, values]) => [...values].flatMap((value) => (value && values.size === 1 ? [[key, value]] : []))),
  );
}

/** How long a node of the flavor takes from its order to Ready, in milliseconds. */
export function bootOf(flavor: string | undefined, { fleet, rules }: Knowledge): number {
  return fleet.boots.get(flavor ?? "")?.mean ?? rules.usualBoot;
}

/** A node as a bin for pending pods, or undefined when none may be placed there. */
export function binOf(node: Node, { now, daemons }: Snapshot, knowledge: Knowledge): Bin | undefined {
  const { fleet, load, allocatable: learned, rules } = knowledge;
  if (node.cordoned && node.drainingSince === undefined) return undefined;
  const taints = node.taints.filter(({ key }) => !startupTaints.has(key) && !(key === cordonTaint && node.drainingSince !== undefined));
  const place: Place = { name: node.name, labels: node.labels, taints };
  const orderedAt = fleet.sightings.get(node.name)?.orderedAt ?? node.createdAt;
  const readyAt = node.ready ? now : orderedAt + bootOf(node.flavor, knowledge);
  const bin = { id: node.name, pool: undefined, place, readyAt, taken: [] };
  // It tells its size once its kubelet runs.
  const allocatable = node.allocatable.cpu ? node.allocatable : sizeOf(node.flavor ?? "", learned, rules.flavors);
  if (!allocatable) return { ...bin, room: undefined };
  const used = load.used.get(node.name);
  let overhead = used?.overhead ?? {};
  if (!node.ready) {
    const expected = daemons.filter((daemon) => mayRunOn(daemon, place)).reduce<Resources>((sum, daemon) => add(sum, daemon.requests), {});
    overhead = largest(overhead, expected);
  }
  const room = { ...allocatable };
  // A GPU shows some time after its node is Ready; until then it is taken for there, or another node would be ordered.
  const gpus = rules.flavors[node.flavor ?? ""]?.gpus ?? 0;
  if (gpus > 0 && !room[gpu] && now - node.createdAt < rules.bootTimeout) room[gpu] = gpus;
  take(room, add(used?.value ?? {}, overhead), 1);
  return { ...bin, room };
}
