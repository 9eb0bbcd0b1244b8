/** Writes the end of every task into the bucket as it comes, with the log of each attempt, which would go with its pod or node. */
import { type Cluster } from "../../kubernetes/cluster";
import { Queue } from "../../common/concurrency";
import { type KeptLog, LogKeeper } from "../records/logs";
import { type TaskRef } from "../jobs/manifest";
import { type Parameters } from "../spec";
import { errorLine, exitStatus, readOutputs } from "../jobs/outcome";
import { bytesOf, mayRunOn } from "../records/plan";
import { type Attempt, type Output, readRecord, type Records, type TaskRecord } from "../records";
import { type Store } from "../storage/store";
import { type Ended } from "./run-state";
import { type Tracker } from "./tracker";

/** Bytes of the longest list of outputs that is read: some 10,000 of them. A task could name any object. */
const longestList = 1024 * 1024;

/** What a process that records all Jobs of a cluster does besides. */
export interface RecorderDuties {
  /**
   * Pods are deleted once their task's record is in the bucket: etcd and the node are free of them. The summary is written before a Job is marked as
   * recorded, so that who watches it reads one object.
   */
  readonly inCluster?: true;
  /** Called with each record. @param lag milliseconds since the task's end */
  readonly onRecord?: (lag: number) => void;
}

type Rules = Pick<Parameters, "namespace" | "resultsPrefix" | "retryFailed" | "outOfMemory" | "memory" | "retries" | "finalExitCodes">;

export class Recorder {
  private readonly queue = new Queue(16);
  /** Nothing waits for these: an API server that is slow to delete pods is slow for minutes. What is left goes with its Job. */
  private readonly removals = new Queue(16);
  private readonly logs = new Map<string, Promise<KeptLog>>();
  /** Uids of the pods that have ended and are not recorded, by their names. */
  private readonly pods = new Map<string, string>();
  private readonly keeper: LogKeeper;

  constructor(
    private readonly cluster: Cluster,
    private readonly store: Store,
    private readonly records: Records,
    private readonly parameters: Rules,
    /** All tasks of the batch Job, when the summary is to keep up with the records. */
    private readonly tasks?: readonly TaskRef[],
    private readonly duties: RecorderDuties = {},
  ) {
    this.keeper = new LogKeeper(cluster, store, parameters);
  }

  /** Takes over what ended since the last call. @throws when an earlier record could not be written. */
  take(tracker: Tracker): void {
    this.queue.check();
    for (const { task, jobUid, pod } of tracker.takeEndedAttempts()) {
      const { name, uid, node, phase } = pod;
      if (this.isRecorded(task.fingerprint, jobUid)) {
        this.forget([{ name, uid }]);
        continue;
      }
      this.pods.set(name, uid);
      this.logs.set(name, this.keeper.keep({ name, node, failed: phase === "Failed" }, task.fingerprint));
    }
    for (const ended of tracker.takeEnded()) {
      if (this.isRecorded(ended.task.fingerprint, ended.job.uid)) continue;
      this.queue.add(() => this.write(ended));
    }
  }

  /** Resolves when everything taken is in the bucket; pods may still be deleted. */
  async drain(): Promise<void> {
    await this.queue.drain();
    await this.keeper.drain();
    if (this.tasks && this.duties.inCluster) await this.records.saveSummary(this.tasks);
  }

  /** What is recorded of a task of a Job; undefined while nothing is. */
  statusOf(fingerprint: string, jobUid: string): Ended["status"] | undefined {
    const row = this.records.row(fingerprint);
    return row?.jobUid === jobUid && row.status !== "unfinished" ? row.status : undefined;
  }

  /** A Job that ended under another process may be read twice; what it already recorded stands. */
  private isRecorded(fingerprint: string, jobUid: string): boolean {
    return this.records.row(fingerprint)?.jobUid === jobUid;
  }

  private async write({ task, job, status, attempts: tries, outputs, memory }: Ended): Promise<void> {
    const attempts = await Promise.all(tries.map((attempt) => this.withLog(attempt)));
    const last: Partial<Attempt> = attempts.at(-1) ?? { reason: "its pods were gone before they were read" };
    const { node, start, end, exitCode, logKey, outOfMemory, outputsKey } = last;
    const more = outputsKey === undefined ? undefined : await this.listedIn(outputsKey);
    const note = typeof more === "string" ? more : last.note;
    const reason = outOfMemory ? `${last.reason}; ${this.advice(memory)}` : last.reason;
    const { retryFailed } = this.parameters;
    const record: TaskRecord = {
      ...task,
      status,
      ...{ node, start, end, exitCode, reason, note, logKey, memory, outOfMemory },
      outputs: typeof more === "object" ? [...outputs, ...more] : outputs,
      attempts: [...(await this.earlierAttempts(task.fingerprint)), ...attempts],
      job,
      ...(typeof retryFailed === "string" && { retry: retryFailed }),
    };
    await this.records.write(record);
    if (end !== undefined) this.duties.onRecord?.(Date.now() - Date.parse(end));
    this.forget(tries.flatMap(({ pod: name }) => ({ name, uid: this.pods.get(name) ?? "" })));
    if (this.tasks && this.records.summaryIsOld) await this.records.saveSummary(this.tasks);
  }

  /** Kubernetes keeps count of a Job's ended pods without them. */
  private forget(pods: readonly { readonly name: string; readonly uid: string }[]): void {
    for (const { name, uid } of pods) {
      this.pods.delete(name);
      // What cannot be deleted goes with its Job.
      if (this.duties.inCluster && uid)
        this.removals.add(() =>
          this.cluster.remove("pods", this.parameters.namespace, name, uid).then(
            () => undefined,
            () => undefined,
          ),
        );
    }
  }

  /** A task that got more memory, or was killed, goes on with its attempts; one that is retried on request begins anew. */
  private async earlierAttempts(fingerprint: string): Promise<readonly Attempt[]> {
    const row = this.records.row(fingerprint);
    if (!row?.outOfMemory && !(row && mayRunOn(row, this.parameters))) return [];
    return (await readRecord(this.store, this.parameters.resultsPrefix, fingerprint))?.attempts ?? [];
  }

  /** What to do about a task that was killed for its memory. */
  private advice(memory: string | undefined): string {
    const { outOfMemory } = this.parameters;
    if (!outOfMemory) return "ask for more 'memory', or set 'outOfMemory'";
    if (bytesOf(memory) < bytesOf(outOfMemory.maxMemory)) return "it runs again with more";
    return `that is the most that outOfMemory.maxMemory allows; raise it`;
  }

  private async withLog(attempt: Attempt): Promise<Attempt> {
    const kept = await this.logs.get(attempt.pod);
    this.logs.delete(attempt.pod);
    // A program that left no reason mostly printed one.
    const silent = attempt.exitCode !== undefined && attempt.reason === exitStatus(attempt.exitCode);
    const reason = (silent && kept?.logKey !== undefined && errorLine(kept.log ?? "")) || attempt.reason;
    return { ...attempt, ...(reason !== undefined && { reason }), ...kept };
  }

  /** The outputs that a task lists in an object; or why they could not be read. */
  private async listedIn(key: string): Promise<readonly Output[] | string> {
    const { resultsPrefix } = this.parameters;
    if (!key.startsWith(resultsPrefix)) return `outputs not read: ${key} is not under ${resultsPrefix}`;
    let bytes: number | undefined;
    await this.store.list(
      key,
      (object) => {
        if (object.key === key) ({ bytes } = object);
      },
      () => undefined,
    );
    if (bytes === undefined) return `outputs not read: there is no object ${key}`;
    if (bytes > longestList) return `outputs not read: ${key} has more than 1 MiB`;
    const text = await this.store.get(key);
    try {
      const { outputs } = JSON.parse(text ?? "") as { outputs?: unknown };
      if (Array.isArray(outputs)) return readOutputs(outputs);
    } catch {
      // Whatever a task wrote there is no reason to fail.
    }
    return `outputs not read: ${key} is not {"outputs": […]}`;
  }
}
