/**
 * Running a batch Job at certain times: a CronJob whose Jobs are like any other of that name, so that everything else finds, records and cancels them.
 * Each of them runs all tasks that there were when the schedule was last updated.
 */
import { plural } from "../../common/text";
import { Backoff } from "../../common/backoff";
import { type Cluster, type CronJob, type Job } from "../../kubernetes/cluster";
import { checkOwner, type Names, readSchedule, removeSchedule, type ScheduleStatus } from "../jobs/cron-job";
import { BatchError } from "../../common/errors";
import { createOwned, findJobs, isLaunched, type Run, touch } from "../jobs/launch";
import { cronManifests, labels, selector } from "../jobs/manifest";
import { controllerRuns } from "../jobs/submission";
import { type Parameters } from "../spec";
import { mergePatch } from "../jobs/patch";
import { preflight } from "../jobs/preflight";
import { finished } from "../jobs/condition";
import { saveJob } from "../records/registry";
import { type Result } from "./result";
import { openSession, type Session, type RunContext } from "./session";
import { settle } from "./settle";
import { waitForStragglers } from "../jobs/stragglers";
import { tolerating } from "../jobs/tolerations";
import { scheduledFootprint, type Site } from "../jobs/window";
import { harvestRuns, watchRuns } from "../watch/watch";

export interface ScheduledResult extends Omit<Result, "status"> {
  readonly status: "scheduled";
  /** Undefined when there is no task, and so no schedule. */
  readonly schedule: ScheduleStatus | undefined;
}

/** How long others may be in the way, in milliseconds. */
const patience = 10 * 60_000;

type Scheduled = Parameters & { readonly schedule: NonNullable<Parameters["schedule"]> };

export const isScheduled = (parameters: Parameters): parameters is Scheduled => parameters.schedule !== undefined;

/**
 * Creates or updates the schedule, and records what its Jobs have come to so far. Jobs of it that are at work go on as they are. May be cut off at any point
 * and called again: the CronJob is suspended until its ConfigMaps are there, and goes on with the old tasks until the new ones are.
 *
 * @throws {BatchError} when the tasks could never start.
 */
export async function schedule(parameters: Scheduled, surroundings: RunContext): Promise<ScheduledResult> {
  const { cluster, store, say, submittedBy = "pulumi", owner } = surroundings;
  const session = await openSession(parameters, surroundings);
  const { tasks } = session;
  let end = await settleOthers(session, parameters, surroundings);
  if (tasks.length === 0) {
    say("there are no tasks: nothing is scheduled");
    await removeSchedule(cluster, parameters);
  } else {
    await preflight(cluster, parameters, [parameters.memory], session.pool);
    await waitForStragglers(cluster, parameters, say);
    const controlled = await controllerRuns(cluster, parameters.namespace);
    const pool = await session.pool.facts();
    const complete = { ...parameters, ...tolerating(parameters, pool) };
    const backoff = new Backoff(patience);
    while (!(await apply(cluster, complete, session, { pool, controlled }))) {
      if (!(await backoff.next()))
        throw new BatchError(
          `for ${backoff.described}, the schedule '${parameters.name}' was changed by others or being deleted; try again later`,
        );
      end = await settleOthers(session, parameters, surroundings);
    }
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
  { cluster, say, onProgress }: RunContext,
): Promise<{ atWork: readonly Run[] }> {
  const { recorder } = session;
  const {
    atWork: known,
    first,
    attempted,
  } = await settle({ cluster, parameters, session, wishes: undefined, say: () => undefined, warn: say });
  session.attempt(attempted);
  const atWork = [...known, ...first];
  const [own, others] = [true, false].map((is) => atWork.filter(({ job }) => isOfSchedule(job) === is));
  if (own!.length > 0) await harvestRuns(own!, cluster, parameters, recorder);
  if (others!.length > 0) {
    say(`${others!.map(({ job }) => `Job ${job.metadata.name}`).join(", ")} is at work: the schedule begins when it has ended`);
    await watchRuns(others!, { cluster, parameters, recorder, onProgress, removable: others });
  }
  return { atWork: own! };
}

/**
 * Creates or updates the CronJob, and resumes it only as long as nothing else is at work: by the rules of launch.ts, in which a suspended CronJob is as a Job
 * that is not launched. Answers false when there is something to be looked at first.
 */
async function apply(cluster: Cluster, parameters: Scheduled, { tasks }: Session, site: Site): Promise<boolean> {
  const footprint = scheduledFootprint(parameters, tasks.length, site);
  const { cronJob, configMaps, run } = cronManifests(parameters, parameters.schedule, tasks, footprint);
  const { name, namespace = "" } = cronJob.metadata;
  const existing = (await cluster.create("cronjobs", cronJob)) ?? (await cluster.get("cronjobs", namespace, name));
  if (!existing || existing.metadata.deletionTimestamp) return false;
  checkOwner(existing, parameters);
  // The ConfigMaps of the tasks up to now stay for one more update: the controller may be about to make a Job of them.
  await removeUnused(cluster, parameters, [run, runOf(existing)]);
  if (!(await createOwned(cluster, configMaps, "CronJob", existing))) return false;
  const others = (await findJobs(cluster, namespace, name)).map(({ job }) => job).filter((job) => !isOfSchedule(job));
  if (others.some((job) => isLaunched(job) && !finished(job))) return false;
  const waiting = others.filter((job) => !isLaunched(job));
  if (!(await touch(cluster, "jobs", waiting))) return false;
  const wanted = { ...cronJob.spec, suspend: false };
  const { uid, resourceVersion, labels, annotations } = existing.metadata;
  const resumed = await cluster.patch("cronjobs", namespace, name, {
    metadata: {
      uid,
      resourceVersion,
      labels: mergePatch(labels, cronJob.metadata.labels),
      annotations: mergePatch(annotations, cronJob.metadata.annotations),
    },
    spec: mergePatch(existing.spec, wanted),
  });
  return resumed !== undefined;
}

const isOfSchedule = ({ metadata }: Job): boolean => metadata.labels?.[labels.scheduled] === "true";

const runOf = ({ spec }: CronJob): string | undefined => spec.jobTemplate?.metadata?.labels?.[labels.run];

/** For how long a ConfigMap may be unused because another process is about to point the CronJob to it, in milliseconds. */
const fresh = 60 * 60_000;

/** Deletes ConfigMaps of earlier tasks that no Job uses any more. */
async function removeUnused(cluster: Cluster, { namespace, name }: Names, keep: readonly (string | undefined)[]): Promise<void> {
  const scheduled = { labels: `${selector(name).labels},${labels.scheduled}=true` };
  // The ConfigMaps first: a Job that is made meanwhile is among the Jobs.
  const all = await cluster.list("configmaps", namespace, scheduled, ({ metadata }) => metadata);
  const jobs = await cluster.list("jobs", namespace, scheduled, ({ metadata }) => metadata.labels?.[labels.run]);
  const used = new Set([...keep, ...jobs.items]);
  for (const { name, uid = "", creationTimestamp = "", labels: { [labels.run]: run } = {} } of all.items) {
    const old = Date.parse(creationTimestamp) < Date.now() - fresh;
    if (old && !used.has(run)) await cluster.remove("configmaps", namespace, name, uid);
  }
}
