import { cronFault, isTimeZone, nextRun } from "../../common/cron";
import { type Schedule, type Shape } from "./model";
import { type RawCronJob } from "./raw";
import { readJob } from "./read-pods";

/** A CronJob as it is kept: its next time is told anew at each snapshot. */
export interface CronJob {
  readonly cron: string;
  readonly timeZone: string;
  /** What `@every` counts from, in milliseconds since 1970. */
  readonly since: number;
  readonly shape: Shape;
  /** Pods that its Job has at once. */
  readonly pods: number;
}

/** The CronJob controller makes a Job within seconds of its time, and the Job its pods: so long a time is not over, in milliseconds. */
const lateness = 30_000;

/** A CronJob as decisions see it; undefined for one that is suspended, or whose Jobs are made so, or whose times nobody can tell. */
export function readCronJob({ metadata, spec = {}, status }: RawCronJob, shapes?: Map<string, Shape>): CronJob | undefined {
  const { schedule: cron, timeZone = "Etc/UTC", suspend, jobTemplate } = spec;
  const { annotations } = jobTemplate?.metadata ?? {};
  const job = readJob({ metadata: { ...metadata, annotations }, spec: jobTemplate?.spec }, shapes);
  if (cron === undefined || suspend || !job?.shape || job.suspended || cronFault(cron) !== undefined || !isTimeZone(timeZone))
    return undefined;
  const { parallelism = 1, left = parallelism } = job;
  const since = Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp);
  return { cron, timeZone, since, shape: job.shape, pods: Math.min(parallelism, left) };
}

/** The times last told, which stay true until they have passed: to look for one may take as long as a decision. */
const told = new WeakMap<CronJob, number>();

/** When each CronJob makes its next Job, or has just made one. */
export const schedulesAt = (now: number, cronJobs: readonly CronJob[]): Schedule[] =>
  cronJobs.flatMap((cronJob) => {
    const from = now - lateness;
    const known = told.get(cronJob) ?? -Infinity;
    const next = known > from ? known : timeAfter(from, cronJob);
    told.set(cronJob, next);
    return next < Infinity ? [{ next, shape: cronJob.shape, pods: cronJob.pods }] : [];
  });

/** Milliseconds since 1970; infinite when there is no such time. */
const timeAfter = (from: number, { cron, timeZone, since }: CronJob): number =>
  nextRun(cron, timeZone, new Date(from), new Date(Math.min(since, from)))?.getTime() ?? Infinity;
