import { mayRunOn, type Place } from "../state/matching";
import { durationsOf } from "../state/times";
import { type Resources, type Shape, type Snapshot } from "../state/model";
import { timesFitting } from "../state/resources";

/** A running pod that will have finished at a time that is likely, in milliseconds since 1970. */
interface Release {
  readonly place: Place;
  readonly requests: Resources;
  readonly at: number;
  used: boolean;
}

/** The pods of a node that end soon enough. */
export type Releases = readonly Release[];

/**
 * The running pods of which is known how long they likely run. One that runs longer than was likely is left out: nobody knows when it ends.
 * @param places the Ready nodes by name
 */
export function releases(snapshot: Snapshot, places: ReadonlyMap<string, Place>): Release[] {
  const durationOf = durationsOf(snapshot);
  return snapshot.pods.flatMap((pod) => {
    const place = pod.node === undefined ? undefined : places.get(pod.node);
    if (!place || pod.startedAt === undefined || !pod.isWorkload) return [];
    const at = pod.startedAt + (durationOf(pod) ?? -Infinity);
    return at > snapshot.now ? [{ place, requests: pod.shape.requests, at, used: false }] : [];
  });
}

/**
 * How many pods of a shape will start on nodes that there are before a new node could be Ready, at the `horizon`: in the place of
 * pods that finish, and of the pods that follow these. So many need no new node.
 * @param duration how long a pod of the shape runs; undefined when that is not known
 * @param wanted no more are looked for
 */
export function turnover(all: Releases, shape: Shape, duration: number | undefined, horizon: number, wanted: number): number {
  let found = 0;
  for (const release of all) {
    if (found >= wanted) break;
    if (release.used || release.at > horizon) continue;
    const fits = timesFitting(release.requests, shape.requests);
    if (fits === 0 || !mayRunOn(shape, release.place)) continue;
    release.used = true;
    found += fits * (1 + rounds(horizon - release.at, duration));
  }
  return Math.min(found, wanted);
}

/** How many pods run one after the other within a time. */
export const rounds = (time: number, duration: number | undefined): number =>
  duration === undefined || time <= 0 ? 0 : Math.floor(time / Math.max(1, duration));
