import { hourEnd } from "../../common/hours";
import { durationsOf } from "../state/times";
import { type PoolView } from "../fleet/fleet";
import { type Node, type Pod, type Resources, type Snapshot } from "../state/model";
import { take, timesFitting } from "../state/resources";
import { type CompleteRules } from "../state/rules";
import { type Load } from "../state/load";

/** No node is emptied longer than this before it may go, in milliseconds. */
const longestAhead = 600_000;

/** What runs on a node of the pool. */
interface Burden {
  readonly node: Node;
  readonly pods: readonly Pod[];
  /** When the last of them has likely ended, in milliseconds since 1970. */
  readonly endsAt: number;
  /** How long the longest of them likely runs, in milliseconds. */
  readonly longest: number;
}

/**
 * With hourly billing, the nodes of a pool that can be empty when their hour ends, because the others have room for as much as runs on all of them: the scheduler
 * spreads pods, so that without this no node would ever be empty where short pods come and go. They get no new pods; nothing is moved.
 * @param wanted names of the nodes that pending pods need
 */
export function surplusNodes(
  { pool, nodes, leaving, broken }: PoolView,
  snapshot: Snapshot,
  load: Load,
  wanted: ReadonlySet<string>,
  rules: CompleteRules,
): Set<Node> {
  const chosen = new Set<Node>();
  const { now } = snapshot;
  const end = hourEnd(now);
  let spare = pool.desired - pool.min;
  if (rules.billing !== "hourly" || !rules.namedRemoval || spare <= 0 || end - now > longestAhead + rules.billingMargin) return chosen;

  const usable = nodes.filter((node) => node.ready && !leaving.has(node) && !broken.has(node));
  const open = usable.filter((node) => !node.cordoned || node.drainingSince !== undefined);
  const room = new Map(open.map((node) => [node, roomOf(node, load)] as const));
  for (const { node, pods, endsAt, longest } of inOrder(burdens(open, snapshot))) {
    const inTime = endsAt <= end - rules.settle && now >= end - rules.billingMargin - Math.min(longest, longestAhead);
    const begun = node.drainingSince !== undefined || pods.length > 0;
    if (spare === 0 || !inTime || !begun || wanted.has(node.name)) continue;
    const others = open.filter((other) => other !== node && !chosen.has(other)).map((other) => room.get(other)!);
    if (!moveInto(others, pods)) continue;
    chosen.add(node);
    spare -= 1;
  }
  return chosen;
}

function burdens(nodes: readonly Node[], snapshot: Snapshot): Burden[] {
  const durationOf = durationsOf(snapshot);
  const byNode = new Map(nodes.map((node) => [node.name, [] as Pod[]] as const));
  for (const pod of snapshot.pods) if (pod.isWorkload && pod.node !== undefined) byNode.get(pod.node)?.push(pod);
  return nodes.map((node) => {
    const pods = byNode.get(node.name) ?? [];
    const times = pods.map((pod) => durationOf(pod) ?? Infinity);
    const ends = pods.map(({ startedAt = Infinity }, i) => startedAt + times[i]!);
    // One that runs longer than was likely ends nobody knows when.
    const overdue = ends.some((time) => time < snapshot.now);
    return { node, pods, endsAt: overdue ? Infinity : Math.max(0, ...ends), longest: Math.max(0, ...times) };
  });
}

/** Those first that are being emptied already, then those with the fewest pods. */
const inOrder = (of: readonly Burden[]): Burden[] =>
  [...of].sort(
    (a, b) =>
      Number(a.node.drainingSince === undefined) - Number(b.node.drainingSince === undefined) ||
      a.pods.length - b.pods.length ||
      (a.node.name < b.node.name ? -1 : 1),
  );

function roomOf({ name, allocatable }: Node, load: Load): Record<string, number> {
  const room = { ...allocatable };
  const used = load.used.get(name);
  if (used) for (const requests of [used.workload, used.overhead]) take(room, requests, 1);
  return room;
}

/** Takes the room that the pods would need elsewhere; false, with nothing taken, when there is not enough. */
function moveInto(rooms: readonly Record<string, number>[], pods: readonly Pod[]): boolean {
  const taken: [Record<string, number>, Resources][] = [];
  for (const { shape } of pods) {
    const free = rooms.find((room) => timesFitting(room, shape.requests) > 0);
    if (!free) {
      for (const [room, requests] of taken) take(room, requests, -1);
      return false;
    }
    take(free, shape.requests, 1);
    taken.push([free, shape.requests]);
  }
  return true;
}
