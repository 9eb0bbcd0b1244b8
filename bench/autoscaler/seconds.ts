import { boundsOf, type Outcome, simulate } from "../../simulator";
import { policyNames } from "../../simulator/policies";
import { loadTrace } from "../../simulator/traces/samples";
import { type Trace } from "../../simulator/traces/trace";
import { type Figure } from "../harness/result";

/** Most that may be billed, in terms of the bound; the others are only written down. */
const goals: Readonly<Record<string, number>> = { burst: 1.02, waves: 1.1, "short-tasks": 1.1, "three-pools": 1.1 };

/** The traces with billing by the second. @param withFaults those whose makespan has no goal */
export const secondsFigures = (names: readonly string[], withFaults: readonly string[], say: (line: string) => void): Figure[] =>
  names.flatMap((name) => figuresOf({ ...loadTrace(name), billing: "perSecond" }, withFaults.includes(name), say));

function figuresOf(trace: Trace, hasFaults: boolean, say: (line: string) => void): Figure[] {
  const { name, pools } = trace;
  const ours = simulate(trace, "ours");
  const peers = policyNames.filter((policy) => policy !== "ours").map((policy) => simulate(trace, policy));
  const bounds = boundsOf(trace, ours);
  // Where pools differ, hours weigh what they cost: the fewest hours would be those of the largest nodes.
  const unit = new Set(pools.map(({ price }) => price)).size > 1 ? "cost" : "hours";
  const bill = (outcome: Outcome): number => outcome.bill[unit];
  // What never got its work done is no cheaper for it.
  const bills = peers.filter(({ finished }) => finished).map(bill);
  const placed = bounds.placed![unit];
  const told = peers
    .map((peer) => `${peer.policy} ${(bill(peer) / placed).toFixed(2)}${peer.finished ? "" : " and never done"}`)
    .join(", ");
  const what = unit === "cost" ? "billed time times price" : "billed time";
  for (const { policy, makespan, bill: found, podsKilled } of [ours, ...peers])
    say(
      `${name} by the second, ${policy}: makespan ${makespan.toFixed(0)} s, ${found.hours.toFixed(1)} node-hours, ${podsKilled} pods killed`,
    );
  const figure = (figure: string, value: number, goal: number | null, against: string): Figure => {
    return { name: `${figure}-${name}`, value, unit: "ratio", comparator: "<=", goal, against };
  };
  return [
    figure(
      "billed-seconds-ratio",
      bill(ours) / placed,
      goals[name] ?? null,
      `${what} of a clairvoyant autoscaler, which knows arrivals and boots, not how long tasks run, and moves no pod; ${told}`,
    ),
    figure(
      "billed-seconds-to-ideal",
      bill(ours) / bounds[unit],
      null,
      `${what} that no schedule can go below which knows how long each task runs, or may split and move pods at will`,
    ),
    figure("billed-seconds-to-peers", bill(ours) / Math.min(...bills), 1, "the cheapest of the peers that got the work done"),
    figure("makespan-by-second-ratio", ours.makespan / bounds.makespan, hasFaults ? null : 1.03, "the clairvoyant bound"),
    { ...figure("pods-killed-by-second", ours.podsKilled, 0, "none may be"), unit: "pods" },
  ];
}
