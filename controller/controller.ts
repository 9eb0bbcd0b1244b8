/** Turns submissions and Jobs into work, one piece for each at a time. What a piece of work is, is in worker.ts. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Cluster } from "../kubernetes/cluster";
import { follow } from "../kubernetes/follow";
import { labels } from "../batch/jobs/manifest/marks";
import { isOpen, readSubmission, type Submission, submissionSelector } from "../batch/jobs/submission";
import { messageOf } from "../common/errors";
import { growing, type RetryOptions } from "../common/retry";
import { observeJob, type ObservedJob, type Task, tasksOf } from "./observed";

export interface ControllerParts {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Whether this replica may act now. */
  readonly leading: () => boolean;
  /** Does one thing to its end. The signal aborts when nobody wants it any more. */
  readonly work: (task: Task, signal: AbortSignal) => Promise<void>;
  /** Called with each fault after which something is tried again. */
  readonly onError: (message: string) => void;
  /** Called with the number of batch Jobs that it works for. */
  readonly onOpen: (jobs: number) => void;
  /** Milliseconds between two looks at what is to be done, besides those after a change. @default 10000 */
  readonly period?: number;
  /** Pauses after a failed piece of work. @default 2 s, growing to 5 min */
  readonly pauses?: RetryOptions["pauses"];
}

interface Worker {
  readonly abort: AbortController;
  readonly kind: Task["kind"];
}

export class Controller {
  private submissions = new Map<string, Submission>();
  private jobs = new Map<string, ObservedJob>();
  private readonly workers = new Map<string, Worker>();
  private readonly failures = new Map<string, { readonly count: number; readonly until: number }>();
  private readonly listed = { submissions: false, jobs: false };
  private turnedAt = performance.now();

  constructor(private readonly parts: ControllerParts) {}

  /** Whether the first lists are complete. */
  synced(): boolean {
    return this.listed.submissions && this.listed.jobs;
  }

  /** Whether the loop turns. */
  alive(): boolean {
    return performance.now() - this.turnedAt < 60_000;
  }

  /** Kubernetes Jobs of a batch Job. */
  runsOf(job: string): ObservedJob[] {
    return [...this.jobs.values()].filter((run) => run.job === job && !run.queue);
  }

  /** Runs until the signal aborts. @throws {ClusterError} when the API server refuses */
  async run(signal: AbortSignal): Promise<void> {
    const { cluster, namespace, period = 10_000, onError } = this.parts;
    const away = (error: Error | undefined) => error && onError(`following Jobs: ${error.message}`);
    const common = { cluster, namespace, signal, patience: Infinity };
    const submissions = follow(
      { ...common, kind: "configmaps", selector: submissionSelector(), pick: readSubmission },
      {
        away,
        replace: (all) => {
          this.submissions = new Map(all.map((one) => [uidOf(one), one]));
          this.listed.submissions = true;
          this.turn();
        },
        set: (one) => {
          this.submissions.set(uidOf(one), one);
          this.turn();
        },
        remove: (one) => {
          this.submissions.delete(uidOf(one));
          this.turn();
        },
      },
    );
    const jobs = follow(
      { ...common, kind: "jobs", selector: { labels: labels.job }, pick: observeJob },
      {
        away,
        replace: (all) => {
          this.jobs = new Map(all.map((one) => [one.uid, one]));
          this.listed.jobs = true;
          this.turn();
        },
        set: (one) => {
          this.jobs.set(one.uid, one);
          this.turn();
        },
        remove: (one) => {
          this.jobs.delete(one.uid);
          this.turn();
        },
      },
    );
    const turning = async (): Promise<void> => {
      while (!signal.aborted) {
        this.turn();
        await sleep(period, undefined, { signal }).catch(() => undefined);
      }
      for (const { abort } of this.workers.values()) abort.abort();
    };
    await Promise.all([submissions, jobs, turning()]);
  }

  /** Begins what is to be done and is not under way, and ends what nobody wants any more. */
  readonly turn = (): void => {
    this.turnedAt = performance.now();
    const { leading, onOpen } = this.parts;
    if (!this.synced() || !leading()) return;
    for (const [key, { abort, kind }] of this.workers) if (kind === "serve" && !this.submissions.has(key)) abort.abort();
    const tasks = tasksOf(this.submissions.values(), this.jobs.values(), Date.now());
    const open = new Set([...this.submissions.values()].filter(isOpen).map(({ job }) => job));
    onOpen(new Set([...open, ...tasks.flatMap((task) => (task.kind === "record" ? task.job : []))]).size);
    for (const task of tasks) {
      if (this.workers.has(task.key) || (this.failures.get(task.key)?.until ?? 0) > Date.now()) continue;
      void this.start(task);
    }
  };

  private async start(task: Task): Promise<void> {
    const { work, onError, pauses = growing(2_000, 5 * 60_000, 2) } = this.parts;
    const { key, kind } = task;
    const abort = new AbortController();
    this.workers.set(key, { abort, kind });
    try {
      await work(task, abort.signal);
      this.failures.delete(key);
    } catch (error) {
      if (!abort.signal.aborted) {
        const count = (this.failures.get(key)?.count ?? 0) + 1;
        this.failures.set(key, { count, until: Date.now() + pauses(count, error) });
        onError(`${describe(task)}: ${messageOf(error)}`);
      }
    } finally {
      this.workers.delete(key);
    }
    // What it changed may not have been seen yet: the change itself, or the next turn, brings it up.
  }
}

const uidOf = ({ object }: Submission): string => object.metadata.uid ?? "";

function describe(task: Task): string {
  switch (task.kind) {
    case "record":
      return `recording ${task.job}`;
    case "record queue":
      return `recording the queue ${task.queue}`;
    case "conclude run":
      return `telling the end of ${task.run.name}`;
    case "serve":
      return `running ${task.submission.job}`;
    case "conclude":
      return `telling the end of ${task.submission.job}`;
    case "forget":
      return `forgetting a submission of ${task.submission.job}`;
  }
}
