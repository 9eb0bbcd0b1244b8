/** Brings order into the Kubernetes Jobs that earlier calls left behind. */
import { type Cluster, type Job } from "../../kubernetes/cluster";
import { findJobs, type FoundJob, isLaunched, isRecorded, type Run } from "../jobs/launch";
import { imageOf } from "../jobs/manifest/launched-with";
import { type Parameters } from "../spec";
import { removeJobs } from "../jobs/remove";
import { plural } from "../../common/text";
import { type Session } from "./session";
import { noteStopped } from "./stopped";
import { memoryOf } from "../jobs/outcome";
import { bytesOf } from "../records/plan";
import { finished } from "../jobs/condition";
import { harvestRuns, listPods, release } from "../watch/watch";

/** What a run may change of the Jobs that it finds. */
export interface Wishes {
  /** Fingerprints of all tasks that are wanted now. */
  readonly wanted: ReadonlySet<string>;
  /** Uids of the Jobs that were there when the run began: it never cancels what others start later. */
  readonly before: ReadonlySet<string>;
  readonly onChange: Parameters["onChange"];
}

export interface SettleOptions {
  readonly cluster: Cluster;
  readonly parameters: Parameters;
  readonly session: Pick<Session, "recorder" | "records">;
  /** Undefined: nothing is deleted, and whatever is at work goes on. */
  readonly wishes: Wishes | undefined;
  readonly say: (text: string) => void;
  /** Told of Jobs whose tasks are not known. @default say */
  readonly warn?: (text: string) => void;
}

export interface Settled {
  /** Jobs that work on wanted tasks. */
  readonly atWork: readonly Run[];
  /** Jobs that must end before anything is launched. Their tasks may be unknown: then there are none. */
  readonly first: readonly Run[];
  /** Fingerprints of the tasks of those, and of Jobs that ended while nobody watched, with the bytes of memory that they had. */
  readonly attempted: ReadonlyMap<string, number>;
  /** Why a Job that ended while nobody watched has tasks that did not. */
  readonly reason?: string;
}

/** What becomes of a Job that an earlier call, or another process, left; see {@link settle}. */
export type JobState = "not launched" | "recorded" | "ended" | "lost" | "goes on" | "unknown" | "of others" | "deleted" | "unwanted";

/** @param wishes undefined: whatever is at work goes on */
export function jobStateOf({ job, tasks }: FoundJob, wishes: Omit<Wishes, "onChange"> | undefined): JobState {
  if (!isLaunched(job)) return "not launched";
  if (finished(job)) return isRecorded(job) ? "recorded" : tasks ? "ended" : "lost";
  if (!tasks) return "unknown";
  if (!wishes) return "goes on";
  if (job.metadata.deletionTimestamp) return "deleted";
  const wanted = tasks.filter(({ fingerprint }) => wishes.wanted.has(fingerprint)).length;
  if (wanted === tasks.length) return "goes on";
  if (wishes.before.has(job.metadata.uid ?? "")) return "unwanted";
  return wanted > 0 ? "goes on" : "of others";
}

/**
 * Records what ended while nobody watched. Cancels Jobs that work on tasks that are not wanted any more, if that is wished.
 * Jobs that were not launched, and ended ones, are left to the launch, or to their time to live.
 */
export async function settle({ cluster, parameters, session, wishes, say, warn = say }: SettleOptions): Promise<Settled> {
  const { recorder, records } = session;
  /** Deletes a Job at work. What it came to so far is recorded, and the hours of its nodes are noted. */
  const end = async (run: Run) => {
    await harvestRuns([run], cluster, parameters, recorder);
    await noteStopped([run], { cluster, parameters, records });
    await removeJobs(cluster, [run.job]);
  };
  const atWork: Run[] = [];
  const first: Run[] = [];
  const attempted = new Map<string, number>();
  let reason: string | undefined;
  for (const found of await findJobs(cluster, parameters.namespace, parameters.name)) {
    const { job, tasks = [] } = found;
    const { name } = job.metadata;
    const run = { job, tasks };
    const memory = bytesOf(memoryOf(job.spec.template?.spec));
    const attempt = () => tasks.forEach(({ fingerprint }) => attempted.set(fingerprint, Math.max(memory, attempted.get(fingerprint) ?? 0)));
    switch (jobStateOf(found, wishes)) {
      case "not launched":
      case "recorded":
      case "of others":
        break;
      case "lost":
        warn(
          `Job ${name} has ended and has lost the ConfigMaps with its tasks: what they came to is not known${wishes ? "; deleting it" : ""}`,
        );
        if (wishes) await removeJobs(cluster, [job]);
        break;
      case "unknown":
        warn(
          `Job ${name} has lost the ConfigMaps with its tasks: what it runs is not known, and nothing can be launched beside it; ` +
            `to end it: kubectl -n ${job.metadata.namespace} delete job ${name}`,
        );
        first.push(run);
        break;
      case "ended":
        reason = await harvestRuns([run], cluster, parameters, recorder);
        await release(cluster, parameters, [run]);
        attempt();
        break;
      case "goes on":
        say(`Job ${name} is at work: waiting for its ${plural(tasks.length, "task")}`);
        atWork.push(run);
        attempt();
        break;
      case "deleted":
        say(`Job ${name} is being deleted: waiting for its end`);
        await end(run);
        break;
      case "unwanted": {
        const running = await countRunning(cluster, parameters, [run]);
        const what = `Job ${name} works on tasks that are not wanted any more (${running} running)`;
        if (isStale(job, running, parameters)) {
          say(`Job ${name} has another image (${imageOf(job)}), and nothing of it runs: cancelling it`);
          await end(run);
        } else if (wishes?.onChange === "cancel") {
          say(`${what}: cancelling it`);
          await end(run);
        } else {
          say(`${what}: waiting for its end (onChange: cancel would cancel it)`);
          first.push(run);
          attempt();
        }
      }
    }
  }
  return { atWork, first, attempted, reason };
}

/**
 * Whether an unwanted Job is not worth a wait: with its image it may never start, and nothing of it would be lost. One with the same image may be another
 * process's, which has just been launched.
 * @param running how many of its pods run
 */
export const isStale = (job: Job, running: number, { image }: Pick<Parameters, "image">): boolean =>
  running === 0 && imageOf(job) !== image;

/** How many tasks of Jobs run at this moment. */
export async function countRunning(cluster: Cluster, parameters: Parameters, runs: readonly Run[]): Promise<number> {
  const uids = new Set(runs.map(({ job }) => job.metadata.uid));
  const pods = await listPods(cluster, parameters);
  return pods.filter(({ jobUid, waiting, attempt }) => uids.has(jobUid) && !waiting && !attempt).length;
}
