/** Which tasks have to run, why, and with how much memory. */
import { formatBytes, parseQuantity } from "../../common/quantity";
import { type Parameters } from "../spec";
import { type Records, type Row } from "./index";
import { type Task } from "../spec/tasks";

/** What a container ends with that was killed, e.g. as it used more than its memory. */
export const killedStatus = 137;

export type Reason = "new" | "changed" | "failed before" | "out of memory" | "killed";

export interface PlannedTask extends Task {
  /** A Kubernetes quantity: the `memory` parameter, or more if it has been killed for its memory before. */
  readonly memory: string;
}

export interface Plan {
  /** Tasks to run, in the order of the Job's tasks. */
  readonly run: readonly PlannedTask[];
  /** How many tasks run for which reason. */
  readonly reasons: Readonly<Partial<Record<Reason, number>>>;
}

type Rules = Pick<Parameters, "memory" | "outOfMemory" | "retryFailed" | "retries" | "finalExitCodes">;

/**
 * A task runs when nothing is recorded of it, when it failed and `retryFailed` asks for another try, when it was killed for its memory and may have more now,
 * or when it was killed for another cause before its retries were used up.
 * @param attempted tasks that this call has tried, with the bytes of memory that they had: they run again only with more
 */
export function makePlan(
  tasks: readonly Task[],
  records: Pick<Records, "row" | "changed">,
  rules: Rules,
  attempted: ReadonlyMap<string, number> = new Map(),
): Plan {
  const run: PlannedTask[] = [];
  const reasons: Partial<Record<Reason, number>> = {};
  for (const task of tasks) {
    const row = records.row(task.fingerprint);
    if (row?.status === "succeeded") continue;
    const memory = memoryFor(row, rules);
    const starved = row?.outOfMemory === true && bytesOf(memory) > bytesOf(row.memory);
    const killed = row !== undefined && mayRunOn(row, rules);
    const tried = attempted.get(task.fingerprint);
    if (tried !== undefined && !killed && !(starved && bytesOf(memory) > tried)) continue;
    if (row && !starved && !killed && !retries(row.retry, rules.retryFailed)) continue;
    const reason = starved ? "out of memory" : killed ? "killed" : row ? "failed before" : records.changed(task) ? "changed" : "new";
    reasons[reason] = (reasons[reason] ?? 0) + 1;
    run.push({ ...task, memory });
  }
  return { run, reasons };
}

/** The plan's tasks by their memory: each group is a Job of its own, as all pods of a Job have the same. */
export function groupByMemory(tasks: readonly PlannedTask[]): Map<string, PlannedTask[]> {
  const groups = new Map<string, PlannedTask[]>();
  for (const task of tasks) {
    const group = groups.get(task.memory);
    if (group) group.push(task);
    else groups.set(task.memory, [task]);
  }
  return groups;
}

/** A task that was killed for its memory gets more, and keeps it when it fails for another reason. */
function memoryFor(row: Row | undefined, { memory, outOfMemory }: Rules): string {
  if (!outOfMemory || row?.memory === undefined) return memory;
  const wanted = bytesOf(row.memory) * (row.outOfMemory ? outOfMemory.factor : 1);
  if (wanted <= bytesOf(memory)) return memory;
  return wanted >= bytesOf(outOfMemory.maxMemory) ? outOfMemory.maxMemory : formatBytes(wanted);
}

/**
 * With `outOfMemory`, the Job gives up a task at the exit status of a kill, lest it try again with the same memory: Kubernetes' rules cannot ask for the
 * cause. If it was not the memory, the task has its other attempts in another Job.
 */
export const mayRunOn = ({ exitCode, outOfMemory, attempts }: Pick<Row, "exitCode" | "outOfMemory" | "attempts">, rules: Rules): boolean =>
  rules.outOfMemory !== undefined &&
  exitCode === killedStatus &&
  !outOfMemory &&
  !rules.finalExitCodes.includes(killedStatus) &&
  attempts <= rules.retries;

export const bytesOf = (quantity: string | undefined): number => parseQuantity(quantity ?? "")?.value ?? 0;

/** `true` retries at every call; a text retries what did not run under that text yet. */
const retries = (before: string | undefined, retryFailed: Parameters["retryFailed"]): boolean =>
  typeof retryFailed === "string" ? before !== retryFailed : retryFailed;
