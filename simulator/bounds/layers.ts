import { bootSecondsOf, isBroken } from "../cluster/cloud";
import { type Model } from "../cluster/instances";
import { type Trace } from "../traces/trace";

/** A load, or a number of nodes, from each time on (milliseconds since 1970); the last one is 0. */
export type Profile = readonly { readonly time: number; readonly level: number }[];

export interface Layers {
  /** How much was started. */
  readonly starts: number;
  /** Level times milliseconds for which it was there. */
  readonly time: number;
}

/**
 * Cuts a profile into its levels: each is reached for some stretches of time, and in the gaps between them what it stands for stays, or leaves and comes
 * back.
 * @param least up to this level everything is always there, and not counted
 * @param stays whether it stays through a gap of so many milliseconds
 */
export function layersOf(profile: Profile, least: number, stays: (gap: number) => boolean): Layers {
  let [starts, time] = [0, 0];
  /** Levels above the current one that were reached before, the lowest last. */
  const left: { to: number; at: number }[] = [];
  let level = least;
  let since = profile[0]?.time ?? 0;
  for (const { time: now, level: next } of profile) {
    time += (level - least) * (now - since);
    since = now;
    const to = Math.max(least, next);
    if (to < level) left.push({ to: level, at: now });
    for (let reached = level; reached < to;) {
      const gap = left.at(-1);
      const upTo = Math.min(to, gap?.to ?? Infinity);
      if (gap && stays(now - gap.at)) time += (upTo - reached) * (now - gap.at);
      else starts += upTo - reached;
      if (gap && upTo === gap.to) left.pop();
      reached = upTo;
    }
    level = to;
  }
  return { starts, time };
}

/**
 * What it costs at least to have a node of the pool more, beside the time for which it is there: its boot and its removal, in milliseconds. The n-th
 * node of a pool boots as long under every policy, so that of many nodes the average is known.
 * @param fewest nodes that have to be ordered
 */
export function bootCost(trace: Trace, { pool }: Model, fewest: number): number {
  const removal = trace.removalSeconds * 1000;
  const least = Math.max(1, fewest);
  let [sum, good, cheapest] = [0, 0, Infinity];
  for (let ordinal = pool.minNodes; good < least + 5_000; ordinal++) {
    const broken = isBroken(trace, pool.name, ordinal) !== undefined;
    sum += removal + (broken ? 0 : bootSecondsOf(trace, pool, ordinal) * 1000);
    if (broken) continue;
    good++;
    if (good >= least) cheapest = Math.min(cheapest, sum / good);
  }
  return cheapest;
}
