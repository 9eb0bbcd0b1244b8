/**
 * What is known of running Jobs, from the Jobs and pods seen so far. Pure: objects in, ended tasks out. A task has succeeded as soon as a pod of it has;
 * it has failed only when its Job gives the index up, since a failed pod may be followed by a retry.
 */
import { type Condition, type Job } from "./cluster";
import { parseIndexes } from "./indexes";
import { type Run } from "./launch";
import { type PodView, type Waiting } from "./pods";
import { type Attempt, type Output } from "./records";
import { type TaskRef } from "./manifest";

/** A task that came to its end. */
export interface Ended {
  readonly task: TaskRef;
  readonly job: { readonly name: string; readonly uid: string; readonly index: number };
  readonly status: "succeeded" | "failed";
  readonly attempts: readonly Attempt[];
  readonly outputs: readonly Output[];
}

/** How far the Jobs are; the counts are of tasks. */
export interface Progress {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly running: number;
  /** Pods that wait, by what for. */
  readonly waiting: readonly (Waiting & { readonly pods: number })[];
}

interface RunState {
  readonly run: Run;
  readonly name: string;
  job: Job | undefined;
  readonly attempts: Map<number, Attempt[]>;
  readonly seen: Set<string>;
  readonly ended: Set<number>;
  /** Indexes that the Job has given up. */
  failed: ReadonlySet<number>;
  succeeded: number;
}

export class Tracker {
  private readonly runs = new Map<string, RunState>();
  /** Pods that have not ended, by Job and index: an index has one at a time. */
  private pods = new Map<string, PodView>();
  private ended: Ended[] = [];
  private failures: PodView[] = [];
  /** Whether any container was seen to have started: then the image and the pod's settings are good. */
  started = false;

  constructor(runs: readonly Run[]) {
    for (const run of runs) {
      const { uid = "", name } = run.job.metadata;
      this.runs.set(uid, {
        run,
        name,
        job: run.job,
        attempts: new Map(),
        seen: new Set(),
        ended: new Set(),
        failed: new Set(),
        succeeded: 0,
      });
    }
  }

  /** Takes the complete list of Jobs: one that is not in it is gone. */
  replaceJobs(jobs: readonly Job[]): void {
    const present = new Map(jobs.map((job) => [job.metadata.uid ?? "", job]));
    for (const [uid, state] of this.runs) {
      state.job = undefined;
      const job = present.get(uid);
      if (job) this.setJob(job);
    }
  }

  setJob(job: Job): void {
    const state = this.runs.get(job.metadata.uid ?? "");
    if (!state) return;
    state.job = job;
    state.failed = new Set(parseIndexes(job.status?.failedIndexes));
    for (const index of state.failed) this.endFailed(state, index);
  }

  removeJob(job: Job): void {
    const state = this.runs.get(job.metadata.uid ?? "");
    if (state) state.job = undefined;
  }

  /** Takes the complete list of pods. */
  replacePods(pods: readonly PodView[]): void {
    this.pods = new Map();
    for (const pod of pods) this.setPod(pod);
  }

  setPod(pod: PodView): void {
    const state = this.runs.get(pod.jobUid);
    if (!state) return;
    if (pod.phase !== "Pending") this.started = true;
    if (!pod.attempt) {
      this.pods.set(keyOf(pod), pod);
      return;
    }
    this.removePod(pod);
    if (state.seen.has(pod.uid)) return;
    state.seen.add(pod.uid);
    const attempts = state.attempts.get(pod.index) ?? [];
    attempts.push(pod.attempt);
    state.attempts.set(pod.index, attempts);
    if (pod.phase === "Succeeded") this.end(state, pod.index, "succeeded", pod.outputs);
    else this.failures.push(pod);
    if (state.failed.has(pod.index)) this.endFailed(state, pod.index);
  }

  removePod(pod: PodView): void {
    if (this.pods.get(keyOf(pod))?.uid === pod.uid) this.pods.delete(keyOf(pod));
  }

  /** Call when all pods were listed after the Jobs had ended: what a pod would tell and none did will not be told any more. */
  settleAll(): void {
    for (const state of this.runs.values()) {
      for (const index of parseIndexes(state.job?.status?.completedIndexes)) this.end(state, index, "succeeded");
      for (const index of state.failed) this.end(state, index, "failed");
    }
  }

  /** Tasks that ended since the last call. */
  takeEnded(): Ended[] {
    return this.ended.splice(0);
  }

  /** Pods that failed since the last call: now is the time to read their logs. */
  takeFailures(): PodView[] {
    return this.failures.splice(0);
  }

  /** Whether every Job has ended or is gone. */
  get over(): boolean {
    return [...this.runs.values()].every(({ job }) => !job || finished(job));
  }

  /** Names of Jobs that were deleted before their end. */
  get deleted(): string[] {
    return [...this.runs.values()].filter(({ job, ended, run }) => !job && ended.size < run.tasks.length).map(({ name }) => name);
  }

  /** Why Jobs ended before all their tasks did, e.g. a deadline. */
  get verdicts(): Condition[] {
    return [...this.runs.values()].flatMap(({ job, ended, run }) => (job && ended.size < run.tasks.length ? (finished(job) ?? []) : []));
  }

  /** Whether no pod exists or ever existed. */
  get podless(): boolean {
    return this.pods.size === 0 && [...this.runs.values()].every(({ seen }) => seen.size === 0);
  }

  progress(): Progress {
    const states = [...this.runs.values()];
    const sum = (of: (state: RunState) => number) => states.reduce((total, state) => total + of(state), 0);
    const waiting = new Map<string, Waiting & { pods: number }>();
    let running = 0;
    for (const pod of this.pods.values()) {
      if (!pod.waiting) running++;
      else {
        const key = `${pod.waiting.kind} ${pod.waiting.reason}`;
        waiting.set(key, { ...pod.waiting, pods: (waiting.get(key)?.pods ?? 0) + 1 });
      }
    }
    const succeeded = sum((state) => state.succeeded);
    return {
      total: sum(({ run }) => run.tasks.length),
      succeeded,
      failed: sum(({ ended }) => ended.size) - succeeded,
      running,
      waiting: [...waiting.values()],
    };
  }

  /** Ends a task whose index the Job has given up, once its last pod was seen to the end. */
  private endFailed(state: RunState, index: number): void {
    const pod = this.pods.has(`${state.run.job.metadata.uid}/${index}`);
    if (!pod && state.attempts.has(index)) this.end(state, index, "failed");
  }

  private end(state: RunState, index: number, status: Ended["status"], outputs: readonly Output[] = []): void {
    const task = state.run.tasks[index];
    if (!task || state.ended.has(index)) return;
    state.ended.add(index);
    if (status === "succeeded") state.succeeded++;
    const attempts = state.attempts.get(index) ?? [];
    state.attempts.delete(index);
    const job = { name: state.name, uid: state.run.job.metadata.uid ?? "", index };
    this.ended.push({ task, job, status, attempts, outputs });
  }
}

const keyOf = (pod: PodView): string => `${pod.jobUid}/${pod.index}`;

/** The condition with which a Job ended. */
export const finished = (job: Job): Condition | undefined =>
  job.status?.conditions?.find(({ type, status }) => (type === "Complete" || type === "Failed") && status === "True");
