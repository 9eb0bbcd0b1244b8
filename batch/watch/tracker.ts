/**
 * What is known of running Jobs, from the Jobs and pods seen so far. Pure: objects in, ended tasks out. A task has succeeded as soon as a pod of it has;
 * it has failed only when its Job gives the index up, since a failed pod may be followed by a retry.
 */
import { type Condition, type Job } from "../../kubernetes/cluster";
import { parseIndexes } from "../jobs/indexes";
import { type Run } from "../jobs/launch";
import { type JobEvent, type PodWarning } from "./events";
import { type PodView } from "../jobs/pods";
import { type Progress, progressOf } from "./progress";
import { type Ended, RunState } from "./run-state";
import { type TaskRef } from "../jobs/manifest";

/** An attempt that came to its end, whether the task is tried again or not. */
export interface EndedAttempt {
  readonly task: TaskRef;
  readonly jobUid: string;
  readonly pod: PodView;
}

export class Tracker {
  private readonly runs = new Map<string, RunState>();
  /** Pods that have not ended, by Job and index: an index has one at a time. */
  private pods = new Map<string, PodView>();
  /** The latest about each pod, by its uid. */
  private readonly warnings = new Map<string, PodWarning>();
  private ended: Ended[] = [];
  private endedAttempts: EndedAttempt[] = [];

  /** @param records whether what ends is to be recorded, so that a task has succeeded only when its pod was seen; else the Job's word will do */
  constructor(
    runs: readonly Run[],
    private readonly records = true,
  ) {
    for (const run of runs) {
      const state = new RunState(run);
      this.runs.set(state.uid, state);
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
    if (!this.records) for (const index of parseIndexes(job.status?.completedIndexes)) state.end(index, "succeeded");
  }

  /** Takes note of a task that is recorded: its pod may be gone. */
  setRecorded(jobUid: string, index: number, status: Ended["status"]): void {
    this.runs.get(jobUid)?.end(index, status);
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
    if (pod.phase !== "Pending") state.started = true;
    if (!pod.attempt) {
      this.pods.set(keyOf(pod), pod);
      return;
    }
    this.removePod(pod);
    if (state.seen.has(pod.uid)) return;
    state.seen.add(pod.uid);
    state.addAttempt(pod.index, pod.attempt);
    const task = state.run.tasks[pod.index];
    if (task) this.endedAttempts.push({ task, jobUid: pod.jobUid, pod });
    if (pod.phase === "Succeeded") this.end(state, pod.index, "succeeded", pod.outputs);
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

  /** Attempts that ended since the last call: now is the time to read their logs. */
  takeEndedAttempts(): EndedAttempt[] {
    return this.endedAttempts.splice(0);
  }

  /** Call where nobody takes what has ended. */
  forgetEnded(): void {
    this.ended = [];
    this.endedAttempts = [];
  }

  /** Pods that have not ended, with their tasks. */
  live(): { readonly task: TaskRef; readonly pod: PodView }[] {
    return [...this.pods.values()].flatMap((pod) => {
      const task = this.taskOf(pod);
      return task ? [{ task, pod }] : [];
    });
  }

  /** The task that a pod works on, if it is one of these Jobs'. */
  taskOf({ jobUid, index }: PodView): TaskRef | undefined {
    return this.runs.get(jobUid)?.run.tasks[index];
  }

  /** Whether every Job has ended or is gone. */
  get over(): boolean {
    return [...this.runs.values()].every(({ over }) => over);
  }

  /** Whether every task was seen to its end: then no pod has more to tell. */
  get allEnded(): boolean {
    return [...this.runs.values()].every(({ allEnded }) => allEnded);
  }

  /** Names of Jobs that were deleted before their end. */
  get deleted(): string[] {
    return [...this.runs.values()].filter(({ job, allEnded }) => !job && !allEnded).map(({ name }) => name);
  }

  /** Why Jobs ended before all their tasks did, e.g. a deadline. */
  get verdicts(): Condition[] {
    return [...this.runs.values()].flatMap(({ verdict, allEnded }) => (allEnded ? [] : (verdict ?? [])));
  }

  /** Whether any container was seen to have started: then the image and the pods' settings are good. */
  get started(): boolean {
    return [...this.runs.values()].some(({ started }) => started);
  }

  /** Whether a task of each Job has started, or the Job is over. */
  get allStarted(): boolean {
    return [...this.runs.values()].every(({ started, over }) => started || over);
  }

  setEvent(event: JobEvent): void {
    const state = this.runs.get(event.jobUid);
    if (state && !((state.event?.at ?? 0) > event.at)) state.event = event;
  }

  setWarning(warning: PodWarning): void {
    if (!((this.warnings.get(warning.podUid)?.at ?? 0) > warning.at)) this.warnings.set(warning.podUid, warning);
  }

  /** Forgets what is too old for the API server to keep. */
  removeWarning({ podUid, at }: PodWarning): void {
    if (this.warnings.get(podUid)?.at === at) this.warnings.delete(podUid);
  }

  /** @param now milliseconds since 1970; what was said long before does not count any more */
  progress(now = Date.now()): Progress {
    return progressOf({ runs: this.runs, pods: this.pods.values(), warnings: this.warnings }, now);
  }

  /** Ends a task whose index the Job has given up, once its last pod was seen to the end. */
  private endFailed(state: RunState, index: number): void {
    if (!this.pods.has(`${state.uid}/${index}`) && state.wasTried(index)) this.end(state, index, "failed");
  }

  private end(state: RunState, ...how: Parameters<RunState["end"]>): void {
    const ended = state.end(...how);
    if (ended) this.ended.push(ended);
  }
}

const keyOf = (pod: PodView): string => `${pod.jobUid}/${pod.index}`;
