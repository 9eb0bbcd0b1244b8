/** How many nodes worked, and how many tasks ran and waited, over time. Pure. */
import { isDrawn } from "./bars";
import { type Clock } from "./clock";
import { type Model } from "./model";

/** From `at` on (a share of the time axis, from 0 to 1) the value holds until the next point. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

export interface Series {
  readonly points: readonly Point[];
  readonly peak: number;
  /** Averaged over time. */
  readonly mean: number;
}

/** Most points of a plot. With more steps, each point is the highest value of its part of the axis. */
const finest = 600;

/** [time in milliseconds, change of the value] */
type Change = readonly [number, number];

export function nodeSeries({ nodes, clock }: Pick<Model, "nodes" | "clock">): Series {
  return series(
    nodes.flatMap(({ spans }) =>
      spans.flatMap(({ from, to }): Change[] => [
        [from, 1],
        [to, -1],
      ]),
    ),
    clock,
  );
}

export function runningSeries({ bars, clock }: Pick<Model, "bars" | "clock">): Series {
  return series(
    bars.filter(isDrawn).flatMap(({ start, end }): Change[] => [
      [start, 1],
      [end, -1],
    ]),
    clock,
  );
}

/** A task waits from the begin of the run in which it was first tried, and between its attempts. */
export function waitingSeries({ bars, clock }: Pick<Model, "bars" | "clock">): Series {
  const changes: Change[] = [];
  let previous: { record: unknown; end: number } | undefined;
  for (const bar of bars) {
    if (!isDrawn(bar)) continue;
    const since = previous?.record === bar.record ? previous.end : clock.runs[clock.runAt(bar.start)]!.from;
    if (since < bar.start) changes.push([since, 1], [bar.start, -1]);
    previous = { record: bar.record, end: bar.end };
  }
  return series(changes, clock);
}

function series(changes: readonly Change[], clock: Clock): Series {
  // What ends counts before what begins at the same time: a node that goes from one task to the next never runs two.
  const sorted = [...changes].sort(([a, up], [b, down]) => a - b || up - down);
  const points: { at: number; value: number }[] = [];
  let [value, peak, area] = [0, 0, 0];
  for (const [time, change] of sorted) {
    const at = clock.share(time);
    const last = points.at(-1);
    if (last) area += (at - last.at) * value;
    value += change;
    if (last?.at === at) last.value = value;
    else points.push({ at, value });
  }
  for (const point of points) peak = Math.max(peak, point.value);
  return { points: points.length > finest ? highest(points) : points, peak, mean: area };
}

function highest(points: readonly Point[]): Point[] {
  const coarse: { at: number; value: number }[] = [];
  let held = 0;
  for (const { at, value } of points) {
    const column = Math.floor(at * finest) / finest;
    const last = coarse.at(-1);
    if (last?.at === column) last.value = Math.max(last.value, value);
    // The value with which the column begins counts too.
    else coarse.push({ at: column, value: Math.max(held, value) });
    held = value;
  }
  return [...coarse.slice(0, -1), { at: points.at(-1)!.at, value: held }];
}
