/** What a batch Job came to. */
import { plural } from "../../common/text";
import { actualCost, billingOf, type Cost } from "../cost";
import { logsPrefix } from "../records/logs";
import { type Parameters } from "../spec";
import { type Records, type Row } from "../records";
import { type Plan } from "../records/plan";
import { type Task, taskSet } from "../spec/tasks";

export interface Counts {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Of the total, those that had ended before this call and did not run again. */
  readonly skipped: number;
}

export interface Result {
  /**
   * `complete`: every task succeeded. `failed`: every task ended, some failed. `unfinished`: some did not come to an end.
   * `running`: some are at work, and `wait` asks not to wait for them.
   */
  readonly status: "complete" | "failed" | "unfinished" | "running";
  readonly counts: Counts;
  /** Start of the first and end of the last task that ran; ISO 8601 in UTC, empty when none ever ran. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly tasks: readonly Row[];
  /** Identifies the set of tasks; it changes with every new or changed task. */
  readonly taskSet: string;
  readonly jobName: string;
  /** Why tasks are unfinished. */
  readonly reason?: string;
  /** Of all tasks with a record. */
  readonly cost: Cost;
  /** Fingerprints of the tasks that failed before this call and did not run again. */
  readonly failedBefore?: readonly string[];
  /** Where the logs of all attempts are, e.g. `s3://bucket/batch/name/logs/`. */
  readonly logs: string;
}

export interface ResultOptions {
  readonly parameters: Pick<Parameters, "store" | "resultsPrefix" | "prices">;
  readonly tasks: readonly Task[];
  readonly records: Records;
  /** Fingerprints of the tasks that ran in this call. */
  readonly attempted: { has(fingerprint: string): boolean };
  readonly jobName: string;
  readonly reason?: string;
  /** Fingerprints of tasks that are at work, whatever came of them before. */
  readonly atWork: ReadonlySet<string>;
}

export function resultOf({ parameters, tasks, records, attempted, jobName, reason, atWork }: ResultOptions): Result {
  const rows = tasks.map((task) => (atWork.has(task.fingerprint) ? openRow(task) : rowOf(task, records)));
  const having = (status: Row["status"]) => rows.filter((row) => row.status === status).length;
  const ran = rows.filter(({ fingerprint }) => attempted.has(fingerprint));
  const timed = ran.length > 0 ? ran : rows;
  const failedBefore = rows.flatMap(({ status, fingerprint }) => (status === "failed" && !attempted.has(fingerprint) ? fingerprint : []));
  const [failed, unfinished] = [having("failed"), having("unfinished")];
  return {
    status: atWork.size > 0 ? "running" : unfinished > 0 ? "unfinished" : failed > 0 ? "failed" : "complete",
    counts: { total: rows.length, succeeded: having("succeeded"), failed, skipped: rows.length - ran.length },
    startedAt:
      timed
        .flatMap(({ start }) => start ?? [])
        .sort()
        .at(0) ?? "",
    finishedAt:
      timed
        .flatMap(({ end }) => end ?? [])
        .sort()
        .at(-1) ?? "",
    tasks: rows,
    taskSet: taskSet(tasks),
    jobName,
    ...(unfinished > 0 && atWork.size === 0 && { reason: reason ?? "tasks did not come to an end" }),
    cost: actualCost([...tasks.flatMap(({ fingerprint }) => records.row(fingerprint) ?? []), ...records.stopped], {
      price: records.price,
      billing: billingOf(parameters.prices),
    }),
    ...(failedBefore.length > 0 && { failedBefore }),
    logs: `s3://${parameters.store.bucket}/${logsPrefix(parameters.resultsPrefix)}`,
  };
}

const openRow = ({ name, fingerprint }: Pick<Task, "name" | "fingerprint">): Row => ({
  name,
  fingerprint,
  status: "unfinished",
  attempts: 0,
  outputs: [],
});

export function rowOf(task: Pick<Task, "name" | "fingerprint">, records: Records): Row {
  const { name, fingerprint } = task;
  const recorded = records.row(fingerprint);
  if (!recorded) return openRow(task);
  const { status, attempts, start, end, node, exitCode, reason, note, logKey, memory, outOfMemory, outputs } = recorded;
  return { name, fingerprint, status, attempts, start, end, node, exitCode, reason, note, logKey, memory, outOfMemory, outputs };
}

/** e.g. "12 tasks: 9 to run (8 new, 1 changed), 3 done before" */
export function describePlan({ run, reasons }: Plan, total: number, atWork: number): string {
  const why = Object.entries(reasons).map(([reason, count]) => `${count} ${reason}`);
  const done = total - run.length - atWork;
  const toRun = run.length > 0 ? `${run.length} to run (${why.join(", ")})` : "none to run";
  return `${plural(total, "task")}: ${toRun}${atWork > 0 ? `, ${atWork} at work` : ""}${done > 0 ? `, ${done} done before` : ""}`;
}
