/**
 * The time axis of the plots. A batch Job that is updated now and then has its runs days apart: the axis counts only the time
 * within runs, so that what happened stays visible.
 */

/** A stretch of time, in milliseconds since 1970. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Jobs that begin so soon after another one's end belong to the same run, e.g. a second try with more memory; milliseconds. */
const sameRun = 120_000;

/** Merges stretches that overlap or nearly touch; sorted by time. */
export function mergeStretches(stretches: Iterable<Stretch>, gap = sameRun): Stretch[] {
  const merged: Stretch[] = [];
  for (const { from, to } of [...stretches].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last && from <= last.to + gap) merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, to) };
    else merged.push({ from, to });
  }
  return merged;
}

export class Clock {
  /** Seconds within runs that had passed when each run began. */
  private readonly before: readonly number[];
  /** Seconds within all runs. */
  readonly total: number;

  /** @param runs sorted and apart from each other, as mergeStretches answers them */
  constructor(readonly runs: readonly Stretch[]) {
    let total = 0;
    this.before = runs.map(({ from, to }) => {
      const before = total;
      total += (to - from) / 1000;
      return before;
    });
    this.total = total;
  }

  /** Seconds within runs up to a time. */
  elapsed(time: number): number {
    const run = this.runAt(time);
    const { from, to } = this.runs[run]!;
    return this.before[run]! + (Math.min(Math.max(time, from), to) - from) / 1000;
  }

  /** Which run a time belongs to: the last one that had begun by then. */
  runAt(time: number): number {
    let [low, high] = [0, this.runs.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.runs[middle]!.from <= time) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Where a time lies on the axis, from 0 to 1. */
  share(time: number): number {
    return this.total > 0 ? this.elapsed(time) / this.total : 0;
  }

  /** Where the runs after the first begin on the axis, from 0 to 1. */
  get cuts(): readonly number[] {
    return this.total > 0 ? this.before.slice(1).map((seconds) => seconds / this.total) : [];
  }

  /** Round times for the labels of the axis, in seconds from the begin; at most five. */
  get ticks(): readonly number[] {
    if (this.total === 0) return [0];
    const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];
    const step = steps.find((candidate) => candidate * 4 >= this.total) ?? Math.ceil(this.total / 4 / 86_400) * 86_400;
    return Array.from({ length: Math.floor(this.total / step) + 1 }, (_, i) => i * step);
  }
}
