/** The CronJob of a batch Job, as it is in the cluster. */
import { randomUUID } from "node:crypto";
import { timestamp } from "../../common/text";
import { type Cluster, ClusterError, type CronJob } from "../../kubernetes/cluster";
import { nextRun } from "../../common/cron";
import { BatchError } from "../../common/errors";
import { annotations, labels } from "./manifest/marks";
import { type Parameters } from "../spec";
import { removeJobs, withdraw } from "./remove";

export type Names = Pick<Parameters, "namespace" | "name">;

/** When a scheduled Job runs. Times are ISO 8601 in UTC. */
export interface ScheduleStatus {
  readonly cron: string;
  readonly timeZone: string;
  /** Empty when it is paused, or when there is no such time. */
  readonly nextRun: string;
  /** Empty before the first time. */
  readonly lastRun: string;
  readonly lastSuccess: string;
  /** How many of its Jobs are at work. */
  readonly active: number;
}

/** Reads a schedule. Answers undefined without one. */
export async function readSchedule(cluster: Cluster, names: Names, now = new Date()): Promise<ScheduleStatus | undefined> {
  const cronJob = await findCronJob(cluster, names);
  if (!cronJob) return undefined;
  const { schedule: cron = "", timeZone = "Etc/UTC", suspend } = cronJob.spec;
  const { lastScheduleTime = "", lastSuccessfulTime = "", active = [] } = cronJob.status ?? {};
  const next = suspend
    ? undefined
    : nextRun(cron, timeZone, now, new Date(lastScheduleTime || (cronJob.metadata.creationTimestamp ?? now)));
  return {
    cron,
    timeZone,
    nextRun: next ? timestamp(next) : "",
    lastRun: lastScheduleTime,
    lastSuccess: lastSuccessfulTime,
    active: active.length,
  };
}

/**
 * Makes sure that a schedule, if there is one, starts nothing any more; a process that is about to resume it looks again. Its Jobs that are at work go on.
 * Answers the schedule's uid.
 */
export async function pauseSchedule(cluster: Cluster, names: Names): Promise<string | undefined> {
  const { uid } = (await findCronJob(cluster, names))?.metadata ?? {};
  // One that is suspended already would stay as it is without the annotation.
  const metadata = { uid, annotations: { [annotations.touched]: randomUUID() } };
  if (uid) await cluster.patch("cronjobs", names.namespace, names.name, { metadata, spec: { suspend: true } });
  return uid;
}

/** Deletes a schedule, if there is one, with its Jobs; resolves when they are gone. @param paused only the one with this uid, if nobody has resumed it */
export async function removeSchedule(cluster: Cluster, names: Names, paused?: string): Promise<void> {
  const cronJob = await findCronJob(cluster, names);
  if (!cronJob) return;
  if (paused === undefined) await removeJobs(cluster, [cronJob], "cronjobs");
  else if (cronJob.metadata.uid === paused && cronJob.spec.suspend) await withdraw(cluster, cronJob, "cronjobs");
}

/** The CronJob of a batch Job. One of that name that somebody else made is left alone; who may not read CronJobs has made none. */
export async function findCronJob(cluster: Cluster, { namespace, name }: Names): Promise<CronJob | undefined> {
  const cronJob = await cluster.get("cronjobs", namespace, name).catch((error: unknown) => {
    if (error instanceof ClusterError && error.status === 403) return undefined;
    throw error;
  });
  return cronJob?.metadata.labels?.[labels.job] === name ? cronJob : undefined;
}

export function checkOwner({ metadata }: CronJob, { namespace, name }: Names): void {
  if (metadata.labels?.[labels.job] === name) return;
  throw new BatchError(`name: there is a CronJob '${name}' in namespace '${namespace}' that is not ours; rename one of them`);
}
