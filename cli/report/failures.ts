/** Why tasks failed, grouped by reason. Pure. */
import { type TaskRecord } from "../../batch/records";
import { type Bar } from "./bars";

/** How much of it a page shows in full; the rest is counted. */
const limits = { groups: 20, tasksOfGroup: 5, reasons: 10 };

export interface FailureGroup {
  readonly reason: string;
  readonly count: number;
  /** The first few. */
  readonly tasks: readonly TaskRecord[];
}

export interface Failures {
  /** The largest groups first. */
  readonly groups: readonly FailureGroup[];
  /** Tasks that failed for other reasons than the groups'. */
  readonly otherTasks: number;
  /** Why attempts failed after which the task was tried again. */
  readonly retried: readonly { readonly reason: string; readonly count: number }[];
  readonly otherRetried: number;
}

export function failuresOf(records: readonly TaskRecord[], bars: readonly Bar[]): Failures {
  const groups = grouped(
    records.filter(({ status }) => status === "failed"),
    (record) => reasonOf(record),
  );
  const retried = grouped(
    bars.filter(({ outcome }) => outcome === "retried"),
    (bar) => reasonOf(bar),
  );
  const count = <T>(rest: readonly [string, readonly T[]][]) => rest.reduce((total, [, members]) => total + members.length, 0);
  return {
    groups: groups
      .slice(0, limits.groups)
      .map(([reason, members]) => ({ reason, count: members.length, tasks: members.slice(0, limits.tasksOfGroup) })),
    otherTasks: count(groups.slice(limits.groups)),
    retried: retried.slice(0, limits.reasons).map(([reason, members]) => ({ reason, count: members.length })),
    otherRetried: count(retried.slice(limits.reasons)),
  };
}

export const reasonOf = ({ reason, exitCode }: { readonly reason?: string; readonly exitCode?: number }): string =>
  reason?.trim() || (exitCode === undefined ? "No reason was recorded" : `Exit code ${exitCode}`);

function grouped<T>(members: readonly T[], key: (member: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const member of members) {
    const there = groups.get(key(member));
    if (there) there.push(member);
    else groups.set(key(member), [member]);
  }
  return [...groups].sort(([, a], [, b]) => b.length - a.length);
}
