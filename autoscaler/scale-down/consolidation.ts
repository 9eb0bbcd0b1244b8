import { pendingPods, unitsOf } from "../scheduling/demand";
import { type Bin } from "../scheduling/fill";
import { type PoolView } from "../fleet/fleet";
import { type Node, type Pod, type Snapshot } from "../state/model";
import { pack } from "../scheduling/pack";
import { type Placement } from "../scheduling/placement";
import { type CompleteRules } from "../state/rules";
import { Topology } from "../scheduling/topology";
import { type Load } from "../state/load";

/** The nodes that can be emptied, with those of their pods that are still to be evicted. */
export type Consolidated = ReadonlyMap<Node, readonly Pod[]>;

export type PodsByNode = ReadonlyMap<string, readonly Pod[]>;

/** By name, no more nodes of a pool than this are emptied at the same time. */
const mostAtOnce = 10;

/**
 * Returns the nodes whose workload pods may all be moved and find room on other nodes that work anyway. A Deployment that shrinks does not choose the
 * pods whose node could then go, so that without this a node that was added for a service's peak would stay for ever. Without names a pool
 * shrinks as a whole, so then the pods of all its nodes need room elsewhere.
 */
export function consolidate(
  views: readonly PoolView[],
  snapshot: Snapshot,
  load: Load,
  placement: Placement,
  rules: CompleteRules,
  onNode: PodsByNode,
): Consolidated {
  const consolidated = new Map<Node, readonly Pod[]>();
  if (!snapshot.pods.some(({ movable }) => movable)) return consolidated;
  const open = new Set(snapshot.nodes.flatMap(({ name, ready, cordoned }) => (ready && !cordoned && load.busy.has(name) ? [name] : [])));
  const kept = new Set([...placement.assigned, ...load.unrecorded.keys()]);
  let rooms: readonly Bin[] = placement.present.filter(({ id }) => open.has(id));
  for (const view of views) {
    for (const nodes of choicesOf(view, onNode, kept, rules)) {
      const names = new Set(nodes.map(({ name }) => name));
      // A node that others' pods are to go to stays.
      if (rooms.some(({ id, taken }) => names.has(id) && taken.length > 0)) continue;
      const pods = nodes.flatMap(({ name }) => onNode.get(name)!).filter(({ schedulable }) => schedulable);
      const others = rooms.filter(({ id }) => !names.has(id));
      const filled = moveInto(others, pods, snapshot);
      if (!filled) continue;
      rooms = filled;
      const podsOn = ({ name }: Node): Pod[] => pods.filter((pod) => pod.node === name);
      for (const node of nodes) consolidated.set(node, podsOn(node));
    }
  }
  return consolidated;
}

/** The workload pods on each node. */
export function podsByNode(pods: readonly Pod[]): PodsByNode {
  const lists = new Map<string, Pod[]>();
  for (const pod of pods) {
    if (!pod.isWorkload || pod.node === undefined) continue;
    const list = lists.get(pod.node);
    if (list) list.push(pod);
    else lists.set(pod.node, [pod]);
  }
  return lists;
}

/** Nodes of a pool that can be emptied together or not at all, those first that are being emptied already, then those with the fewest pods. */
function choicesOf(
  { pool, nodes, leaving, broken }: PoolView,
  onNode: PodsByNode,
  wanted: ReadonlySet<string>,
  { namedRemoval }: CompleteRules,
): readonly (readonly Node[])[] {
  const spare = pool.desired - pool.min;
  if (pool.autoscale || pool.monthly || spare <= 0) return [];
  const isMovable = (node: Node): boolean =>
    node.ready &&
    !broken.has(node) &&
    !wanted.has(node.name) &&
    (!node.cordoned || node.drainingSince !== undefined) &&
    onNode.get(node.name)!.every(({ movable }) => movable);
  const held = nodes.filter((node) => onNode.has(node.name) && !leaving.has(node));
  const movable = held.filter(isMovable);
  if (!namedRemoval) return held.length > 0 && movable.length === held.length ? [held] : [];
  const rank = ({ name, drainingSince }: Node): number => (drainingSince === undefined ? 1e6 : 0) + onNode.get(name)!.length;
  return [...movable]
    .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
    .slice(0, Math.min(spare, mostAtOnce))
    .map((node) => [node]);
}

/** The nodes with the pods on them, as the scheduler would place them; undefined when there is no room for all. */
function moveInto(nodes: readonly Bin[], pods: readonly Pod[], snapshot: Snapshot): readonly Bin[] | undefined {
  const bins = nodes.map((bin) => ({ ...bin, room: bin.room && { ...bin.room }, taken: [...bin.taken] }));
  const moving = new Set(pods);
  const waiting = pods.map((pod) => ({ ...pod, node: undefined }));
  const all = [...snapshot.pods.filter((pod) => !moving.has(pod)), ...waiting];
  const sites = new Map(snapshot.nodes.map((node) => [node.name, { id: node.name, place: node }] as const));
  const topology = new Topology(all, sites);
  const placeable = pendingPods({ ...snapshot, pods: waiting });
  if (placeable.length < waiting.length) return undefined;
  const units = unitsOf(snapshot, placeable, topology);
  const { hopeless } = pack({ units, bins, sources: [], topology, releases: [], headroom: 0, now: snapshot.now });
  return hopeless.length === 0 ? bins : undefined;
}
