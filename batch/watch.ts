/** Waits for Jobs: follows them and their pods, records every task that ends, and tells how far they are. */
import { type Cluster, type Job } from "./cluster";
import { Blockage } from "./blocked";
import { removeJobs } from "./remove";
import { BatchError } from "./errors";
import { follow } from "./follow";
import { type Run } from "./launch";
import { annotations, selector } from "./manifest";
import { type Parameters } from "./parameters";
import { type PodView, viewPod } from "./pods";
import { type Recorder } from "./recorder";
import { type Progress, Tracker } from "./tracker";

export interface WatchOptions {
  readonly cluster: Cluster;
  readonly parameters: Parameters;
  readonly recorder: Recorder;
  /** Called about once a second; `note` is what else there is to know, e.g. that the API server is away. */
  readonly onProgress: (progress: Progress, note?: string) => void;
}

/** Why Jobs ended without all their tasks; undefined when all came to an end. */
export type Unfinished = string | undefined;

/** Resolves when all Jobs have ended and every end is recorded. @throws {BatchError} when they can never start. */
export async function watchRuns(runs: readonly Run[], { cluster, parameters, recorder, onProgress }: WatchOptions): Promise<Unfinished> {
  const { name, namespace } = parameters;
  const tracker = new Tracker(runs);
  const stop = new AbortController();
  const blockage = new Blockage();
  let note: string | undefined;
  let blocked: string | undefined;
  const away = (error: Error | undefined) => (note = error && `the API server does not answer (${error.message})`);
  const common = { cluster, namespace, selector: selector(name), signal: stop.signal };

  const waiting = new Promise<void>((resolve, reject) => {
    const guarded = (work: () => void) => {
      try {
        work();
        recorder.take(tracker);
        if (tracker.over) resolve();
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
        replace: (all) => guarded(() => tracker.replacePods(all)),
        set: (pod) => guarded(() => tracker.setPod(pod)),
        remove: (pod) => guarded(() => tracker.removePod(pod)),
        away,
      },
    );
    jobs.catch(reject);
    pods.catch(reject);
    let seconds = 0;
    const timer = setInterval(() => {
      guarded(() => {
        const progress = tracker.progress();
        onProgress(progress, note);
        blocked = tracker.started ? undefined : blockage.check(progress, Date.now());
        if (blocked) throw new BatchError(blocked);
      });
      if (tracker.podless && ++seconds % 5 === 0)
        void refusal(cluster, namespace, runs).then(
          (text) => (note = text ?? note),
          () => undefined,
        );
    }, 1000);
    stop.signal.addEventListener("abort", () => clearInterval(timer));
  });
  try {
    await waiting;
  } catch (error) {
    // What can never start would keep its pods, and with them the pool's nodes, for ever. After any other fault the Job goes on, for the next call.
    if (blocked)
      await removeJobs(
        cluster,
        runs.map(({ job }) => job),
      );
    throw error;
  } finally {
    stop.abort();
  }
  await harvest(tracker, cluster, parameters, recorder);
  onProgress(tracker.progress());
  await release(cluster, parameters, runs);
  return verdict(tracker);
}

/** Records what Jobs have come to so far, without waiting. Answers as {@link watchRuns} does. */
export async function harvestRuns(runs: readonly Run[], cluster: Cluster, parameters: Parameters, recorder: Recorder): Promise<Unfinished> {
  const tracker = new Tracker(runs);
  for (const { job } of runs) tracker.setJob(job);
  await harvest(tracker, cluster, parameters, recorder);
  return verdict(tracker);
}

function verdict({ deleted, verdicts }: Tracker): Unfinished {
  if (deleted.length > 0) return `Job ${deleted.join(", ")} was deleted before its end`;
  return verdicts.map(({ reason, message }) => `the Job ended early: ${reason}: ${message}`).at(0);
}

async function harvest(tracker: Tracker, cluster: Cluster, { name, namespace }: Parameters, recorder: Recorder): Promise<void> {
  const pods: PodView[] = [];
  await cluster.list("pods", namespace, selector(name), (object) => {
    const pod = viewPod(object);
    if (pod) pods.push(pod);
  });
  tracker.replacePods(pods);
  tracker.settleAll();
  recorder.take(tracker);
  await recorder.drain();
}

/** Lets ended Jobs go: only now, since a Job that is gone before its results were read would run again. */
export async function release(cluster: Cluster, { namespace, ttlSeconds }: Parameters, runs: readonly Run[]): Promise<void> {
  for (const { job } of runs) {
    const patch = {
      metadata: { uid: job.metadata.uid, annotations: { [annotations.recorded]: "true" } },
      spec: { ttlSecondsAfterFinished: ttlSeconds },
    };
    await cluster.patch("jobs", namespace, job.metadata.name, patch);
  }
}

/** Why the Job controller may not create pods, e.g. a quota or the namespace's pod security. */
async function refusal(cluster: Cluster, namespace: string, runs: readonly Run[]): Promise<string | undefined> {
  let text: string | undefined;
  for (const { job } of runs) {
    const fields = `involvedObject.uid=${job.metadata.uid},reason=FailedCreate`;
    await cluster.list("events", namespace, { fields }, ({ message }) => (text = `pods cannot be created: ${message}`));
  }
  return text;
}
