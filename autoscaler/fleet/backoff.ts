import { type PoolView } from "./fleet";
import { type Backoff, type History } from "../state/history";
import { type Pool } from "../state/model";
import { type CompleteRules, defaultRules, type Rules } from "../state/rules";
import { grantedTo } from "./upcoming-nodes";

/** How far a pool may grow. */
export interface Growth {
  /** How many more nodes may be ordered. */
  readonly headroom: number;
  /** OVHcloud refused nodes lately, or its newest nodes do not come up: only if no other pool helps. */
  readonly doubtful: boolean;
}

/** Remembers which pools OVHcloud refuses nodes, so that they are not asked for again and again, by pool name. */
export function trackBackoffs(views: readonly PoolView[], history: History, now: number, rules: CompleteRules): Map<string, Backoff> {
  const backoffs = new Map<string, Backoff>();
  for (const view of views) {
    const backoff = nextBackoff(view, history.backoffs.get(view.pool.name), now, rules);
    if (backoff) backoffs.set(view.pool.name, backoff);
  }
  return backoffs;
}

function nextBackoff(
  { pool, nodes, leaving, inFlight }: PoolView,
  known: Backoff | undefined,
  now: number,
  rules: CompleteRules,
): Backoff | undefined {
  const [, longest] = rules.backoffDelays;
  const got = Math.max(grantedTo(pool) ?? 0, nodes.length - leaving.size);
  const refusal = pool.problem !== undefined && inFlight > 0 && got < pool.desired;
  if (!refusal) {
    const lifted = known && got >= known.refused;
    // Nobody has asked for so long that nothing is known any more.
    const stale = known && now > known.until + 2 * longest;
    return lifted || stale ? undefined : known;
  }
  return backoffOf(known, pool.desired, pool.problem ?? "", now, rules);
}

/** The backoff of a pool that is refused a size, now or still. */
function backoffOf(known: Backoff | undefined, refused: number, reason: string, now: number, { backoffDelays }: CompleteRules): Backoff {
  const [first, longest] = backoffDelays;
  if (!known) return { reason, since: now, refused, until: now + first, delay: first };
  if (known.refused === refused && now < known.until) return { ...known, reason };
  // On the way to what OVHcloud grants smaller sizes are tried, and the wait begins with the last one.
  if (now < known.until) {
    return { ...known, reason, since: now, refused: Math.min(known.refused, refused), until: now + known.delay };
  }
  const delay = Math.min(known.delay * 2, longest);
  return { reason, since: known.refused === refused ? known.since : now, refused, until: now + delay, delay };
}

/** The history when the API would not take a pool's new size, e.g. a webhook or the lack of a right refuses it. */
export function withRefusal(history: History, { name }: Pool, refused: number, reason: string, now: number, given: Rules): History {
  const backoff = backoffOf(history.backoffs.get(name), refused, reason, now, { ...defaultRules, ...given });
  return { ...history, backoffs: new Map([...history.backoffs, [name, backoff]]) };
}

/**
 * How far a pool may grow: to its maximum, or while OVHcloud refuses it nodes: half of the way to the size refused, once it has the size before, so
 * that few requests find what is granted; then not at all for a growing while; and then to that size, to see whether it is granted by now.
 */
export function growthOf({ pool, nodes, leaving, inFlight, failing }: PoolView, backoff: Backoff | undefined, now: number): Growth {
  // A node that leaves is one of the pool's until it is gone.
  const headroom = pool.autoscale ? 0 : Math.max(0, pool.max - Math.max(pool.desired, nodes.length));
  if (!backoff) return { headroom, doubtful: failing };
  const standing = pool.problem !== undefined && inFlight > 0;
  const granted = grantedTo(pool) ?? nodes.length - leaving.size;
  if (standing || granted < pool.desired) return { headroom: 0, doubtful: true };
  const next = now < backoff.until ? Math.floor((pool.desired + backoff.refused) / 2) : backoff.refused;
  return { headroom: Math.min(headroom, Math.max(0, next - pool.desired)), doubtful: now < backoff.until };
}

/** The size to take an order back to that OVHcloud refuses; undefined when there is nothing to take back. */
export function withdrawal(view: PoolView, backoff: Backoff | undefined, now: number, rules: CompleteRules): number | undefined {
  const { pool, nodes, leaving, upcomingNodes } = view;
  const granted = grantedTo(pool);
  // Without OVHcloud's own number, nodes that boot could be taken back too; nodes that failed are removed by name.
  if (!backoff || pool.problem === undefined || granted === undefined || pool.failed?.length) return undefined;
  if (now < backoff.since + rules.backoffSettle) return undefined;
  // That number may be late: earlier orders, which were not refused, stand.
  const latest = Math.max(...upcomingNodes.map(({ orderedAt }) => orderedAt));
  const earlier = upcomingNodes.filter(({ orderedAt }) => orderedAt < latest).length;
  const size = Math.max(pool.min, granted, nodes.length - leaving.size + earlier);
  return size < pool.desired ? size : undefined;
}
