/** The attempts at tasks, as the plots show them. */
import { type Attempt, type TaskRecord } from "../batch/records";

/** `retried`: it failed, and another attempt followed. */
export type Outcome = "succeeded" | "failed" | "retried";

export interface Bar {
  readonly record: TaskRecord;
  /** From 1. */
  readonly number: number;
  readonly outcome: Outcome;
  readonly node?: string;
  /** When it began, also if nobody saw its end, in milliseconds since 1970. */
  readonly began?: number;
  /** In milliseconds since 1970; both or none. */
  readonly start?: number;
  readonly end?: number;
  readonly exitCode?: number;
  readonly reason?: string;
}

export interface Lane {
  readonly label: string;
  readonly title: string;
  readonly bars: readonly Bar[];
}

export const isDrawn = (bar: Bar): bar is Bar & { readonly node: string; readonly start: number; readonly end: number } =>
  bar.node !== undefined && bar.start !== undefined;

export function barsOf(record: TaskRecord): Bar[] {
  return record.attempts.map((attempt, i) => ({
    record,
    number: i + 1,
    outcome: outcomeOf(attempt, i === record.attempts.length - 1, record.status),
    node: attempt.node,
    ...(attempt.start !== undefined && { began: Date.parse(attempt.start) }),
    ...timesOf(attempt),
    exitCode: attempt.exitCode,
    reason: attempt.reason,
  }));
}

function outcomeOf({ exitCode }: Attempt, last: boolean, status: TaskRecord["status"]): Outcome {
  if (exitCode === 0) return "succeeded";
  if (!last) return "retried";
  if (status === "failed") return "failed";
  // A task can have succeeded by a pod that nobody saw: then its last attempt known is one that failed.
  return exitCode === undefined ? "succeeded" : "retried";
}

/** Clocks of two machines can differ: no attempt ends before it begins. */
function timesOf({ start, end }: Attempt): { start: number; end: number } | undefined {
  const [from, to] = [Date.parse(start ?? ""), Date.parse(end ?? "")];
  return Number.isNaN(from) || Number.isNaN(to) ? undefined : { start: from, end: Math.max(from, to) };
}
