/** Applies changed parameters to Jobs at work. What identifies their tasks is not among them: see settle.ts. */
import { type Cluster } from "../../kubernetes/cluster";
import { type Run } from "../jobs/launch";
import { changesOf, effectOf, inPlace, launchedWith } from "../jobs/manifest/launched-with";
import { limitOf } from "../jobs/manifest";
import { annotations } from "../jobs/manifest/marks";
import { memoryOf } from "../jobs/outcome";
import { type Parameters } from "../spec";
import { type Recorder } from "../watch/recorder";
import { removeJobs } from "../jobs/remove";
import { countRunning } from "./settle";
import { harvestRuns } from "../watch/watch";
import { podsAtLaunch, type Site } from "../jobs/window";

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
  /** Asked only for Jobs that may have more pods than they keep. */
  readonly site: () => Promise<Site>;
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
  { cluster, recorder, say, site, check }: ChangeOptions,
): Promise<Applied> {
  const atWork: Run[] = [];
  const anew = new Set<string>();
  for (const run of runs) {
    const changes = changesOf(run.job, parameters);
    if (changes.length === 0) {
      await widen(cluster, run, parameters, site);
      atWork.push(run);
      continue;
    }
    const { name } = run.job.metadata;
    const told = changes.map(({ text }) => text).join(", ");
    switch (effectOf(changes, await countRunning(cluster, parameters, [run]))) {
      case "in place":
        await changeInPlace(cluster, run, parameters, await site());
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

async function changeInPlace(cluster: Cluster, run: Run, parameters: Parameters, site: Site): Promise<void> {
  const { job, tasks } = run;
  const { name, uid } = job.metadata;
  const { maxFailedTasks = null, deadlineSeconds = null } = parameters;
  const limit = limitOf(parameters, tasks.length);
  await cluster.patch("jobs", parameters.namespace, name, {
    metadata: {
      uid,
      annotations: { [annotations.parameters]: launchedWith(parameters), [annotations.parallelism]: String(limit) },
    },
    spec: {
      // A Job that an earlier version launched has as many pods as its user allowed.
      [inPlace.parallelism]: Math.min(limit, Math.max(job.spec.parallelism ?? 1, podsOf(run, parameters, site))),
      [inPlace.maxFailedTasks]: maxFailedTasks && Math.min(maxFailedTasks, tasks.length),
      [inPlace.deadlineSeconds]: deadlineSeconds,
    },
  });
}

/** Gives a Job the pods that it needs without a controller, where it was launched with one that is gone, or to a pool that was smaller. */
async function widen(cluster: Cluster, run: Run, parameters: Parameters, of: ChangeOptions["site"]): Promise<void> {
  const { metadata, spec } = run.job;
  const limit = metadata.annotations?.[annotations.parallelism];
  if (limit === undefined || spec.parallelism === undefined || spec.parallelism >= Number(limit)) return;
  const site = await of();
  const parallelism = podsOf(run, parameters, site);
  if (site.controlled || parallelism <= spec.parallelism) return;
  await cluster.patch("jobs", parameters.namespace, metadata.name, { metadata: { uid: metadata.uid }, spec: { parallelism } });
}

/** The pods that a Job at work would have if it was launched now. */
function podsOf({ job, tasks }: Run, parameters: Parameters, site: Site): number {
  const memory = memoryOf(job.spec.template?.spec) ?? parameters.memory;
  return podsAtLaunch({ ...parameters, memory }, tasks.length, site);
}
