import { type History, type Sighting, type Slot } from "./history";
import { type Node, type Pool, type Snapshot, type Times } from "./model";
import { type CompleteRules } from "./rules";
import { observe } from "./times";

/** A pool with its nodes, as one snapshot and what was seen before show it. */
export interface PoolView {
  readonly pool: Pool;
  readonly nodes: readonly Node[];
  /** Drained nodes that OVHcloud has been told to remove, or may choose to: the pool has more nodes than desired. */
  readonly leaving: ReadonlySet<Node>;
  /** Nodes that did not become Ready in time, or are not any more, and that others were ordered for. */
  readonly broken: ReadonlySet<Node>;
  /** How many nodes were ordered and have not shown up. */
  readonly inFlight: number;
  /** These nodes, the oldest order first. */
  readonly slots: readonly Slot[];
  /** Those of them that are expected, the oldest first: the others were given up, or OVHcloud refuses them. */
  readonly expected: readonly Slot[];
}

export interface Fleet {
  readonly views: readonly PoolView[];
  readonly sightings: ReadonlyMap<string, Sighting>;
  readonly boots: ReadonlyMap<string, Times>;
  /** When pools last gave nodes up, by pool name; milliseconds since 1970. */
  readonly givenUp: ReadonlyMap<string, readonly number[]>;
  /** When time alone brings news, in milliseconds since 1970. */
  readonly wakeTimes: readonly number[];
}

/**
 * Sees each pool's nodes, present and on their way, one by one: an order is remembered until its node joins, a node until it is Ready. What takes
 * too long is given up, so that another is ordered in its place, but of a tenth of a pool within the boot timeout at most.
 */
export function viewFleet(snapshot: Snapshot, history: History, rules: CompleteRules): Fleet {
  const { now } = snapshot;
  const sightings = new Map<string, Sighting>();
  const givenUp = new Map<string, readonly number[]>();
  const wakeTimes: number[] = [];
  let boots = history.boots;
  const byPool = new Map<string, Node[]>();
  for (const node of snapshot.nodes) {
    if (node.deleting || node.pool === undefined) continue;
    const list = byPool.get(node.pool);
    if (list) list.push(node);
    else byPool.set(node.pool, [node]);
  }

  const views = snapshot.pools.flatMap((pool): PoolView[] => {
    if (pool.deleting) return [];
    const nodes = byPool.get(pool.name) ?? [];
    const leaving = leavingNodes(pool, nodes, snapshot, history, rules);
    const inFlight = Math.max(0, pool.desired - (nodes.length - leaving.size));
    const newcomers = history.nodes ? nodes.filter(({ name }) => !history.nodes?.has(name)) : [];
    const { kept, joined } = trackSlots(
      history.slots.get(pool.name) ?? [],
      inFlight,
      newcomers.length,
      // Whoever ordered what is not remembered did so before this decision.
      history.nodes ? now - 1 : (pool.orderedAt ?? now - 1),
    );

    const times = (history.givenUp.get(pool.name) ?? []).filter((time) => now - time < rules.bootTimeout);
    const limit = bootLimit(history.boots.get(pool.flavor), rules);
    let budget = Math.max(1, Math.ceil((pool.desired - times.length) / 10)) - times.length;
    /** Gives something up that is due, if the budget allows it. */
    const giveUp = (due: number): number | undefined => {
      if (due > now) wakeTimes.push(due);
      if (due > now || budget <= 0) return undefined;
      budget -= 1;
      times.push(now);
      return now;
    };

    const broken = new Set<Node>();
    for (const node of nodes) {
      const seen = history.nodes?.get(node.name);
      const orderedAt = seen?.orderedAt ?? joined[newcomers.indexOf(node)];
      if (node.ready) {
        if (orderedAt !== undefined && !seen?.ready && node.flavor !== undefined)
          boots = new Map(boots).set(node.flavor, observe(boots.get(node.flavor), now - orderedAt));
        sightings.set(node.name, { orderedAt: undefined, ready: true });
        continue;
      }
      const since = Math.max((orderedAt ?? node.createdAt) + limit, (node.notReadySince ?? node.createdAt) + rules.unreadyTimeout);
      const givenUpAt = seen?.givenUpAt ?? (leaving.has(node) ? undefined : giveUp(since));
      if (givenUpAt !== undefined) broken.add(node);
      sightings.set(node.name, { orderedAt, ready: seen?.ready ?? false, ...(givenUpAt !== undefined && { givenUpAt }) });
    }
    const judged = kept.map((slot) => {
      const givenUpAt = slot.givenUpAt ?? giveUp(slot.orderedAt + limit);
      return givenUpAt === undefined ? slot : { ...slot, givenUpAt };
    });
    givenUp.set(pool.name, times);
    return [{ pool, nodes, leaving, broken, inFlight, slots: judged, expected: expectedSlots(pool, nodes.length - leaving.size, judged) }];
  });
  return { views, sightings, boots, givenUp, wakeTimes };
}

function leavingNodes(pool: Pool, nodes: readonly Node[], { now }: Snapshot, history: History, rules: CompleteRules): Set<Node> {
  const asked = new Set(nodes.filter(({ name }) => now - (history.removalAsked.get(name) ?? -Infinity) < rules.removalRetry));
  // Nodes beyond those: who asked for them to go was an earlier life, or somebody else.
  const surplus = nodes.length - asked.size > pool.desired;
  return new Set(nodes.filter((node) => asked.has(node) || (surplus && node.drainingSince !== undefined)));
}

/**
 * Brings the remembered orders to the number of nodes in flight.
 * @param since when those were ordered that are not remembered
 * @returns `joined`: the order times of the nodes that have come
 */
function trackSlots(
  known: readonly Slot[],
  inFlight: number,
  newcomers: number,
  since: number,
): { kept: readonly Slot[]; joined: readonly number[] } {
  // Whoever comes is rather the one that was ordered for a node given up than that one.
  const queue = [...known.filter(({ givenUpAt }) => givenUpAt === undefined), ...known.filter(({ givenUpAt }) => givenUpAt !== undefined)];
  const joined = queue.splice(0, newcomers).map((slot) => slot.orderedAt);
  const kept = queue.slice(0, inFlight);
  while (kept.length < inFlight) kept.push({ orderedAt: since });
  return { kept, joined };
}

/** Of the slots, those that OVHcloud has not refused. */
function expectedSlots(pool: Pool, staying: number, slots: readonly Slot[]): readonly Slot[] {
  const waiting = slots.filter(({ givenUpAt }) => givenUpAt === undefined);
  if (pool.problem === undefined) return waiting;
  return waiting.slice(0, Math.max(0, (grantedTo(pool) ?? 0) - staying));
}

/** Boots that have to be seen before they shorten the time that a node is waited for, and the shortest such time in milliseconds. */
const fewestBoots = 5;
const shortestWait = 300_000;

/** How long a node of the flavor may take from its order to Ready: twice what was long so far, within the boot timeout. */
function bootLimit(boots: Times | undefined, { bootTimeout }: CompleteRules): number {
  if (!boots || boots.count < fewestBoots) return bootTimeout;
  return Math.min(bootTimeout, Math.max(shortestWait, 2 * (boots.mean + 2 * boots.deviation)));
}

/** How many nodes OVHcloud has made for a pool, without those that cannot come up; undefined when it has not told. */
export function grantedTo({ granted, failed = [] }: Pool): number | undefined {
  return granted === undefined ? undefined : granted - failed.length;
}
