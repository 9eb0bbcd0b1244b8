import { decide, type Decision } from "../../../autoscaler/decision/decide";
import { type Snapshot } from "../../../autoscaler/state/model";
import { emptyHistory, type History } from "../../../autoscaler/state/history";
import { type Rules } from "../../../autoscaler/state/rules";
import { draining, idle, namedRules, node, now, pod, pods, pool, rules, snapshot } from "../build";

const hourly: Rules = { ...rules, billing: "hourly", billingMargin: 120_000 };
const named: Rules = { ...namedRules, billing: "hourly", billingMargin: 120_000 };
const minute = 60_000;

/** `now` is a full hour. */
const at = (minutes: number, history: History, given: Rules = hourly, input: Partial<Snapshot> = {}): Decision =>
  decide(snapshot({ now: now + minutes * minute, nodes: [node("a")], pools: [pool({ desired: 1 })], ...input }), history, given);
const longIdle = idle(60 * minute, "pool/compute", "node/a", "node/b");

describe.each([
  ["a pool", hourly],
  ["a node by name", named],
])("billing by the clock hour: %s", (_name, given) => {
  test("is kept until shortly before the hour ends, and woken up for then", () => {
    const decision = at(10, longIdle, given);
    expect(decision.actions).toEqual([]);
    expect(decision.wakeAt).toBe(now + 58 * minute);
    expect(decision.pools).toMatchObject([{ state: "idle" }]);
    expect(at(58, longIdle, given).actions).toMatchObject([{ type: "cordon", node: "a" }]);
  });

  test("is kept for another hour when it becomes idle too late for the delay to end", () => {
    const busy = at(59.5, longIdle, given, { pods: [pod(1000, { node: "a" })] }).history;
    const idleAt = at(59.6, busy, given).history;
    expect(at(59.9, idleAt, given).actions).toEqual([]);
    expect(at(61, idleAt, given).actions).toEqual([]);
    expect(at(118, idleAt, given).actions).toMatchObject([{ type: "cordon" }]);
  });

  test("is not cordoned when the hour would be over before it could go", () => {
    expect(at(60 - 1 / 60, longIdle, given).actions).toEqual([]);
  });

  test("is given back when the hour ended while it was being drained", () => {
    const late = { nodes: [draining("a", -59.99 * minute)] };
    expect(at(60.01, longIdle, given, late).actions).toMatchObject([{ type: "uncordon", node: "a" }]);
  });

  test("goes within the hour when it was drained in time", () => {
    const drained = { nodes: [draining("a", -59.9 * minute)] };
    expect(at(59.95, longIdle, given, drained).actions).toMatchObject([{ type: "remove", desired: 0 }]);
  });
});

describe("nodes that are not empty as their hour ends", () => {
  const job = { uid: "job-uid", durations: { count: 20, mean: 30_000, deviation: 0 } };
  const running = (name: string, started: number) => pod(1000, { node: name, startedAt: now + started * minute });
  const three = { nodes: [node("a"), node("b"), node("c")], pools: [pool({ desired: 3 })], jobs: [job] };
  const spread = [running("a", 57.8), running("b", 57.9), running("c", 57.9)];
  const kinds = (decision: Decision): unknown[] =>
    decision.actions.map((action) => [action.type, "node" in action ? action.node : action.type === "remove" ? action.nodes[0]?.name : ""]);

  test("get no more pods when the others have room for as much", () => {
    expect(kinds(at(58, emptyHistory, named, { ...three, pods: spread }))).toEqual([
      ["cordon", "a"],
      ["cordon", "b"],
    ]);
    expect(
      kinds(at(40, emptyHistory, named, { ...three, pods: spread.map((one) => ({ ...one, startedAt: now + 39.9 * minute })) })),
    ).toEqual([]);
  });

  test("stay cordoned until they are empty, then go", () => {
    const nodes = [draining("a", -58 * minute), draining("b", -58 * minute), node("c")];
    expect(kinds(at(58.1, emptyHistory, named, { ...three, nodes, pods: spread }))).toEqual([]);
    expect(kinds(at(58.6, emptyHistory, named, { ...three, nodes, pods: [running("c", 58.5)] }))).toEqual([["remove", "a"]]);
  });

  test("are uncordoned for pods that wait and fit nowhere else", () => {
    const nodes = [draining("a", -58 * minute), node("c")];
    const input = { nodes, pools: [pool({ desired: 2 })], jobs: [job], pods: [running("a", 57.9), ...pods(6)] };
    expect(kinds(at(58.1, emptyHistory, named, input))).toContainEqual(["uncordon", "a"]);
  });

  test("are left alone when the others are full, when it is not known how long pods run, or when they run on", () => {
    const full = pods(6, 1000, { node: "b", startedAt: now + 57.9 * minute });
    const input = { nodes: [node("a"), node("b", { allocatable: { cpu: 6000, memory: 14e9, pods: 110 } })], pools: [pool({ desired: 2 })] };
    expect(kinds(at(58, emptyHistory, named, { ...input, jobs: [job], pods: [running("a", 57.9), ...full] }))).toEqual([]);
    expect(kinds(at(58, emptyHistory, named, { ...three, jobs: [], pods: spread }))).toEqual([]);
    expect(kinds(at(58, emptyHistory, named, { ...three, pods: spread.map((one) => ({ ...one, startedAt: now })) }))).toEqual([]);
    expect(
      kinds(at(59.8, emptyHistory, named, { ...three, pods: spread.map((one) => ({ ...one, startedAt: now + 59.7 * minute })) })),
    ).toEqual([]);
  });
});

test("billing per second: the delay alone counts", () => {
  expect(at(10, longIdle, rules).actions).toMatchObject([{ type: "cordon" }]);
});

test("without a word the second counts", () => {
  const rest = Object.fromEntries(Object.entries(rules).filter(([name]) => name !== "billing")) as unknown as Rules;
  expect(at(10, longIdle, rest).actions).toMatchObject([{ type: "cordon" }]);
});

test("billing by the hour: an automatic delay is a minute, and the hour's end decides", () => {
  const auto: Rules = { ...hourly, scaleDownDelay: "auto" };
  expect(at(10, longIdle, auto).actions).toEqual([]);
  expect(at(10, emptyHistory, auto).wakeAt).toBe(now + 11 * minute);
  expect(at(58, longIdle, auto).actions).toMatchObject([{ type: "cordon", reason: "idle for 60 s" }]);
});
