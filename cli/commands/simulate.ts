/** `mks-batch simulate`: what a workload would take and cost under the autoscaler, before anything is paid. Needs no cluster. */
import { writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import { parse } from "yaml";
import { ConfigError } from "../../common/config-error";
import { type Bounds, boundsOf, configOf, type Outcome, simulate } from "../../simulator";
import { panelsOf } from "../../simulator/plots/lines";
import { drawSvg } from "../../simulator/plots/svg";
import { drawTerminal } from "../../simulator/plots/terminal";
import { type PolicyName, policyNames } from "../../simulator/policies";
import { loadTrace, sampleNames } from "../../simulator/traces/samples";
import { type Trace } from "../../simulator/traces/trace";
import { usageError } from "../terminal/errors";
import { table } from "../terminal/table";
import { type World } from "../terminal/world";

interface Options {
  readonly policy: PolicyName | "all";
  readonly svg?: string;
  readonly json?: boolean;
  readonly compare?: Comparison;
  readonly set?: Record<string, unknown>;
}

/** A key of the autoscaler's configuration, and the values that are to stand side by side. */
interface Comparison {
  readonly key: string;
  readonly values: readonly unknown[];
}

export function simulateCommand({ env, stdout }: Pick<World, "env" | "stdout"> = process): Command {
  const draw = (trace: Trace, outcomes: readonly Outcome[], bounds: Bounds): string => {
    const plot = drawTerminal(panelsOf(outcomes), { width: stdout.columns ?? 80, colour: stdout.isTTY === true && !env.NO_COLOR });
    return `${trace.name}: ${trace.description}\n\n${plot}\n\n${summary(outcomes, bounds)}\n`;
  };
  return new Command("simulate")
    .description("run a workload trace through the autoscaler in simulated time, and draw nodes, pending pods and cost")
    .argument("<trace>", `a file (docs/simulate.md), or one of: ${sampleNames().join(", ")}`)
    .addOption(new Option("--policy <name>", "policy that sets the size of the pools").choices([...policyNames, "all"]).default("ours"))
    .option(
      "--set <key=value>",
      "a key of the autoscaler's configuration, e.g. scaleDownDelaySeconds=300; ovh=null: no API credentials (repeatable)",
      collect,
    )
    .option(
      "--compare <key=value,…>",
      "instead of the plot, print a table with a row for each value of a key, e.g. scaleDownDelaySeconds=0,60,auto",
      readComparison,
    )
    .option("--svg <file>", "write the plot to a file as well")
    .option("--json", "print JSON")
    .action((name: string, options: Options) => {
      const { compare } = options;
      if (compare && (options.policy !== "ours" || options.svg || options.json))
        throw usageError(["--compare: cannot be combined with --policy, --svg or --json"]);
      if (compare) return void stdout.write(`${compared(name, compare, options)}\n`);
      const { trace, outcomes, bounds } = run(name, options);
      if (options.svg) writeFileSync(options.svg, drawSvg(`${trace.name}: ${trace.description}`, panelsOf(outcomes)));
      stdout.write(options.json ? `${JSON.stringify(describe(trace, outcomes, bounds), null, 2)}\n` : draw(trace, outcomes, bounds));
    });
}

function run(name: string, { policy, set = {} }: Options): { trace: Trace; outcomes: Outcome[]; bounds: Bounds } {
  try {
    const trace = loadTrace(name);
    const config = configOf(trace, set);
    const chosen = policy === "all" ? policyNames : [policy];
    const outcomes = chosen.map((each) => simulate(trace, each, config));
    return { trace, outcomes, bounds: boundsOf(trace, outcomes[0]!) };
  } catch (error) {
    if (error instanceof ConfigError) throw usageError(error.message.split("\n"));
    throw error;
  }
}

/** A row for each value. */
function compared(name: string, { key, values }: Comparison, options: Options): string {
  const runs = values.map((value) => ({ value, ...run(name, { ...options, set: { ...options.set, [key]: value } }) }));
  const rows = runs.map(({ value, outcomes }) => [String(value), ...resultOf(outcomes[0]!)]);
  return table([key, ...resultHeads], [...rows, ["at best", ...boundRow(runs.at(-1)!.bounds)]]);
}

/** Reads `KEY=VALUE,VALUE`. */
function readComparison(text: string): Comparison {
  const [, key, values] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (key === undefined || values === undefined) throw usageError([`--compare ${text}: must be KEY=VALUE,VALUE`]);
  return { key, values: values.split(",").map((value) => parse(value) as unknown) };
}

/** Adds a `--set`. Values are YAML, so that numbers are numbers. */
function collect(text: string, before: Record<string, unknown> | undefined): Record<string, unknown> {
  const at = text.indexOf("=");
  if (at < 1) throw usageError([`--set ${text}: must be KEY=VALUE`]);
  return { ...before, [text.slice(0, at)]: parse(text.slice(at + 1)) as unknown };
}

const resultHeads = ["makespan", "billed hours", "cost", "wait (mean)", "wait (median)", "wait (99 %)", "most nodes", "pods killed"];

const resultOf = ({ finished, makespan, bill, waits, peakNodes, podsKilled }: Outcome): (string | number)[] => [
  finished ? time(makespan) : "not done",
  Number(bill.hours.toFixed(1)),
  bill.cost.toFixed(2),
  time(waits.reduce((sum, wait) => sum + wait, 0) / Math.max(1, waits.length)),
  time(quantile(waits, 0.5)),
  time(quantile(waits, 0.99)),
  peakNodes,
  podsKilled,
];

/** By the second, the bound is for an autoscaler that does not know how long tasks run; see docs/simulate.md. */
function boundRow({ makespan, hours, cost, placed = { hours, cost } }: Bounds): (string | number | undefined)[] {
  return [time(makespan), Number(placed.hours.toFixed(1)), placed.cost.toFixed(2), ...Array<undefined>(resultHeads.length - 3)];
}

function summary(outcomes: readonly Outcome[], bounds: Bounds): string {
  const rows = outcomes.map((outcome) => [outcome.policy, ...resultOf(outcome)]);
  return table(["policy", ...resultHeads], [...rows, ["at best", ...boundRow(bounds)]]);
}

function describe(trace: Trace, outcomes: readonly Outcome[], bounds: Bounds) {
  const policies = outcomes.map(({ policy, finished, makespan, bill, waits, requestTimes, peakNodes, podsKilled }) => ({
    policy,
    finished,
    makespanSeconds: finished ? makespan : null,
    billedHours: bill.hours,
    cost: bill.cost,
    waitSeconds: { median: quantile(waits, 0.5), p99: quantile(waits, 0.99), most: waits.at(-1) ?? 0 },
    requestSeconds: { median: quantile(requestTimes, 0.5), p99: quantile(requestTimes, 0.99) },
    peakNodes,
    podsKilled,
  }));
  return {
    trace: trace.name,
    bound: {
      makespanSeconds: bounds.makespan,
      billedHours: bounds.hours,
      cost: bounds.cost,
      ...(bounds.placed && { placed: { billedHours: bounds.placed.hours, cost: bounds.placed.cost } }),
    },
    policies,
  };
}

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;

function time(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min ${whole % 60} s` : `${Number(seconds.toFixed(1))} s`;
}
