/** Tasks that leave marks on the shared volume while they run, so that a test sees which ran, and whether one ran twice at a time. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import * as cloud from "./cloud";

/** A line for bash: marks its life every 0.2 s. The task's name is in $TASK. Pods of an index share their host name, so each life has an id of its own. */
export const marking = (job: string, seconds: number): string =>
  [
    "id=$(cat /proc/sys/kernel/random/uuid)",
    `for i in $(seq ${seconds * 5}); do echo "$id $(date +%s%N)" >>/ntuples/${job}/$TASK; sleep 0.2; done`,
    `echo "$id end" >>/ntuples/${job}/$TASK`,
  ].join("; ");

export interface Life {
  readonly id: string;
  /** Nanoseconds since 1970. */
  readonly first: number;
  readonly last: number;
  /** Whether it came to its end. */
  readonly ended: boolean;
}

/** The lives of each task's pods, by the task's name. */
export function lives(job: string): Record<string, Life[]> {
  const folder = cloud.volumeFolder(job);
  return Object.fromEntries(
    readdirSync(folder).map((task) => {
      const lines = readFileSync(join(folder, task), "utf8")
        .trim()
        .split("\n")
        .map((line) => line.split(" ") as [id: string, mark: string]);
      const ids = [...new Set(lines.map(([id]) => id))];
      return [
        task,
        ids.map((id): Life => {
          const marks = lines.flatMap(([name, mark]) => (name === id ? [mark] : []));
          const times = marks.filter((mark) => mark !== "end").map(Number);
          return { id, first: Math.min(...times), last: Math.max(...times), ended: marks.includes("end") };
        }),
      ];
    }),
  );
}

export const started = (job: string): number => Object.keys(lives(job)).length;
export const ended = (job: string): number =>
  Object.values(lives(job))
    .flat()
    .filter((life) => life.ended).length;

/** Expects that every task came to its end, and that no two pods of a task lived at the same time. Answers the tasks that ran more than once. */
export function expectNoOverlap(job: string, tasks: readonly string[]): string[] {
  const all = lives(job);
  expect(Object.keys(all).sort()).toEqual([...tasks].sort());
  for (const [task, pods] of Object.entries(all)) {
    expect({ task, ended: pods.some((life) => life.ended) }).toEqual({ task, ended: true });
    const ordered = [...pods].sort((a, b) => a.first - b.first);
    ordered.slice(1).forEach((life, i) => {
      const gap = (life.first - ordered[i]!.last) / 1e9;
      expect({ task, secondsBetween: gap, together: gap < 0 }).toEqual({ task, secondsBetween: gap, together: false });
    });
  }
  return Object.entries(all).flatMap(([task, pods]) => (pods.length > 1 ? [task] : []));
}
