import { type NodeTemplate } from "../node-template/template";
import { type Use } from "../state/history";
import { timesFitting } from "../state/resources";
import { type Shape, type Snapshot } from "../state/model";
import { mayRunOn } from "../state/matching";

/**
 * How long idle nodes are kept when they are billed by the second. To keep one costs its time; to let it go costs a boot when work comes again: a node
 * that boots is paid for, and somebody waits for it. This is the ski-rental problem, with what the pool has seen as its forecast.
 */

/** A user's wait for a boot counts as this part of what the boot costs. */
const worthOfWait = 0.25;

/** Every idle node is kept for this time: a Job that comes after another does so within seconds. Milliseconds. */
export const shortestIdle = 10_000;

/** No node is kept idle for longer than this, however long its flavor takes to boot. Milliseconds. */
export const longestIdle = 1_800_000;

/** Gaps that are remembered for each level. */
const memory = 10;

/** How much less each older gap counts. */
const decay = 0.8;

/** What it costs to boot a node again, in milliseconds of an idle node. @param boot from its order to Ready, in milliseconds */
export const costOfBoot = (boot: number): number => Math.min(longestIdle, boot * (1 + worthOfWait));

/**
 * The n-th level is whether a pool has work for n nodes or more: which of its nodes have it is the scheduler's choice, and does not matter. Follows when
 * each level came to its end, and how long it was until it was reached again.
 * @param known by level
 * @param inUse nodes that have work or will get it, ordered ones included
 * @param total these and the idle ones
 */
export function trackUses(known: readonly Use[] = [], inUse: number, total: number, now: number): readonly Use[] {
  const changed = known.some(({ idleSince }, level) => (idleSince === undefined) !== level < inUse);
  if (!changed && known.length >= total) return known;
  return Array.from({ length: Math.max(known.length, total) }, (_, level): Use => {
    const { gaps, idleSince } = known[level] ?? { gaps: [] };
    if (level >= inUse) return { gaps, idleSince: idleSince ?? now };
    return { gaps: idleSince === undefined ? gaps : [...gaps, now - idleSince].slice(-memory) };
  });
}

/**
 * How long to keep nodes from when they had no more work, in milliseconds: what would have cost least in the gaps that were seen, if the next were like one of
 * them, or had no end.
 * @param uses the levels of these nodes, which come and go together
 */
export function waitFor(uses: readonly Use[], cost: number): number {
  const gaps = uses.flatMap(({ gaps }) => gaps.map((gap, i) => ({ gap, weight: decay ** (gaps.length - 1 - i) })));
  const expected = (wait: number): number =>
    gaps.reduce((sum, { gap, weight }) => sum + weight * (gap <= wait ? gap : wait + cost), uses.length * wait);
  const waits = gaps.flatMap(({ gap }) => (gap > shortestIdle && gap < cost ? [gap] : []));
  const best = waits.reduce((least, wait) => (expected(wait) < expected(least) ? wait : least), shortestIdle);
  // Gaps are never quite the same.
  return best === shortestIdle ? best : Math.min(cost, 1.25 * best);
}

/** Why idle nodes are kept. */
export type KeepReason = UpcomingPods["why"] | "gaps" | "nothing-known";

/** What decides on a pool's idle nodes. */
export interface Keeping {
  /** The pool's levels; those from `inUse` on are idle. */
  readonly uses: readonly Use[];
  readonly inUse: number;
  /** What a boot costs, in milliseconds of an idle node. */
  readonly cost: number;
  /** Idle nodes for the pods that CronJobs make before a node could boot. */
  readonly scheduled: number;
  /** The same and those for the tasks that Jobs have left. */
  readonly needed: number;
}

/** Until when an idle node, or nodes that come and go together, are kept, in milliseconds since 1970. */
export interface Kept {
  readonly until: number;
  /** From the end of their work, in milliseconds. */
  readonly wait: number;
  readonly why: KeepReason;
  /** What a boot costs, in milliseconds of an idle node. */
  readonly cost: number;
}

/**
 * Until when nodes are kept: never for longer than a boot costs. That a Job has tasks left does not say that it can make their pods (a quota or an admission
 * webhook may refuse them). When a CronJob starts is known, and less than a boot costs away, so that nodes that were kept for something else are kept for it,
 * too; but not twice, for it may make no pods either.
 * @param first of the idle levels, from 0 on @param count how many of them go together
 */
export function keptUntil({ uses, inUse, cost, scheduled, needed }: Keeping, first: number, count = 1): Kept {
  const levels = uses.slice(inUse + first, inUse + first + count);
  const since = levels.reduce((latest, { idleSince = 0 }) => Math.max(latest, idleSince), 0);
  const kept = (wait: number, why: KeepReason): Kept => ({ until: since + wait, wait, why, cost });
  if (first < scheduled) return kept(Math.max(shortestIdle, Math.min(longestIdle, 2 * cost)), "schedule");
  if (first < needed) return kept(Math.max(shortestIdle, cost), "tasks-left");
  return kept(waitFor(levels, cost), levels.some(({ gaps }) => gaps.length > 0) ? "gaps" : "nothing-known");
}

const texts: Readonly<Record<KeepReason, string>> = {
  schedule: "a CronJob starts before a node could boot",
  "tasks-left": "Jobs have tasks left",
  gaps: "by the time that passed lately until work came again",
  "nothing-known": "work has not come again yet",
};

/** e.g. "idle nodes are kept for 95 s, where a boot costs 300 s: by the time that passed lately until work came again" */
export const describeKept = ({ wait, why, cost }: Kept): string =>
  `idle nodes are kept for ${Math.round(wait / 1000)} s, where a boot costs ${Math.round(cost / 1000)} s: ${texts[why]}`;

/** Pods that are not there yet and will be. */
export interface UpcomingPods {
  readonly shape: Shape;
  readonly pods: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly why: "schedule" | "tasks-left";
}

/**
 * The pods that CronJobs will make at their next time, and those that Jobs still have to make: of tasks that are left, as far as they may run at once.
 * @param counted uids of the Jobs whose tasks without pods count as pending pods
 */
export function upcomingPods({ now, pods, jobs = [], schedules = [] }: Snapshot, counted: ReadonlySet<string> = new Set()): UpcomingPods[] {
  const present = new Map<string, number>();
  for (const { job } of pods) if (job) present.set(job.uid, (present.get(job.uid) ?? 0) + 1);
  const left = jobs.flatMap(({ uid, shape, left = 0, parallelism = 0, suspended }): UpcomingPods[] => {
    const missing = Math.min(left, parallelism) - (present.get(uid) ?? 0);
    return shape && missing > 0 && !suspended && !counted.has(uid) ? [{ shape, pods: missing, at: now, why: "tasks-left" }] : [];
  });
  return [...left, ...schedules.map(({ shape, pods, next }): UpcomingPods => ({ shape, pods, at: next, why: "schedule" }))];
}

/** How many nodes like the forecast one the upcoming pods will take. */
export function nodesFor(upcoming: readonly UpcomingPods[], { place, room }: NodeTemplate): number {
  const share = upcoming.reduce((sum, { shape, pods }) => {
    const perNode = room && mayRunOn(shape, place) ? timesFitting(room, shape.requests) : 0;
    return perNode > 0 ? sum + pods / perNode : sum;
  }, 0);
  return Math.ceil(share - 1e-9);
}
