import { type UpcomingNode } from "../state/history";
import { type Pool } from "../state/model";

/**
 * Brings the remembered orders to the number of nodes in flight.
 * @param since when those were ordered that are not remembered
 * @returns `joined`: the order times of the nodes that have come
 */
export function trackUpcomingNodes(
  known: readonly UpcomingNode[],
  inFlight: number,
  newcomers: number,
  since: number,
): { kept: readonly UpcomingNode[]; joined: readonly number[] } {
  // Whoever comes is rather the one that was ordered for a node given up than that one.
  const queue = [...known.filter(({ givenUpAt }) => givenUpAt === undefined), ...known.filter(({ givenUpAt }) => givenUpAt !== undefined)];
  const joined = queue.splice(0, newcomers).map((upcoming) => upcoming.orderedAt);
  const kept = queue.slice(0, inFlight);
  while (kept.length < inFlight) kept.push({ orderedAt: since });
  return { kept, joined };
}

/** Returns the upcoming nodes that are neither given up nor refused by OVHcloud. @param staying how many nodes the pool has and keeps */
export function expectedNodes(pool: Pool, staying: number, upcomingNodes: readonly UpcomingNode[]): readonly UpcomingNode[] {
  const waiting = upcomingNodes.filter(({ givenUpAt }) => givenUpAt === undefined);
  if (pool.problem === undefined) return waiting;
  return waiting.slice(0, Math.max(0, (grantedTo(pool) ?? 0) - staying));
}

/** How many of the nodes desired OVHcloud has made for a pool, without those that cannot come up; undefined when it has not told. */
export function grantedTo({ granted, desired, failed = [] }: Pool): number | undefined {
  // Nodes that are being removed, failed ones too, count in its number until they are gone.
  return granted === undefined ? undefined : Math.min(desired, granted - failed.length);
}
