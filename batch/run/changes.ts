/** Applies changed parameters to Jobs at work. What identifies their tasks is not among them: see settle.ts. */
import { type Cluster } from "../../kubernetes/cluster";
import { type Run } from "../jobs/launch";
import { changesOf, effectOf, inPlace, launchedWith } from "../jobs/manifest/launched-with";
import { annotations } from "../jobs/manifest/marks";
import { type Parameters } from "../spec";
import { type Recorder } from "../watch/recorder";
import { removeJobs } from "../jobs/remove";
import { countRunning } from "./settle";
import { harvestRuns } from "../watch/watch";

export interface Applied {
  /** Jobs that go on. */
  readonly atWork: readonly Run[];
  /** Fingerprints of the tasks of those that were removed, to be launched anew. */
  readonly anew: ReadonlySet<string>;
}

export interface ChangeOptions {
  readonly cluster: Cluster;
  readonly recorder: Recorder;
  readonly say: (text: string) => void;
  /** Throws when a Job with the new parameters could never start: then the old one stays. */
  readonly check: () => Promise<void>;
}

/**
 * Tells what has changed of Jobs at work, and applies it where it can be: in place, or, where pods must be made anew, to Jobs of which no pod runs. What runs
 * is never given up for it.
 */
export async function applyChanges(
  runs: readonly Run[],
  parameters: Parameters,
  { cluster, recorder, say, check }: ChangeOptions,
): Promise<Applied> {
  const atWork: Run[] = [];
  const anew = new Set<string>();
  for (const run of runs) {
    const changes = changesOf(run.job, parameters);
    if (changes.length === 0) {
      atWork.push(run);
      continue;
    }
    const { name } = run.job.metadata;
    const told = changes.map(({ text }) => text).join(", ");
    switch (effectOf(changes, await countRunning(cluster, parameters, [run]))) {
      case "in place":
        await changeInPlace(cluster, run, parameters);
        say(`Job ${name} goes on with other parameters: ${told}`);
        atWork.push(run);
        break;
      case "later":
        say(`Job ${name} was launched with other parameters (${told}) and goes on with those while it runs; run it again then`);
        atWork.push(run);
        break;
      case "anew":
        say(`Job ${name} was launched with other parameters (${told}) and nothing of it runs: making it anew`);
        await check();
        await harvestRuns([run], cluster, parameters, recorder);
        await removeJobs(cluster, [run.job]);
        for (const { fingerprint } of run.tasks) anew.add(fingerprint);
    }
  }
  return { atWork, anew };
}

async function changeInPlace(cluster: Cluster, { job, tasks }: Run, parameters: Parameters): Promise<void> {
  const { name, uid } = job.metadata;
  const { parallelism = tasks.length, maxFailedTasks = null, deadlineSeconds = null } = parameters;
  await cluster.patch("jobs", parameters.namespace, name, {
    metadata: { uid, annotations: { [annotations.parameters]: launchedWith(parameters) } },
    spec: {
      [inPlace.parallelism]: Math.min(parallelism, tasks.length),
      [inPlace.maxFailedTasks]: maxFailedTasks && Math.min(maxFailedTasks, tasks.length),
      [inPlace.deadlineSeconds]: deadlineSeconds,
    },
  });
}
