import { boundsOf, type Bounds, type Outcome, simulate } from "../../simulator";
import { nodes, type Panel } from "../../simulator/plots/lines";
import { type PolicyName, policyNames } from "../../simulator/policies";
import { loadTrace } from "../../simulator/traces/samples";
import { type Trace } from "../../simulator/traces/trace";
import { type Figure } from "../harness/result";
import { secondsFigures } from "./seconds";

const traceNames = ["burst", "waves", "short-tasks", "broken-nodes", "quota", "three-pools"];

/** Their makespan is compared with the bound and with the others, but has no goal. */
const withFaults = ["broken-nodes", "quota"];

type Outcomes = Readonly<Record<PolicyName, Outcome>>;

export interface Simulated {
  readonly figures: readonly Figure[];
  /** Nodes over time, a panel for each trace. */
  readonly panels: readonly Panel[];
}

/** Runs all traces under all policies, in simulated time: billed by the clock hour, as in the US, and by the second. */
export function simulateTraces(say: (line: string) => void): Simulated {
  const figures: Figure[] = [];
  const panels: Panel[] = [];
  for (const name of traceNames) {
    const trace: Trace = { ...loadTrace(name), billing: "hourly" };
    const outcomes = Object.fromEntries(policyNames.map((policy) => [policy, simulate(trace, policy)])) as Outcomes;
    const bounds = boundsOf(trace, outcomes.ours);
    figures.push(...figuresOf(trace, outcomes, bounds));
    panels.push(panelOf(trace, outcomes));
    for (const { policy, makespan, bill, podsKilled } of Object.values(outcomes)) {
      say(
        `${name}, ${policy}: makespan ${makespan.toFixed(0)} s, ${bill.hours} node-hours, cost ${bill.cost.toFixed(2)}, ${podsKilled} pods killed`,
      );
    }
  }
  figures.push(...secondsFigures([...traceNames, "office"], withFaults, say));
  return { figures, panels };
}

function figuresOf(trace: Trace, outcomes: Outcomes, bounds: Bounds): Figure[] {
  const { name } = trace;
  // Where pools differ, hours weigh what they cost: the fewest hours would be those of the largest nodes.
  const priced = new Set(trace.pools.map(({ price }) => price)).size > 1;
  const bound = priced ? bounds.cost : bounds.hours;
  const bill = ({ bill: { cost, hours } }: Outcome): number => (priced ? cost : hours);
  const peers = policyNames.filter((policy) => policy !== "ours");
  // What never got its work done is no cheaper for it.
  const bills = peers.filter((peer) => outcomes[peer].finished).map((peer) => bill(outcomes[peer]));
  const ratio = (figure: string, value: number, goal: number | null, against: string): Figure => {
    return { name: figure, value, unit: "ratio", comparator: "<=", goal, against };
  };
  const makespan = ({ finished, makespan }: Outcome): string => (finished ? (makespan / bounds.makespan).toFixed(2) : "never done");
  const paid = (outcome: Outcome): string => `${(bill(outcome) / bound).toFixed(2)}${outcome.finished ? "" : " and never done"}`;
  const others = (show: (outcome: Outcome) => string): string => peers.map((peer) => `${peer} ${show(outcomes[peer])}`).join(", ");
  const { ours } = outcomes;
  const unit = priced ? "billed clock hours times price" : "billed clock hours";
  const requests = ours.requestTimes;
  return [
    ratio(
      `makespan-ratio-${name}`,
      ours.makespan / bounds.makespan,
      withFaults.includes(name) ? null : 1.03,
      `the clairvoyant bound; ${others(makespan)}`,
    ),
    ratio(`billed-hours-ratio-${name}`, bill(ours) / bound, 1.15, `${unit} of the clairvoyant bound; ${others(paid)}`),
    ratio(`billed-hours-to-peers-${name}`, bill(ours) / Math.min(...bills), 1, "the cheaper of the peers that got the work done"),
    {
      name: `pods-killed-${name}`,
      value: ours.podsKilled,
      unit: "pods",
      comparator: "<=",
      goal: 0,
      against: others(({ podsKilled }) => String(podsKilled)),
    },
    {
      name: `request-p99-seconds-${name}`,
      value: quantile(requests, 0.99),
      unit: "s",
      comparator: "<=",
      goal: null,
      against: `from a pod's creation to the next order for it, where one came; ${others(({ requestTimes }) => `${quantile(requestTimes, 0.99).toFixed(1)} s`)}`,
    },
    ...(name === "burst" ? speedups(outcomes) : []),
  ];
}

function speedups({ ours, seed }: Outcomes): Figure[] {
  const speedup = (name: string, seconds: (outcome: Outcome) => number, goal: number | null, what: string): Figure => {
    const against = `the seed's machine: seconds from the burst until the 100 nodes that it needs are ${what}`;
    return { name, value: seconds(seed) / seconds(ours), unit: "times", comparator: ">=", goal, against };
  };
  return [speedup("burst-speedup-vs-seed", untilThere, 50, "Ready"), speedup("burst-order-speedup-vs-seed", untilOrdered, null, "ordered")];
}

const first = ({ tasks }: Outcome): number => tasks[0]!.arrival;

/** Seconds until as many nodes are Ready as there are tasks. */
const untilThere = (outcome: Outcome): number =>
  (outcome.samples.find(({ ready }) => ready >= outcome.tasks.length)!.time - first(outcome)) / 1000;

/** Seconds until as many nodes are ordered as there are tasks. */
function untilOrdered(outcome: Outcome): number {
  let ordered = 0;
  const last = outcome.cluster.statistics.orders.find(({ nodes }) => (ordered += nodes) >= outcome.tasks.length)!;
  return (last.time - first(outcome)) / 1000;
}

/** Until the work is done: some peers keep their nodes for days. */
function panelOf(trace: Trace, outcomes: Outcomes): Panel {
  const last = Math.max(...Object.values(outcomes).flatMap(({ finished, makespan }) => (finished ? [makespan] : [])));
  const end = (1.1 * last + 600) / 3600;
  const lines = Object.values(outcomes).map((outcome) => ({
    name: outcome.policy,
    steps: nodes(outcome).filter(([hours]) => hours <= end),
  }));
  return { title: trace.name, unit: "nodes paid for", end, lines };
}

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
