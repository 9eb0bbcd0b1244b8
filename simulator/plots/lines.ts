import { type Outcome } from "..";

/** A value that changes in steps: from each time on (hours since the trace's start), until the next. */
export type Steps = readonly (readonly [hours: number, value: number])[];

export interface Line {
  readonly name: string;
  readonly steps: Steps;
}

export interface Panel {
  readonly title: string;
  /** Of the vertical axis. */
  readonly unit: string;
  readonly lines: readonly Line[];
  /** Hours. */
  readonly end: number;
}

/** Nodes, pending pods and cost over time, one line for each policy. */
export function panelsOf(outcomes: readonly Outcome[]): Panel[] {
  const end = Math.max(...outcomes.map(endOf));
  const panel = (title: string, unit: string, steps: (outcome: Outcome) => Steps): Panel => {
    return { title, unit, end, lines: outcomes.map((outcome) => ({ name: outcome.policy, steps: steps(outcome) })) };
  };
  return [panel("Nodes paid for", "nodes", nodes), panel("Pending pods", "pods", pending), panel("Cost", "price × hours", cost)];
}

/** Hours until everything is done and no node is left. */
export const endOf = (outcome: Outcome): number => hoursOf(outcome, outcome.cluster.clock.now);

export const nodes = (outcome: Outcome): Steps => outcome.samples.map(({ time, nodes }) => [hoursOf(outcome, time), nodes]);

const pending = (outcome: Outcome): Steps => outcome.samples.map(({ time, pending }) => [hoursOf(outcome, time), pending]);

function cost(outcome: Outcome): Steps {
  let sum = 0;
  return outcome.bill.payments.map(({ time, amount }) => [hoursOf(outcome, time), (sum += amount)]);
}

const hoursOf = ({ cluster: { trace } }: Outcome, time: number): number => (time - Date.parse(trace.start)) / 3_600_000;

/** The highest value in each of `count` equal parts of the time from 0 to `end`. */
export function highest(steps: Steps, end: number, count: number): number[] {
  const peaks = Array.from({ length: count }, () => 0);
  const column = (hours: number): number => Math.min(count - 1, Math.max(0, Math.floor((hours / (end || 1)) * count)));
  for (const [i, [hours, value]] of steps.entries()) {
    const until = column(steps[i + 1]?.[0] ?? end);
    for (let c = column(hours); c <= until; c++) if (value > peaks[c]!) peaks[c] = value;
  }
  return peaks;
}

/** About `count` round numbers from 0 to `most`. */
export function ticks(most: number, count: number): number[] {
  const raw = most / Math.max(1, count) || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw * 0.999)!;
  const last = Math.floor(most / step + 1e-9);
  return Array.from({ length: last + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}
