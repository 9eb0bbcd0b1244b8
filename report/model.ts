/** What a report tells, from the records of the tasks. Pure. */
import { actualCost, type Cost } from "../batch/cost";
import { type Billing } from "../common/billing";
import { type TaskRecord } from "../batch/records";
import { type Bar, barsOf, isDrawn } from "./bars";
import { Clock, mergeStretches, type Stretch } from "./clock";
import { type Failures, failuresOf } from "./failures";

export interface ReportInput {
  /** Of the tasks that have ended. */
  readonly records: readonly TaskRecord[];
  /** Names of the tasks without a record. */
  readonly unfinished?: readonly string[];
  /** @default without a price */
  readonly cost?: Cost;
  /** @default perSecond */
  readonly billing?: Billing;
  readonly now: Date;
}

export interface Totals {
  readonly tasks: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly unfinished: number;
  /** Of the succeeded and failed ones, those that ended in an earlier run than the last. */
  readonly skipped: number;
  readonly attempts: number;
  /** Attempts beyond each task's first. */
  readonly retries: number;
  /** From the first start to the last end, without the time between runs; in seconds. */
  readonly makespan: number;
  /** Sum over all attempts, in seconds. */
  readonly taskSeconds: number;
  /** Tasks that ended per hour of makespan; undefined when nothing was timed. */
  readonly perHour?: number;
}

export interface NodeUse {
  readonly name: string;
  readonly bars: readonly Bar[];
  /** Seconds in which at least one attempt ran. */
  readonly busy: number;
  /** From the first start to the last end, for each run. */
  readonly spans: readonly Stretch[];
}

export interface Model {
  readonly totals: Totals;
  /** All attempts, in the order of their tasks. */
  readonly bars: readonly Bar[];
  readonly clock: Clock;
  /** In the order in which they began to work. */
  readonly nodes: readonly NodeUse[];
  /** Attempts without a node or times: they never began, or their pods were gone before anybody looked. */
  readonly undrawn: number;
  readonly failures: Failures;
  readonly cost: Cost & {
    readonly billing: Billing;
    /** Share of the billed time in which no attempt ran on the node; undefined when nothing is billed. */
    readonly idle?: number;
  };
  readonly records: readonly TaskRecord[];
  readonly unfinished: readonly string[];
}

export function modelOf({ records, unfinished = [], cost, billing = "perSecond", now }: ReportInput): Model {
  const bars = records.flatMap(barsOf);
  const drawn = bars.filter(isDrawn);
  const clock = new Clock(mergeStretches(stretchesOfJobs(bars)));
  const nodes = nodesOf(drawn, clock);
  const billed =
    cost ??
    actualCost(
      records.flatMap(({ attempts }) => attempts),
      { billing },
      now,
    );
  const busy = sum(nodes, (node) => node.busy);
  const idle = billed.nodeHours > 0 ? Math.max(0, 1 - busy / (billed.nodeHours * 3600)) : undefined;
  return {
    totals: totalsOf(records, unfinished.length, bars, clock),
    bars,
    clock,
    nodes,
    undrawn: bars.length - drawn.length,
    failures: failuresOf(records, bars),
    cost: { ...billed, billing, idle },
    records,
    unfinished,
  };
}

function totalsOf(records: readonly TaskRecord[], unfinished: number, bars: readonly Bar[], clock: Clock): Totals {
  const having = (status: TaskRecord["status"]) => records.filter((record) => record.status === status).length;
  const [succeeded, failed] = [having("succeeded"), having("failed")];
  const drawn = bars.filter(isDrawn);
  const timed = new Set(drawn.map(({ record }) => record));
  const lastRun = clock.runs.length - 1;
  const inLastRun = new Set(drawn.filter(({ start }) => clock.runAt(start) === lastRun).map(({ record }) => record));
  return {
    tasks: records.length + unfinished,
    succeeded,
    failed,
    unfinished: unfinished + having("unfinished"),
    skipped: timed.size - inLastRun.size,
    attempts: bars.length,
    retries: sum(records, ({ attempts }) => Math.max(0, attempts.length - 1)),
    makespan: clock.total,
    taskSeconds: sum(drawn, ({ start, end }) => (end - start) / 1000),
    ...(clock.total > 0 && { perHour: (timed.size / clock.total) * 3600 }),
  };
}

type Drawn = Bar & { readonly node: string; readonly start: number; readonly end: number };

/** From each Job's first start to its last end. This includes the time in which an attempt hung and did not end. */
function stretchesOfJobs(bars: readonly Bar[]): Iterable<Stretch> {
  const jobs = new Map<string, Stretch>();
  for (const bar of bars) {
    const { record, began, end = began } = bar;
    if (began === undefined || end === undefined) continue;
    const { from, to } = jobs.get(record.job.uid) ?? { from: began, to: end };
    jobs.set(record.job.uid, { from: Math.min(from, began), to: Math.max(to, end) });
  }
  return jobs.values();
}

function nodesOf(bars: readonly Drawn[], clock: Clock): NodeUse[] {
  const byNode = new Map<string, Drawn[]>();
  for (const bar of [...bars].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const there = byNode.get(bar.node);
    if (there) there.push(bar);
    else byNode.set(bar.node, [bar]);
  }
  return [...byNode].map(([name, own]) => {
    const spans = new Map<number, Stretch>();
    for (const { start, end } of own) {
      const run = clock.runAt(start);
      const { from, to } = spans.get(run) ?? { from: start, to: end };
      spans.set(run, { from, to: Math.max(to, end) });
    }
    const stretches = own.map(({ start, end }) => ({ from: start, to: end }));
    return { name, bars: own, busy: sum(mergeStretches(stretches, 0), ({ from, to }) => (to - from) / 1000), spans: [...spans.values()] };
  });
}

const sum = <T>(values: Iterable<T>, of: (value: T) => number): number => {
  let total = 0;
  for (const value of values) total += of(value);
  return total;
};
