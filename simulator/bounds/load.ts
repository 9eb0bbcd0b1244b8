import { functionCount } from "./weights";

interface Item {
  readonly weights: Float64Array;
  /** Earliest and latest start, milliseconds since 1970. */
  readonly earliest: number;
  readonly latest: number;
  /** Milliseconds. */
  readonly duration: number;
}

/** Windows over which the load is averaged, and the steps between them, in milliseconds. */
const windowLengths = [300_000, 900_000, 1_800_000, 3_600_000];
const step = 300_000;

/** The load that no schedule can avoid, when every task has a window in which it has to start. */
export class Load {
  constructor(private readonly items: readonly Item[]) {}

  /** The highest load that each period of `period` milliseconds has to carry, by its number since 1970; what comes within `after` milliseconds of its end counts too. */
  peaks(period: number, after: number): Map<number, number> {
    const peaks = new Map<number, number>();
    const raise = (from: number, to: number, load: number): void => {
      for (let p = Math.floor((from - after) / period); p * period < to; p++) if (load > (peaks.get(p) ?? 0)) peaks.set(p, load);
    };
    this.certain(raise);
    this.averages(period, after, (p, load) => {
      if (load > (peaks.get(p) ?? 0)) peaks.set(p, load);
    });
    return peaks;
  }

  /** Load times time of all tasks, in milliseconds. */
  energy(): number {
    const sums = new Float64Array(functionCount);
    for (const { weights, duration } of this.items) add(sums, weights, duration);
    return Math.max(0, ...sums);
  }

  /** From the first task's earliest start to the last one's latest end, and the time before which they cannot all have ended, in milliseconds since 1970. */
  range(): { from: number; to: number; certain: number } {
    const from = this.items.reduce((least, { earliest }) => Math.min(least, earliest), Infinity);
    return {
      from,
      to: this.items.reduce((most, { latest, duration }) => Math.max(most, latest + duration), 0),
      certain: this.items.reduce((most, { earliest, duration }) => Math.max(most, earliest + duration), 0),
    };
  }

  /** The load of tasks that certainly run, from each time (milliseconds since 1970) on; the last one is 0. */
  profile(): { readonly time: number; readonly level: number }[] {
    const profile: { time: number; level: number }[] = [];
    let end = 0;
    this.certain((from, to, load) => {
      if (end > 0 && from > end) profile.push({ time: end, level: 0 });
      if (profile.at(-1)?.level !== load) profile.push({ time: from, level: load });
      end = to;
    });
    return end > 0 ? [...profile, { time: end, level: 0 }] : [];
  }

  /** The load of tasks that certainly run, as it is between one change of it and the next. */
  private certain(raise: (from: number, to: number, load: number) => void): void {
    const changes = this.items.flatMap(({ weights, earliest, latest, duration }) => {
      const end = earliest + duration;
      return latest < end
        ? [
            { time: latest, weights, sign: 1 },
            { time: end, weights, sign: -1 },
          ]
        : [];
    });
    changes.sort((a, b) => a.time - b.time || a.sign - b.sign);
    const sums = new Float64Array(functionCount);
    for (const [i, { time, weights, sign }] of changes.entries()) {
      add(sums, weights, sign);
      const next = changes[i + 1]?.time;
      if (next !== undefined && next > time) raise(time, next, Math.max(0, ...sums) - 1e-6);
    }
  }

  /** The average of what has to fall into each window. */
  private averages(period: number, after: number, raise: (period: number, load: number) => void): void {
    const byStart = [...this.items].sort((a, b) => a.earliest - b.earliest);
    const longest = Math.max(0, ...byStart.map(({ earliest, latest, duration }) => latest - earliest + duration));
    if (byStart.length === 0 || longest === Infinity) return;
    const last = byStart.at(-1)!.earliest + longest;
    for (let p = Math.floor(byStart[0]!.earliest / period); p * period < last; p++) {
      for (const length of windowLengths) {
        for (let from = p * period; from + length <= (p + 1) * period + after; from += step) {
          raise(p, this.inWindow(byStart, longest, from, from + length) / length - 1e-6);
        }
      }
    }
  }

  private inWindow(byStart: readonly Item[], longest: number, from: number, to: number): number {
    const sums = new Float64Array(functionCount);
    for (let i = firstAfter(byStart, from - longest); i < byStart.length && byStart[i]!.earliest < to; i++) {
      const { weights, earliest, latest, duration } = byStart[i]!;
      const part = Math.min(duration, to - from, earliest + duration - from, to - latest);
      if (part > 0) add(sums, weights, part);
    }
    return Math.max(...sums);
  }
}

function add(sums: Float64Array, weights: Float64Array, times: number): void {
  for (let k = 0; k < sums.length; k++) sums[k]! += weights[k]! * times;
}

function firstAfter(items: readonly Item[], time: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle]!.earliest < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
