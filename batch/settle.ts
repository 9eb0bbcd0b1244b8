/** Brings order into the Kubernetes Jobs that earlier calls left behind. */
import { type Cluster } from "./cluster";
import { findJobs, isLaunched, isRecorded, type Run } from "./launch";
import { type Parameters } from "./parameters";
import { type Recorder } from "./recorder";
import { removeJobs } from "./remove";
import { plural } from "./result";
import { finished } from "./tracker";
import { harvestRuns, release } from "./watch";

export interface SettleOptions {
  readonly cluster: Cluster;
  readonly parameters: Parameters;
  readonly recorder: Recorder;
  /** Fingerprints of all tasks that are wanted now. */
  readonly wanted: ReadonlySet<string>;
  readonly say: (text: string) => void;
}

export interface Settled {
  /** Jobs that work on wanted tasks only. */
  readonly atWork: readonly Run[];
  /** Fingerprints of the tasks of those, and of Jobs that ended while nobody watched: they are not tried again at once. */
  readonly attempted: readonly string[];
  /** Why a Job that ended while nobody watched has tasks that did not. */
  readonly reason?: string;
}

/**
 * Records what ended while nobody watched, and deletes Jobs that work on tasks that are not wanted any more.
 * Jobs that were not launched, and ended ones, are left to the launch, or to their time to live.
 */
export async function settle({ cluster, parameters, recorder, wanted, say }: SettleOptions): Promise<Settled> {
  const atWork: Run[] = [];
  const attempted: string[] = [];
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
    const fingerprints = tasks.map(({ fingerprint }) => fingerprint);
    if (finished(job)) {
      if (isRecorded(job)) continue;
      reason = await harvestRuns([run], cluster, parameters, recorder);
      await release(cluster, parameters, [run]);
      attempted.push(...fingerprints);
    } else if (!job.metadata.deletionTimestamp && fingerprints.every((fingerprint) => wanted.has(fingerprint))) {
      say(`Job ${name} is at work: waiting for its ${plural(tasks.length, "task")}`);
      atWork.push(run);
      attempted.push(...fingerprints);
    } else {
      say(`Job ${name} works on tasks that are not wanted any more: cancelling it`);
      await harvestRuns([run], cluster, parameters, recorder);
      await removeJobs(cluster, [job]);
    }
  }
  return { atWork, attempted, reason };
}
