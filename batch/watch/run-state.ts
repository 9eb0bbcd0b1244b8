/** What was seen of one Kubernetes Job and its tasks. */
import { type Condition, type Job } from "../../kubernetes/cluster";
import { type Run } from "../jobs/launch";
import { type TaskRef } from "../jobs/manifest";
import { type JobEvent } from "./events";
import { memoryOf } from "../jobs/outcome";
import { finished } from "../jobs/condition";
import { type Attempt, type Output } from "../records";

/** A task that came to its end. */
export interface Ended {
  readonly task: TaskRef;
  readonly job: { readonly name: string; readonly uid: string; readonly index: number };
  readonly status: "succeeded" | "failed";
  readonly attempts: readonly Attempt[];
  readonly outputs: readonly Output[];
  /** How much memory it had. */
  readonly memory?: string;
}

export class RunState {
  readonly name: string;
  readonly uid: string;
  /** Undefined when it is gone. */
  job: Job | undefined;
  /** Uids of the pods whose end was seen. */
  readonly seen = new Set<string>();
  /** Indexes of the tasks that ended. */
  readonly ended = new Set<number>();
  /** Indexes that the Job has given up. */
  failed: ReadonlySet<number> = new Set();
  succeeded = 0;
  /** Whether any container of it was seen to have started. */
  started = false;
  /** The latest that was said about it. */
  event: JobEvent | undefined;
  private readonly attempts = new Map<number, Attempt[]>();

  constructor(readonly run: Run) {
    const { name, uid = "" } = run.job.metadata;
    this.name = name;
    this.uid = uid;
    this.job = run.job;
  }

  /** The condition with which the Job ended. */
  get verdict(): Condition | undefined {
    return this.job && finished(this.job);
  }

  /** Whether the Job has ended or is gone. */
  get over(): boolean {
    return !this.job || this.verdict !== undefined;
  }

  /** Whether every task was seen to its end. */
  get allEnded(): boolean {
    return this.ended.size === this.run.tasks.length;
  }

  addAttempt(index: number, attempt: Attempt): void {
    const attempts = this.attempts.get(index);
    if (attempts) attempts.push(attempt);
    else this.attempts.set(index, [attempt]);
  }

  /** Whether an attempt at a task that has not ended was seen to its end. */
  wasTried(index: number): boolean {
    return this.attempts.has(index);
  }

  /** Answers the task with all its attempts; nothing when it had ended before. */
  end(index: number, status: Ended["status"], outputs: readonly Output[] = []): Ended | undefined {
    const task = this.run.tasks[index];
    if (!task || this.ended.has(index)) return undefined;
    this.ended.add(index);
    if (status === "succeeded") this.succeeded++;
    const attempts = this.attempts.get(index) ?? [];
    this.attempts.delete(index);
    const job = { name: this.name, uid: this.uid, index };
    return { task, job, status, attempts, outputs, memory: memoryOf(this.run.job.spec.template?.spec) };
  }
}
