/** Which tasks have to run, and why. */
import { type Parameters } from "./parameters";
import { type Records } from "./records";
import { type Task } from "./tasks";

export type Reason = "new" | "changed" | "failed before";

export interface Plan {
  /** Tasks to run, in the order of the Job's tasks. */
  readonly run: readonly Task[];
  /** How many tasks run for which reason. */
  readonly reasons: Readonly<Partial<Record<Reason, number>>>;
}

/** A task runs when nothing is recorded of it, or when it failed and `retryFailed` asks for another try. */
export function makePlan(tasks: readonly Task[], records: Records, retryFailed: Parameters["retryFailed"]): Plan {
  const run: Task[] = [];
  const reasons: Partial<Record<Reason, number>> = {};
  for (const task of tasks) {
    const row = records.row(task.fingerprint);
    if (row?.status === "succeeded" || (row && !retries(row.retry, retryFailed))) continue;
    const reason = row ? "failed before" : records.changed(task) ? "changed" : "new";
    reasons[reason] = (reasons[reason] ?? 0) + 1;
    run.push(task);
  }
  return { run, reasons };
}

/** `true` retries at every call; a text retries what did not run under that text yet. */
const retries = (before: string | undefined, retryFailed: Parameters["retryFailed"]): boolean =>
  typeof retryFailed === "string" ? before !== retryFailed : retryFailed;
