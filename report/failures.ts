/** Why tasks failed, grouped by reason. Pure. */
import { type TaskRecord } from "../batch/records";
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

/** A task, or an attempt at it, that failed. */
interface Failed {
  readonly reason?: string;
  readonly exitCode?: number;
}

/** Tasks that failed, by what their reasons have in common; the largest groups first. */
export const groupFailures = <T extends Failed & { readonly name: string }>(
  failed: readonly T[],
): { readonly reason: string; readonly tasks: readonly T[] }[] =>
  grouped(failed, (task) => kindOf(reasonOf(task), task.name)).map(([kind, tasks]) => ({ reason: common(kind, tasks), tasks }));

export function failuresOf(records: readonly TaskRecord[], bars: readonly Bar[]): Failures {
  const groups = groupFailures(records.filter(({ status }) => status === "failed"));
  const retried = grouped(
    bars.filter(({ outcome }) => outcome === "retried"),
    (bar) => kindOf(reasonOf(bar), bar.record.name),
  );
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  return {
    groups: groups
      .slice(0, limits.groups)
      .map(({ reason, tasks }) => ({ reason, count: tasks.length, tasks: tasks.slice(0, limits.tasksOfGroup) })),
    otherTasks: sum(groups.slice(limits.groups).map(({ tasks }) => tasks.length)),
    retried: retried.slice(0, limits.reasons).map(([kind, members]) => ({ reason: common(kind, members), count: members.length })),
    otherRetried: sum(retried.slice(limits.reasons).map(([, members]) => members.length)),
  };
}

const reasonOf = ({ reason, exitCode }: Failed): string =>
  reason?.trim() || (exitCode === undefined ? "No reason was recorded" : `Exit code ${exitCode}`);

/** Numbers that tell what went wrong rather than where. */
const telling = /\b(?:status|code|errno|signal|HTTP\S*)[ :=(]{0,2}$/i;

/** A reason without the task's own name and numbers, which tell one failure from another of the same kind. */
function kindOf(reason: string, name: string): string {
  const file = name.slice(name.lastIndexOf("/") + 1);
  const own = [name, file, file.replace(/\.[^.]*$/, "")].filter((text) => text.length > 2);
  const unnamed = own.reduce((text, part) => text.replaceAll(part, "…"), reason);
  return unnamed.replace(/\d+(?:\.\d+)*/g, (digits, at: number) => (telling.test(unnamed.slice(0, at)) ? digits : "…"));
}

/** What all have in common: the reason itself where it is the same, else their kind. */
function common(kind: string, members: readonly Failed[]): string {
  const [first, ...others] = members.map((member) => reasonOf(member));
  return others.every((reason) => reason === first) ? first! : kind;
}

function grouped<T>(members: readonly T[], key: (member: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const member of members) {
    const there = groups.get(key(member));
    if (there) there.push(member);
    else groups.set(key(member), [member]);
  }
  return [...groups].sort(([, a], [, b]) => b.length - a.length);
}
