import { type Bin } from "../scheduling/fill";
import { type PodlessTasks, stallOf, stallPatience } from "../scheduling/podless";
import { type Stall } from "../state/history";

/**
 * Follows the batch Jobs that make no pods although they may: their spec allows more, or a node that is Ready has room for a task without a pod. For a while their
 * tasks order nodes and keep them; a Job whose pods a quota refuses would do so for ever.
 * @param present the nodes that there are, with the tasks that were placed on them
 * @returns `stalls`: by uid of the Job, for the next decision
 */
export function trackStalls(
  all: readonly PodlessTasks[],
  present: readonly Bin[],
  known: ReadonlyMap<string, Stall>,
  now: number,
): { readonly stalls: ReadonlyMap<string, Stall>; readonly wakeTimes: readonly number[] } {
  const stalls = new Map<string, Stall>();
  const haveRoom = all.length > 0 ? placedNow(present, now) : new Set<string>();
  for (const of of all) {
    const { uid, window } = of.job;
    const stall = stallOf(of, known);
    // Its tasks are placed no more, so that nothing else tells of room.
    const isOver = stall !== undefined && now - stall.since >= stallPatience;
    if (isOver || of.unmade > 0 || haveRoom.has(uid)) stalls.set(uid, stall ?? { since: now, live: of.live, window });
  }
  return { stalls, wakeTimes: [...stalls.values()].map(({ since }) => since + stallPatience) };
}

/** Uids of the Jobs of which a task without a pod has room on a node that is Ready. */
function placedNow(present: readonly Bin[], now: number): Set<string> {
  const uids = new Set<string>();
  for (const { taken, readyAt } of present) if (readyAt <= now) for (const { podless, job } of taken) if (podless && job) uids.add(job.uid);
  return uids;
}
