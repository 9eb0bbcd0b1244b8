/** `mks-batch simulate`: what a workload would take and cost under the autoscaler, before anything is paid. Needs no cluster. */
import { writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import { parse } from "yaml";
import { ConfigError } from "../autoscaler/errors";
import { type Bounds, boundsOf, configOf, type Outcome, simulate } from "../autoscaler/simulate";
import { panelsOf } from "../autoscaler/simulate/plot/lines";
import { drawSvg } from "../autoscaler/simulate/plot/svg";
import { drawTerminal } from "../autoscaler/simulate/plot/terminal";
import { type PolicyName, policyNames } from "../autoscaler/simulate/policies";
import { loadTrace, sampleNames } from "../autoscaler/simulate/samples";
import { type Trace } from "../autoscaler/simulate/trace";
import { usageError } from "./errors";
import { table } from "./table";
import { type World } from "./world";

interface Options {
  readonly policy: PolicyName | "all";
  readonly svg?: string;
  readonly json?: boolean;
  readonly set?: Record<string, unknown>;
}

export function simulateCommand({ env, stdout }: Pick<World, "env" | "stdout"> = process): Command {
  const draw = (trace: Trace, outcomes: readonly Outcome[], bounds: Bounds): string => {
    const plot = drawTerminal(panelsOf(outcomes), { width: stdout.columns ?? 80, colour: stdout.isTTY === true && !env.NO_COLOR });
    return `${trace.name}: ${trace.description}\n\n${plot}\n\n${summary(outcomes, bounds)}\n`;
  };
  return new Command("simulate")
    .description("run a workload trace through the autoscaler in simulated time, and draw nodes, pending pods and cost")
    .argument("<trace>", `a file (docs/simulate.md), or one of: ${sampleNames().join(", ")}`)
    .addOption(new Option("--policy <name>", "who decides on the pools' sizes").choices([...policyNames, "all"]).default("ours"))
    .option(
      "--set <key=value>",
      "a key of the autoscaler's configuration, e.g. scaleDownDelaySeconds=300; ovh=null: no API credentials (repeatable)",
      collect,
    )
    .option("--svg <file>", "write the plot to a file as well")
    .option("--json", "print JSON")
    .action((name: string, options: Options) => {
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

/** Adds a `--set`. Values are YAML, so that numbers are numbers. */
function collect(text: string, before: Record<string, unknown> | undefined): Record<string, unknown> {
  const at = text.indexOf("=");
  if (at < 1) throw usageError([`--set ${text}: must be KEY=VALUE`]);
  return { ...before, [text.slice(0, at)]: parse(text.slice(at + 1)) as unknown };
}

function summary(outcomes: readonly Outcome[], bounds: Bounds): string {
  const heads = ["policy", "makespan", "billed hours", "cost", "wait (median)", "wait (99 %)", "most nodes", "pods killed"];
  const rows = outcomes.map(({ policy, finished, makespan, bill, waits, peakNodes, podsKilled }) => [
    policy,
    finished ? time(makespan) : "not done",
    Number(bill.hours.toFixed(1)),
    bill.cost.toFixed(2),
    time(quantile(waits, 0.5)),
    time(quantile(waits, 0.99)),
    peakNodes,
    podsKilled,
  ]);
  const bound = ["at best", time(bounds.makespan), Number(bounds.hours.toFixed(1)), bounds.cost.toFixed(2), ...Array<undefined>(4)];
  return table(heads, [...rows, bound]);
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
  return { trace: trace.name, bound: { makespanSeconds: bounds.makespan, billedHours: bounds.hours, cost: bounds.cost }, policies };
}

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;

function time(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min ${whole % 60} s` : `${Number(seconds.toFixed(1))} s`;
}
