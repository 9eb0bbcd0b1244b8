import { type Forecast } from "../node-template/forecast";
import { mayRunOn } from "../state/matching";
import { type Shape, type Snapshot } from "../state/model";
import { timesFitting } from "../state/resources";

/** Pods that are not there yet and will be. */
export interface Upcoming {
  readonly shape: Shape;
  readonly pods: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly why: "schedule" | "tasks-left";
}

/** The pods that CronJobs will make at their next time, and those that Jobs still have to make: of tasks that are left, as far as they may run at once. */
export function upcomingPods({ now, pods, jobs = [], schedules = [] }: Snapshot): Upcoming[] {
  const present = new Map<string, number>();
  for (const { job } of pods) if (job) present.set(job.uid, (present.get(job.uid) ?? 0) + 1);
  const left = jobs.flatMap(({ uid, shape, left = 0, parallelism = 0, suspended }): Upcoming[] => {
    const missing = Math.min(left, parallelism) - (present.get(uid) ?? 0);
    return shape && missing > 0 && !suspended ? [{ shape, pods: missing, at: now, why: "tasks-left" }] : [];
  });
  return [...left, ...schedules.map(({ shape, pods, next }): Upcoming => ({ shape, pods, at: next, why: "schedule" }))];
}

/** How many nodes like the forecast one the upcoming pods will take. */
export function nodesFor(upcoming: readonly Upcoming[], { place, room }: Forecast): number {
  const share = upcoming.reduce((sum, { shape, pods }) => {
    const perNode = room && mayRunOn(shape, place) ? timesFitting(room, shape.requests) : 0;
    return perNode > 0 ? sum + pods / perNode : sum;
  }, 0);
  return Math.ceil(share - 1e-9);
}
