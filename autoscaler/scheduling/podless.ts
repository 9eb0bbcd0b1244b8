/**
 * Tasks of batch Jobs that have no pod yet. A Job keeps only as many pods as can run (batch/jobs/window.ts), so that its other tasks need nodes as much as the
 * pods that wait. They count as pending pods, as long as the Job makes pods where there is room.
 */
import { type Job, type Pod, type Snapshot } from "../state/model";
import { type Stall } from "../state/history";

export interface PodlessTasks {
  readonly job: Job & { readonly window: number };
  /** Stands for each of them. It is like the Job's pods as they are, with what the cluster has added to the template: defaults, a priority. */
  readonly pod: Pod;
  readonly tasks: number;
  /** Pods of the Job that wait or run. */
  readonly live: number;
  /** Pods that it may make at once by its spec and has not made. */
  readonly unmade: number;
}

/** A Job that makes no pods for this long although it may does not get to make them: a quota or a webhook refuses them, or nobody raises its parallelism. Milliseconds. */
export const stallPatience = 120_000;

/**
 * The tasks without pods of each Job that has any. None of a Job without a live pod: nobody knows whether it gets to make one, and what it would be like. An ended
 * pod that its Job has not counted yet stands for its task, which is not to run again, or not now.
 */
export function podlessTasks({ pods, ended = [], jobs = [] }: Snapshot): PodlessTasks[] {
  const known = new Map<string, { readonly job: PodlessTasks["job"]; live: number; uncounted: number; sample?: Pod }>();
  for (const job of jobs) {
    const { uid, window, suspended } = job;
    if (window !== undefined && !suspended) known.set(uid, { job: { ...job, window }, live: 0, uncounted: 0 });
  }
  if (known.size === 0) return [];
  for (const pod of pods) {
    const of = pod.job && known.get(pod.job.uid);
    if (!of) continue;
    of.live++;
    if (pod.schedulable) of.sample ??= pod;
  }
  for (const { jobUid = "" } of ended) {
    const of = known.get(jobUid);
    if (of) of.uncounted++;
  }
  return [...known.values()].flatMap(({ job, live, uncounted, sample }): PodlessTasks[] => {
    const { left = 0, parallelism = 0, window } = job;
    const tasks = Math.min(left, parallelism) - live - uncounted;
    const unmade = Math.max(0, Math.min(left, window) - live - uncounted);
    return sample?.job && tasks > 0 ? [{ job, pod: standIn(sample), tasks, live, unmade }] : [];
  });
}

/** It waits from now on: nothing is late about it. */
function standIn({ shape, job, labels, claims, gang }: Pod): Pod {
  return {
    id: `${job?.namespace}/${job?.name}`,
    shape,
    node: undefined,
    isWorkload: true,
    schedulable: true,
    job,
    createdAt: Infinity,
    podless: true,
    ...(labels && { labels }),
    ...(claims && { claims }),
    ...(gang !== undefined && { gang }),
  };
}

/** What is known of a Job's stall; nothing once it has got more pods, or may make more. */
export function stallOf({ job, live }: PodlessTasks, stalls: ReadonlyMap<string, Stall>): Stall | undefined {
  const stall = stalls.get(job.uid);
  return stall && live <= stall.live && job.window <= stall.window ? stall : undefined;
}

/** Those of the tasks that count as pending pods. */
export const countedTasks = (all: readonly PodlessTasks[], stalls: ReadonlyMap<string, Stall>, now: number): PodlessTasks[] =>
  all.filter((of) => now - (stallOf(of, stalls)?.since ?? now) < stallPatience);
