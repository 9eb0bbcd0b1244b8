/** What the provider answers to the engine. */
import { type Parameters, registryPrefix, type Result, type ScheduledResult } from "../../batch";
import { type Inputs } from "./inputs";
import { toText } from "./text";

export interface Outputs extends Inputs {
  readonly status: Result["status"] | "scheduled";
  readonly counts: Result["counts"];
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Rows, as text: see text.ts. */
  readonly taskResults: string;
  readonly taskSet: string;
  readonly jobName: string;
  readonly cost: Result["cost"];
  readonly logs: string;
  readonly registry: string;
  readonly nextRun: string;
  readonly lastRun: string;
  /** Id of the resource, which a rename in the program does not keep; a state of an earlier version has none. See registry.ts. */
  readonly __owner?: string;
}

/** Rows of the table in Pulumi's state; all rows are in the bucket. */
const rowsInState = 1000;

/** Before anything is known. */
export const nothingYet = {
  status: "unfinished",
  counts: { total: 0, succeeded: 0, failed: 0, skipped: 0 },
  startedAt: "",
  finishedAt: "",
  taskResults: "[]",
  taskSet: "",
  jobName: "",
  cost: { nodeHours: 0 },
  logs: "",
  registry: "",
  nextRun: "",
  lastRun: "",
} as const;

/** Whether there is nothing left to do or to find out. */
export const isSettled = ({ status }: Outputs): boolean => status !== "unfinished" && status !== "running";

export function outputsOf(result: Result | ScheduledResult, { store, name }: Parameters) {
  const { tasks, status, counts, startedAt, finishedAt, taskSet, jobName, cost, logs } = result;
  const failedFirst =
    tasks.length > rowsInState ? [...tasks].sort((a, b) => Number(b.status !== "succeeded") - Number(a.status !== "succeeded")) : tasks;
  const { nextRun = "", lastRun = "" } = ("schedule" in result && result.schedule) || {};
  const registry = `s3://${store.bucket}/${registryPrefix}${name}.json`;
  const taskResults = toText(failedFirst.slice(0, rowsInState));
  return wire({ status, counts, startedAt, finishedAt, taskResults, taskSet, jobName, cost, logs, registry, nextRun, lastRun });
}

/** Pulumi's wire format has no undefined, as JSON. */
const wire = <T>(values: T): T => JSON.parse(JSON.stringify(values)) as T;
