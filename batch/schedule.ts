/**
 * Running a batch Job at certain times: a CronJob whose Jobs are like any other of that name, so that everything else finds, records and cancels them.
 * Each of them runs all tasks that there were when the schedule was last updated.
 */
import { type Cluster, ClusterError, type CronJob } from "./cluster";
import { nextRun } from "./cron";
import { BatchError } from "./errors";
import { createOwned, type Run } from "./launch";
import { cronManifests, labels, selector } from "./manifest";
import { type Parameters } from "./parameters";
import { mergePatch } from "./patch";
import { preflight } from "./preflight";
import { saveJob } from "./registry";
import { removeJobs } from "./remove";
import { type Result } from "./result";
import { plural, timestamp } from "../common/text";
import { openSession, type Session, type Surroundings } from "./session";
import { settle } from "./settle";
import { tolerating } from "./tolerations";
import { harvestRuns, watchRuns } from "./watch";

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

export interface ScheduledResult extends Omit<Result, "status"> {
  readonly status: "scheduled";
  /** Undefined when there is no task, and so no schedule. */
  readonly schedule: ScheduleStatus | undefined;
}

type Names = Pick<Parameters, "namespace" | "name">;
type Scheduled = Parameters & { readonly schedule: NonNullable<Parameters["schedule"]> };

export const isScheduled = (parameters: Parameters): parameters is Scheduled => parameters.schedule !== undefined;

/**
 * Creates or updates the schedule, and records what its Jobs have come to so far. Jobs of it that are at work go on as they are. May be cut off at any point
 * and called again: the CronJob is suspended until its ConfigMaps are there, and goes on with the old tasks until the new ones are.
 *
 * @throws {BatchError} when the tasks could never start.
 */
export async function schedule(parameters: Scheduled, surroundings: Surroundings): Promise<ScheduledResult> {
  const { cluster, store, say, submittedBy = "pulumi", owner } = surroundings;
  const session = await openSession(parameters, surroundings);
  const { tasks } = session;
  const end = await settleOthers(session, parameters, surroundings);
  if (tasks.length === 0) {
    say("there are no tasks: nothing is scheduled");
    await removeSchedule(cluster, parameters);
  } else {
    await preflight(cluster, parameters, [parameters.memory], session.pool);
    await apply(cluster, { ...parameters, ...tolerating(parameters, await session.pool.facts()) }, session);
  }
  await saveJob(store, parameters, submittedBy, owner);
  const status = await readSchedule(cluster, parameters);
  if (status) say(`${plural(tasks.length, "task")} at each time of "${status.cron}" (${status.timeZone}), next at ${status.nextRun}`);
  return scheduledResult(await session.close(end), status);
}

/** The status to show of a Job: before its first time a schedule has nothing to show, and that is in order, as long as it has another time. */
export const statusWith = <T extends string>(status: T, schedule: ScheduleStatus | undefined): T | "scheduled" =>
  schedule?.nextRun && status === "unfinished" ? "scheduled" : status;

/** What a scheduled Job came to at its last time. */
export const scheduledResult = ({ reason: _unfinished, ...result }: Result, schedule: ScheduleStatus | undefined): ScheduledResult => ({
  ...result,
  status: "scheduled",
  schedule,
});

/** Records what has ended. Waits for a Job that was launched before there was a schedule: no task may run twice at the same time. */
async function settleOthers(
  session: Session,
  parameters: Parameters,
  { cluster, say, onProgress }: Surroundings,
): Promise<{ atWork: readonly Run[] }> {
  const { recorder } = session;
  const {
    atWork: known,
    first,
    attempted,
  } = await settle({ cluster, parameters, session, wishes: undefined, say: () => undefined, warn: say });
  session.attempt(attempted);
  const atWork = [...known, ...first];
  const [own, others] = [true, false].map((is) => atWork.filter(({ job }) => (job.metadata.labels?.[labels.scheduled] === "true") === is));
  if (own!.length > 0) await harvestRuns(own!, cluster, parameters, recorder);
  if (others!.length > 0) {
    say(`${others!.map(({ job }) => `Job ${job.metadata.name}`).join(", ")} is at work: the schedule begins when it has ended`);
    await watchRuns(others!, { cluster, parameters, recorder, onProgress, removable: others });
  }
  return { atWork: own! };
}

async function apply(cluster: Cluster, parameters: Scheduled, { tasks }: Session): Promise<void> {
  const { cronJob, configMaps, run } = cronManifests(parameters, parameters.schedule, tasks);
  const { name, namespace = "" } = cronJob.metadata;
  const existing = (await cluster.create("cronjobs", cronJob)) ?? (await cluster.get("cronjobs", namespace, name));
  if (!existing || existing.metadata.deletionTimestamp) throw new BatchError(`the schedule '${name}' is being deleted; try again`);
  checkOwner(existing, parameters);
  // The ConfigMaps of the tasks up to now stay for one more update: the controller may be about to make a Job of them.
  await removeUnused(cluster, parameters, [run, runOf(existing)]);
  if (!(await createOwned(cluster, configMaps, "CronJob", existing)))
    throw new BatchError(`the schedule '${name}' was deleted meanwhile; try again`);
  const wanted = { ...cronJob.spec, suspend: false };
  const { uid, labels, annotations } = existing.metadata;
  await cluster.patch("cronjobs", namespace, name, {
    metadata: {
      uid,
      labels: mergePatch(labels, cronJob.metadata.labels),
      annotations: mergePatch(annotations, cronJob.metadata.annotations),
    },
    spec: mergePatch(existing.spec, wanted),
  });
}

const runOf = ({ spec }: CronJob): string | undefined => spec.jobTemplate?.metadata?.labels?.[labels.run];

/** Deletes ConfigMaps of earlier tasks that no Job uses any more. */
async function removeUnused(cluster: Cluster, { namespace, name }: Names, keep: readonly (string | undefined)[]): Promise<void> {
  const scheduled = { labels: `${selector(name).labels},${labels.scheduled}=true` };
  // The ConfigMaps first: a Job that is made meanwhile is among the Jobs.
  const all = await cluster.list("configmaps", namespace, scheduled, ({ metadata }) => metadata);
  const jobs = await cluster.list("jobs", namespace, scheduled, ({ metadata }) => metadata.labels?.[labels.run]);
  const used = new Set([...keep, ...jobs.items]);
  for (const metadata of all.items) {
    if (!used.has(metadata.labels?.[labels.run])) await cluster.remove("configmaps", namespace, metadata.name, metadata.uid ?? "");
  }
}

/** Reads a schedule. Answers undefined without one. */
export async function readSchedule(cluster: Cluster, names: Names, now = new Date()): Promise<ScheduleStatus | undefined> {
  const cronJob = await find(cluster, names);
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

/** Makes sure that a schedule, if there is one, starts nothing any more. Its Jobs that are at work go on. Answers the schedule's uid. */
export async function pauseSchedule(cluster: Cluster, names: Names): Promise<string | undefined> {
  const { uid } = (await find(cluster, names))?.metadata ?? {};
  if (uid) await cluster.patch("cronjobs", names.namespace, names.name, { metadata: { uid }, spec: { suspend: true } });
  return uid;
}

/** Deletes a schedule, if there is one, with its Jobs; resolves when they are gone. @param paused only the one with this uid, if nobody has resumed it */
export async function removeSchedule(cluster: Cluster, names: Names, paused?: string): Promise<void> {
  const cronJob = await find(cluster, names);
  if (!cronJob || (paused !== undefined && !(cronJob.metadata.uid === paused && cronJob.spec.suspend))) return;
  await removeJobs(cluster, [cronJob], "cronjobs");
}

/** The CronJob of a batch Job. One of that name that somebody else made is left alone; who may not read CronJobs has made none. */
async function find(cluster: Cluster, { namespace, name }: Names): Promise<CronJob | undefined> {
  const cronJob = await cluster.get("cronjobs", namespace, name).catch((error: unknown) => {
    if (error instanceof ClusterError && error.status === 403) return undefined;
    throw error;
  });
  return cronJob?.metadata.labels?.[labels.job] === name ? cronJob : undefined;
}

function checkOwner({ metadata }: CronJob, { namespace, name }: Names): void {
  if (metadata.labels?.[labels.job] === name) return;
  throw new BatchError(`name: there is a CronJob '${name}' in namespace '${namespace}' that is not ours; rename one of them`);
}
