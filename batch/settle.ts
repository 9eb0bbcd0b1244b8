/** Brings order into the Kubernetes Jobs that earlier calls left behind. */
import { type Cluster } from "./cluster";
import { findJobs, isLaunched, isRecorded, type Run } from "./launch";
import { type Parameters } from "./parameters";
import { type Recorder } from "./recorder";
import { removeJobs } from "./remove";
import { plural } from "../common/text";
import { memoryOf } from "./pods";
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

/**
 * Records what ended while nobody watched, and deletes Jobs that work on tasks that are not wanted any more.
 * Jobs that were not launched, and ended ones, are left to the launch, or to their time to live.
 */
export async function settle({ cluster, parameters, recorder, wanted, say }: SettleOptions): Promise<Settled> {
  const atWork: Run[] = [];
  const attempted = new Map<string, number>();
  let reason: string | undefined;
  for (const { job, tasks } of await findJobs(cluster, parameters.namespace, parameters.name)) {
    const { name } = job.metadata;
    if (!isLaunched(job)) continue;
    if (!tasks) {
      say(`Job ${name} has lost the ConfigMaps with its tasks: deleting it`);
      await removeJobs(cluster, [job]);
      continue;
    }
    const run = { job, tasks };
    const memory = bytesOf(memoryOf(job.spec.template?.spec));
    const attempt = () => tasks.forEach(({ fingerprint }) => attempted.set(fingerprint, Math.max(memory, attempted.get(fingerprint) ?? 0)));
    if (finished(job)) {
      if (isRecorded(job)) continue;
      reason = await harvestRuns([run], cluster, parameters, recorder);
      await release(cluster, parameters, [run]);
      attempt();
    } else if (!job.metadata.deletionTimestamp && (!wanted || tasks.every(({ fingerprint }) => wanted.has(fingerprint)))) {
      say(`Job ${name} is at work: waiting for its ${plural(tasks.length, "task")}`);
      atWork.push(run);
      attempt();
    } else {
      say(`Job ${name} works on tasks that are not wanted any more: cancelling it`);
      await harvestRuns([run], cluster, parameters, recorder);
      await removeJobs(cluster, [job]);
    }
  }
  return { atWork, attempted, reason };
}
