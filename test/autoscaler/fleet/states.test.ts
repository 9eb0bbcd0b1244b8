import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decide, type PoolState } from "../../../autoscaler/decision/decide";
import { type Snapshot } from "../../../autoscaler/state/model";
import { emptyHistory, type History } from "../../../autoscaler/state/history";
import { poolStates, reasonOf, takeover, transitions } from "../../../autoscaler/fleet/states";
import { draining, idle, namedRules, node, pod, pods, pool, rules, snapshot } from "../build";

const page = readFileSync(join(__dirname, "..", "..", "..", "docs", "autoscaler.md"), "utf8");

test("docs/autoscaler.md draws the transitions that the code has", () => {
  const drawn = [...page.matchAll(/^ {2}(\w+) --> (\w+): (.+)$/gm)].map(([, from, to, when]) =>
    [from, to, when].map((text) => text!.trim()),
  );
  expect(drawn).toEqual(transitions.map((transition) => [...transition]));
});

test("docs/autoscaler.md names every state", () => {
  for (const state of Object.keys(poolStates)) expect(page).toContain(`\`${state}\``);
});

test("every state can be reached and left", () => {
  for (const state of Object.keys(poolStates).filter((name) => name !== takeover.to)) {
    expect(transitions.map(([, to]) => to)).toContain(state);
    expect(transitions.map(([from]) => from)).toContain(state);
  }
});

const state = (input: Partial<Snapshot>, history: History = emptyHistory, given = rules): PoolState =>
  decide(snapshot(input), history, given).pools[0]!.state;

test.each<[PoolState, Partial<Snapshot>]>([
  ["resting", {}],
  ["resting", { nodes: [node("a")], pools: [pool({ desired: 1, min: 1 })] }],
  ["growing", { pods: pods(1) }],
  ["growing", { pods: pods(1), pools: [pool({ desired: 1 })] }],
  ["growing", { nodes: [node("a", { ready: false })], pods: pods(1), pools: [pool({ desired: 1 })] }],
  ["working", { nodes: [node("a")], pods: [pod(1000, { node: "a" })], pools: [pool({ desired: 1 })] }],
  ["idle", { nodes: [node("a")], pools: [pool({ desired: 1 })] }],
  ["blocked", { pods: pods(3), pools: [pool({ desired: 1, problem: "quota", granted: 0 })] }],
  ["shrinking", { nodes: [draining("a", 9000)], pools: [pool({ desired: 0 })] }],
  ["standing-by", { pods: pods(3), pools: [pool({ autoscale: true })] }],
])("a pool is %s", (expected, input) => expect(state(input)).toBe(expected));

test("a pool is draining when a node is watched beside one that works", () => {
  const input = { nodes: [draining("a", 500), node("b")], pods: [pod(1000, { node: "b" })], pools: [pool({ desired: 2 })] };
  expect(state(input, idle(60_000, "node/a"), namedRules)).toBe("draining");
});

test("changes have their reasons; what no rule leads to was done by hand", () => {
  expect(reasonOf("resting", "growing")).toBe("pods wait");
  expect(reasonOf("working", "standing-by")).toBe("autoscale: true");
  expect(reasonOf("standing-by", "working")).toBe("autoscale: false");
  expect(reasonOf("resting", "shrinking")).toBe("the pool was edited");
});
