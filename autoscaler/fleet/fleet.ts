import { BootTimeouts } from "./boot-timeout";
import { type History, type OrderOutcome, type ObservedNode, type UpcomingNode } from "../state/history";
import { type Node, type Pool, type Snapshot, type Times } from "../state/model";
import { bootTimeoutOf, type CompleteRules } from "../state/rules";
import { expectedNodes, trackUpcomingNodes } from "./upcoming-nodes";
import { observe } from "../state/times";

/** How long a node that is Ready may take to get all its labels and lose its first taints, in milliseconds. */
const youth = 300_000;

/** A pool with its nodes, as one snapshot and what was seen before show it. */
export interface PoolView {
  readonly pool: Pool;
  readonly nodes: readonly Node[];
  /** Drained nodes that OVHcloud has been told to remove, or may choose to: the pool has more nodes than desired. */
  readonly leaving: ReadonlySet<Node>;
  /** Nodes that did not become Ready in time, or are not any more, and that others were ordered for. */
  readonly broken: ReadonlySet<Node>;
  /** How many more are as late, and get no others in their place: too many of the pool's nodes were given up. */
  readonly overdue: number;
  /** How many nodes were ordered and have not shown up. */
  readonly inFlight: number;
  /** These nodes, the oldest order first. */
  readonly upcomingNodes: readonly UpcomingNode[];
  /** Those of them that are expected, the oldest first: the others were given up, or OVHcloud refuses them. */
  readonly expected: readonly UpcomingNode[];
  readonly outcome: OrderOutcome;
  /** Its newest nodes do not come up, none of them. */
  readonly failing: boolean;
}

export interface Fleet {
  readonly views: readonly PoolView[];
  readonly observedNodes: ReadonlyMap<string, ObservedNode>;
  readonly boots: ReadonlyMap<string, Times>;
  /** When pools last gave nodes up, by pool name; milliseconds since 1970. */
  readonly givenUp: ReadonlyMap<string, readonly number[]>;
  /** When time alone brings news, in milliseconds since 1970. */
  readonly wakeTimes: readonly number[];
}

/** A node that has become Ready. */
interface Boot {
  readonly flavor: string;
  readonly orderedAt: number;
  /** From order to Ready, in milliseconds. */
  readonly took: number;
}

/** What a decision sees of a pool, and what the next one has to know. */
interface Seen {
  readonly view: PoolView;
  readonly observedNodes: ReadonlyMap<string, ObservedNode>;
  /** The nodes that have become Ready. */
  readonly booted: readonly Boot[];
  readonly bootTimeouts: BootTimeouts;
}

/**
 * Sees each pool's nodes, present and on their way, one by one: an order is remembered until its node joins, a node until it is Ready. What takes
 * too long is given up, so that another is ordered in its place, at a bounded rate.
 * @param busy names of the nodes with a workload pod
 */
export function viewFleet(snapshot: Snapshot, history: History, rules: CompleteRules, busy: ReadonlySet<string>): Fleet {
  const byPool = nodesByPool(snapshot.nodes);
  const pools = snapshot.pools.filter(({ deleting }) => !deleting);
  const seen = pools.map((pool) => viewPool(pool, byPool.get(pool.name) ?? [], snapshot.now, history, rules, busy));
  return {
    views: seen.map(({ view }) => view),
    observedNodes: new Map(seen.flatMap(({ observedNodes }) => [...observedNodes])),
    boots: withBoots(
      history.boots,
      seen.flatMap(({ booted }) => booted),
    ),
    givenUp: new Map(seen.map(({ view, bootTimeouts }) => [view.pool.name, bootTimeouts.times])),
    wakeTimes: seen.flatMap(({ bootTimeouts }) => bootTimeouts.wakeTimes),
  };
}

function nodesByPool(nodes: readonly Node[]): Map<string, Node[]> {
  const byPool = new Map<string, Node[]>();
  for (const node of nodes) {
    if (node.deleting || node.pool === undefined) continue;
    const list = byPool.get(node.pool);
    if (list) list.push(node);
    else byPool.set(node.pool, [node]);
  }
  return byPool;
}

function viewPool(
  pool: Pool,
  nodes: readonly Node[],
  now: number,
  history: History,
  rules: CompleteRules,
  busy: ReadonlySet<string>,
): Seen {
  const leaving = leavingNodes(pool, nodes, now, history, rules);
  const staying = nodes.length - leaving.size;
  const inFlight = Math.max(0, pool.desired - staying);
  const { kept, orderedAt } = followOrders(pool, nodes, inFlight, now, history);
  const known = nodes.flatMap(({ name, ready }) => (ready ? [] : (history.nodes?.get(name) ?? [])));
  const there = [...kept, ...known].flatMap(({ givenUpAt = [] }) => givenUpAt);
  const bootTimeouts = new BootTimeouts(pool, history, there, now, rules);
  const givenUp = (node: Node, ordered: number | undefined): number | undefined => {
    const seen = history.nodes?.get(node.name);
    if (node.ready) return undefined;
    return seen?.givenUpAt ?? (leaving.has(node) ? undefined : bootTimeouts.takeNode(node, ordered, seen?.ready ?? false));
  };
  const observedNodes = new Map(
    nodes.map((node) => {
      const ordered = node.ready ? undefined : orderedAt.get(node.name);
      const observed: ObservedNode = { ...sight(node, now, history, busy.has(node.name)), orderedAt: ordered };
      return [node.name, judged(observed, givenUp(node, ordered))] as const;
    }),
  );
  const upcomingNodes = kept.map((upcoming) => judged(upcoming, upcoming.givenUpAt ?? bootTimeouts.takeUpcoming(upcoming)));
  const broken = new Set(nodes.filter(({ name }) => observedNodes.get(name)?.givenUpAt !== undefined));
  const booted = bootTimes(nodes, orderedAt, now, history);
  const outcome = outcomeOf(history.outcomes.get(pool.name), booted, [...upcomingNodes, ...observedNodes.values()]);
  const failing = outcome.failed > outcome.came && now - outcome.failedAt < bootTimeoutOf(pool.flavor, rules);
  const expected = expectedNodes(pool, staying, upcomingNodes);
  const view = { pool, nodes, leaving, broken, overdue: bootTimeouts.overdue, inFlight, upcomingNodes, expected, outcome, failing };
  return { view, observedNodes, booted, bootTimeouts };
}

/** Tells the nodes that have joined from those that are still on their way. @returns `orderedAt`: by node name, for nodes that were seen from their order on */
function followOrders(pool: Pool, nodes: readonly Node[], inFlight: number, now: number, history: History) {
  const newcomers = history.nodes ? nodes.filter(({ name }) => !history.nodes?.has(name)) : [];
  // Whoever ordered what is not remembered did so before this decision.
  const since = history.nodes ? now - 1 : (pool.orderedAt ?? now - 1);
  const { kept, joined } = trackUpcomingNodes(history.upcomingNodes.get(pool.name) ?? [], inFlight, newcomers.length, since);
  const orders = nodes.map(({ name }) => [name, history.nodes?.get(name)?.orderedAt] as const);
  const orderedAt = new Map([...orders, ...newcomers.map(({ name }, i) => [name, joined[i]] as const)]);
  return { kept, orderedAt };
}

type OrderTimes = ReadonlyMap<string, number | undefined>;

/** What a node was seen to be, now and before. */
function sight(node: Node, now: number, history: History, busy: boolean): Omit<ObservedNode, "orderedAt" | "givenUpAt"> {
  const seen = history.nodes?.get(node.name);
  const readySince = seen?.ready ? seen.readySince : node.ready && history.nodes ? now : undefined;
  const settled = node.ready && now - (readySince ?? node.createdAt) >= youth;
  return {
    ready: node.ready || (seen?.ready ?? false),
    readySince,
    used: busy || (seen?.used ?? false),
    taints: seen?.taints ?? (settled ? node.taints : undefined),
  };
}

const judged = <T extends UpcomingNode | ObservedNode>(one: T, givenUpAt: number | undefined): T =>
  givenUpAt === undefined ? one : { ...one, givenUpAt };

/** The nodes that have become Ready now. */
function bootTimes(nodes: readonly Node[], orderedAt: OrderTimes, now: number, history: History): Boot[] {
  return nodes.flatMap(({ name, ready, flavor }) => {
    const ordered = orderedAt.get(name);
    const isNew = ready && !history.nodes?.get(name)?.ready;
    return isNew && ordered !== undefined && flavor !== undefined ? [{ flavor, orderedAt: ordered, took: now - ordered }] : [];
  });
}

function leavingNodes(pool: Pool, nodes: readonly Node[], now: number, history: History, rules: CompleteRules): Set<Node> {
  const asked = new Set(nodes.filter(({ name }) => now - (history.removalAsked.get(name) ?? -Infinity) < rules.removalRetry));
  // Nodes beyond those: who asked for them to go was an earlier life, or somebody else.
  const surplus = nodes.length - asked.size > pool.desired;
  return new Set(nodes.filter((node) => asked.has(node) || (surplus && node.drainingSince !== undefined)));
}

const nothing: OrderOutcome = { came: -Infinity, failed: -Infinity, failedAt: -Infinity };

function outcomeOf(known = nothing, booted: readonly Boot[], ones: readonly (UpcomingNode | ObservedNode)[]): OrderOutcome {
  let { came, failed, failedAt } = known;
  for (const { orderedAt } of booted) came = Math.max(came, orderedAt);
  for (const { orderedAt, givenUpAt } of ones) {
    if (orderedAt === undefined || givenUpAt === undefined) continue;
    failed = Math.max(failed, orderedAt);
    failedAt = Math.max(failedAt, givenUpAt);
  }
  return { came, failed, failedAt };
}

function withBoots(known: History["boots"], booted: readonly Boot[]): History["boots"] {
  if (booted.length === 0) return known;
  const boots = new Map(known);
  for (const { flavor, took } of booted) boots.set(flavor, observe(boots.get(flavor), took));
  return boots;
}
