/** Brings order into the Kubernetes Jobs that earlier calls left behind. */
import { type Cluster } from "./cluster";
import { findJobs, type FoundJob, isLaunched, isRecorded, type Run } from "./launch";
import { type Parameters } from "./parameters";
import { type Recorder } from "./recorder";
import { removeJobs } from "./remove";
import { plural } from "../common/text";
import { memoryOf } from "./outcome";
import { bytesOf } from "./plan";
import { finished } from "./progress";
import { harvestRuns, release } from "./watch";

export interface SettleOptions {
  readonly cluster: Cluster;
  readonly parameters: Parameters;
  readonly recorder: Recorder;
  /** Fingerprints of all tasks that are wanted now; undefined: whatever is at work goes on. */
  readonly wanted: ReadonlySet<string> | undefined;
  readonly say: (text: string) => void;
}

export interface Settled {
  /** Jobs that work on wanted tasks only. */
  readonly atWork: readonly Run[];
  /** Fingerprints of the tasks of those, and of Jobs that ended while nobody watched, with the bytes of memory that they had. */
  readonly attempted: ReadonlyMap<string, number>;
  /** Why a Job that ended while nobody watched has tasks that did not. */
  readonly reason?: string;
}

/** What becomes of a Job that an earlier call left; see {@link settle}. */
type Fate = "not launched" | "incomplete" | "recorded" | "ended" | "goes on" | "unwanted";

/** @param wanted fingerprints of all tasks that are wanted now; undefined: whatever is at work goes on */
export function fateOf({ job, tasks }: FoundJob, wanted: ReadonlySet<string> | undefined): Fate {
  if (!isLaunched(job)) return "not launched";
  if (!tasks) return "incomplete";
  if (finished(job)) return isRecorded(job) ? "recorded" : "ended";
  const isWanted = !wanted || tasks.every(({ fingerprint }) => wanted.has(fingerprint));
  return isWanted && !job.metadata.deletionTimestamp ? "goes on" : "unwanted";
}

/**
 * Records what ended while nobody watched, and deletes Jobs that work on tasks that are not wanted any more.
 * Jobs that were not launched, and ended ones, are left to the launch, or to their time to live.
 */
export async function settle({ cluster, parameters, recorder, wanted, say }: SettleOptions): Promise<Settled> {
  const atWork: Run[] = [];
  const attempted = new Map<string, number>();
  let reason: string | undefined;
  for (const found of await findJobs(cluster, parameters.namespace, parameters.name)) {
    const { job, tasks = [] } = found;
    const { name } = job.metadata;
    const run = { job, tasks };
    const memory = bytesOf(memoryOf(job.spec.template?.spec));
    const attempt = () => tasks.forEach(({ fingerprint }) => attempted.set(fingerprint, Math.max(memory, attempted.get(fingerprint) ?? 0)));
    switch (fateOf(found, wanted)) {
      case "not launched":
      case "recorded":
        break;
      case "incomplete":
        say(`Job ${name} has lost the ConfigMaps with its tasks: deleting it`);
        await removeJobs(cluster, [job]);
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
      case "unwanted":
        say(`Job ${name} works on tasks that are not wanted any more: cancelling it`);
        await harvestRuns([run], cluster, parameters, recorder);
        await removeJobs(cluster, [job]);
    }
  }
  return { atWork, attempted, reason };
}
