/** Writes the end of every task into the bucket as it comes, with the log of each failed attempt, which would go with its pod or node. */
import { type Cluster } from "./cluster";
import { Queue } from "./concurrency";
import { messageOf } from "./errors";
import { type Parameters } from "./parameters";
import { type Attempt, type Records } from "./records";
import { type Ended, type Tracker } from "./tracker";

/** Last lines of a failed attempt's log that are kept. */
const logLines = 40;

export class Recorder {
  private readonly queue = new Queue(16);
  private readonly logs = new Map<string, Promise<string>>();

  constructor(
    private readonly cluster: Cluster,
    private readonly records: Records,
    private readonly parameters: Pick<Parameters, "namespace" | "retryFailed">,
  ) {}

  /** Takes over what ended since the last call. @throws when an earlier record could not be written. */
  take(tracker: Tracker): void {
    this.queue.check();
    for (const pod of tracker.takeFailures()) this.logs.set(pod.name, this.readLog(pod.name));
    for (const ended of tracker.takeEnded()) {
      // A Job that ended under another process may be read twice; what it already recorded stands.
      if (this.records.row(ended.task.fingerprint)?.jobUid === ended.job.uid) continue;
      this.queue.add(() => this.write(ended));
    }
  }

  /** Resolves when everything taken is in the bucket. */
  drain(): Promise<void> {
    return this.queue.drain();
  }

  private async write({ task, job, status, attempts: tries, outputs }: Ended): Promise<void> {
    const attempts = await Promise.all(tries.map((attempt) => this.withLog(attempt)));
    const { node, start, end, exitCode, reason }: Partial<Attempt> = attempts.at(-1) ?? {
      reason: "its pods were gone before they were read",
    };
    const { retryFailed } = this.parameters;
    const retry = typeof retryFailed === "string" ? { retry: retryFailed } : {};
    await this.records.write({ ...task, status, node, start, end, exitCode, reason, outputs, attempts, job, ...retry });
  }

  private async withLog(attempt: Attempt): Promise<Attempt> {
    const log = await this.logs.get(attempt.pod);
    this.logs.delete(attempt.pod);
    return log === undefined ? attempt : { ...attempt, log };
  }

  private async readLog(pod: string): Promise<string> {
    try {
      return await this.cluster.log(this.parameters.namespace, pod, logLines);
    } catch (error) {
      return `(the log could not be read: ${messageOf(error)})`;
    }
  }
}
