/** Waits for Jobs: follows them, their pods and the Events about them, records every task that ends, and tells how far they are. */
import { type Cluster, type Job, type Selector } from "../../kubernetes/cluster";
import { Blockage } from "./blocked";
import { removeJobs } from "../jobs/remove";
import { BatchError } from "../../common/errors";
import { follow } from "../../kubernetes/follow";
import { type Run } from "../jobs/launch";
import { annotations, selector, type TaskRef } from "../jobs/manifest";
import { jobEventSelector, podWarningSelector, jobEventOf, podWarningOf } from "./events";
import { type Parameters } from "../spec";
import { type PodView, viewPod } from "../jobs/pods";
import { type Recorder } from "./recorder";
import { type Progress } from "./progress";
import { Tracker } from "./tracker";

export interface WatchOptions {
  readonly cluster: Cluster;
  readonly parameters: Parameters;
  readonly recorder: Recorder;
  /** Called about once a second; `note` is what else there is to know, e.g. that the API server is away. */
  readonly onProgress: (progress: Progress, note?: string) => void;
  /** Called with each pod that is there, and whenever one has changed. */
  readonly onPod?: (task: TaskRef, pod: PodView) => void;
  /** What to wait for: that all Jobs end, or that a task of each has started. @default complete */
  readonly until?: "complete" | "started";
  /** Those of the Jobs that are deleted when nothing of them can start any more: their pods would keep the pool's nodes for ever. @default none */
  readonly removable?: readonly Run[];
}

/** Why Jobs can never start. */
export class BlockedError extends BatchError {}

/** Why Jobs ended without all their tasks; undefined when all came to an end. */
export type Unfinished = string | undefined;

/**
 * Resolves when all Jobs have ended, or what is left of them cannot start, and every end is recorded; or when they have started.
 * @throws {BatchError} when none of it can ever start.
 */
export async function watchRuns(runs: readonly Run[], options: WatchOptions): Promise<Unfinished> {
  const { cluster, parameters, recorder, onProgress, removable = [], until = "complete" } = options;
  const tracker = new Tracker(runs);
  for (const { job, tasks } of runs) {
    const { uid = "" } = job.metadata;
    tasks.forEach(({ fingerprint }, index) => {
      const status = recorder.statusOf(fingerprint, uid);
      if (status) tracker.setRecorded(uid, index, status);
    });
  }
  const blocked = await waitFor(tracker, options);
  onProgress(tracker.progress());
  if (blocked !== undefined) {
    await harvest(tracker, cluster, parameters, recorder);
    await removeJobs(
      cluster,
      removable.map(({ job }) => job),
    );
    if (!tracker.started) throw new BlockedError(blocked);
    return blocked;
  }
  if (until === "started" && !tracker.over) {
    await recorder.drain();
    return undefined;
  }
  if (tracker.allEnded) await recorder.drain();
  else await harvest(tracker, cluster, parameters, recorder);
  onProgress(tracker.progress());
  await release(cluster, parameters, runs);
  return verdict(tracker);
}

type FollowOptions = Omit<WatchOptions, "recorder" | "removable"> & {
  /** Ends the following. */
  readonly signal: AbortSignal;
};

/** Follows Jobs that another process records. Returns true when they are over or, `until` that, have started; false when the signal aborts. */
export async function followRuns(runs: readonly Run[], options: FollowOptions): Promise<boolean> {
  const tracker = new Tracker(runs, false);
  await waitFor(tracker, options);
  if (!options.signal.aborted) options.onProgress(tracker.progress());
  return !options.signal.aborted;
}

/**
 * Answers why what is left of the Jobs cannot start, if so. After any fault they go on, for the next call.
 * @param options without a recorder another process records, and decides what cannot start
 */
async function waitFor(
  tracker: Tracker,
  options: Omit<WatchOptions, "recorder"> & Partial<Pick<WatchOptions, "recorder">> & Partial<Pick<FollowOptions, "signal">>,
): Promise<string | undefined> {
  const { cluster, parameters, recorder, onProgress, onPod, until, signal } = options;
  const { name, namespace } = parameters;
  const stop = new AbortController();
  const blockage = new Blockage(parameters);
  let note: string | undefined;
  let blocked: string | undefined;
  const away = (error: Error | undefined) => (note = error && `the API server does not answer (${error.message})`);
  const tell = (pod: PodView) => {
    const task = onPod && tracker.taskOf(pod);
    if (task) onPod(task, pod);
  };
  const common = { cluster, namespace, selector: selector(name), signal: stop.signal };

  const waiting = new Promise<void>((resolve, reject) => {
    const guarded = (work: () => void) => {
      try {
        work();
        if (recorder) recorder.take(tracker);
        else tracker.forgetEnded();
        if (tracker.over || (until === "started" && tracker.allStarted)) resolve();
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const jobs = follow(
      { ...common, kind: "jobs", pick: (job: Job) => job },
      {
        replace: (all) => guarded(() => tracker.replaceJobs(all)),
        set: (job) => guarded(() => tracker.setJob(job)),
        remove: (job) => guarded(() => tracker.removeJob(job)),
        away,
      },
    );
    const pods = follow(
      { ...common, kind: "pods", pick: viewPod },
      {
        replace: (all) => guarded(() => (tracker.replacePods(all), all.forEach(tell))),
        set: (pod) => guarded(() => (tracker.setPod(pod), tell(pod))),
        remove: (pod) => guarded(() => tracker.removePod(pod)),
        away,
      },
    );
    const jobEvents = follow(
      { ...common, kind: "events", selector: jobEventSelector, pick: jobEventOf },
      {
        replace: (all) => all.forEach((event) => tracker.setEvent(event)),
        set: (event) => tracker.setEvent(event),
        remove: () => undefined,
      },
    );
    const warnings = follow(
      { ...common, kind: "events", selector: podWarningSelector, pick: podWarningOf },
      {
        replace: (all) => all.forEach((warning) => tracker.setWarning(warning)),
        set: (warning) => tracker.setWarning(warning),
        remove: (warning) => tracker.removeWarning(warning),
      },
    );
    jobs.catch(reject);
    pods.catch(reject);
    // Events only explain: without the right to read them, the wait goes on.
    for (const events of [jobEvents, warnings]) events.catch(() => undefined);
    const timer = setInterval(
      () =>
        guarded(() => {
          const progress = tracker.progress();
          onProgress(progress, note);
          blocked = recorder && blockage.check({ progress, started: tracker.started }, Date.now());
          if (blocked) resolve();
        }),
      1000,
    );
    stop.signal.addEventListener("abort", () => clearInterval(timer));
    signal?.addEventListener("abort", () => resolve(), { once: true });
    if (signal?.aborted) resolve();
  });
  try {
    await waiting;
    return blocked;
  } finally {
    stop.abort();
  }
}

/** Records what Jobs have come to so far, without waiting. Answers as {@link watchRuns} does. @param of their pods @default those of the batch Job */
export async function harvestRuns(
  runs: readonly Run[],
  cluster: Cluster,
  parameters: Pick<Parameters, "name" | "namespace">,
  recorder: Recorder,
  of?: Selector,
): Promise<Unfinished> {
  const tracker = new Tracker(runs);
  for (const { job } of runs) tracker.setJob(job);
  await harvest(tracker, cluster, parameters, recorder, of);
  return verdict(tracker);
}

function verdict({ deleted, verdicts }: Tracker): Unfinished {
  if (deleted.length > 0) return `Job ${deleted.join(", ")} was deleted before its end`;
  return verdicts.map(({ reason, message }) => `the Job ended early: ${reason}: ${message}`).at(0);
}

async function harvest(
  tracker: Tracker,
  cluster: Cluster,
  names: Pick<Parameters, "name" | "namespace">,
  recorder: Recorder,
  of?: Selector,
): Promise<void> {
  tracker.replacePods(await listPods(cluster, names, of));
  tracker.settleAll();
  recorder.take(tracker);
  await recorder.drain();
}

/** @param of the pods @default those of the batch Job */
export async function listPods(
  cluster: Cluster,
  { name, namespace }: Pick<Parameters, "name" | "namespace">,
  of: Selector = selector(name),
): Promise<readonly PodView[]> {
  return (await cluster.list("pods", namespace, of, viewPod)).items;
}

/** Lets ended Jobs go: only now, since a Job that is gone before its results were read would run again. */
export async function release(
  cluster: Cluster,
  { namespace, ttlSeconds }: Pick<Parameters, "namespace" | "ttlSeconds">,
  runs: readonly Run[],
): Promise<void> {
  for (const { job } of runs) {
    const patch = {
      metadata: { uid: job.metadata.uid, annotations: { [annotations.recorded]: "true" } },
      spec: { ttlSecondsAfterFinished: ttlSeconds },
    };
    await cluster.patch("jobs", namespace, job.metadata.name, patch);
  }
}
