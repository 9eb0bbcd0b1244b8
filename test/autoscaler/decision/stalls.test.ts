import { decide, type Decision } from "../../../autoscaler/decision/decide";
import { emptyHistory, type History } from "../../../autoscaler/state/history";
import { type Job, type Pod, type Snapshot } from "../../../autoscaler/state/model";
import { namedRules, node, now, pods, pool, shape, snapshot } from "../build";

const second = 1000;

/** A batch Job of 100 tasks that keeps as many pods as it may. */
const jobWith = (window: number): Job => ({ uid: "job-uid", left: 100, parallelism: 100, window, shape: shape(1000) });

/** Decides at each of the times, in seconds. */
function story(steps: readonly (readonly [at: number, input: Partial<Snapshot>])[]): Decision[] {
  let history: History = emptyHistory;
  return steps.map(([at, input]) => {
    const decision = decide(snapshot({ now: now + at * second, ...input }), history, namedRules);
    history = decision.history;
    return decision;
  });
}

const counted = (steps: readonly (readonly [at: number, input: Partial<Snapshot>])[]): number[] =>
  story(steps).map(({ podless }) => podless);

/** A Job with a window and so many pods on the node `a`, beside which `b` has room. */
const withRoom = (window: number, running: number): Partial<Snapshot> => ({
  jobs: [jobWith(window)],
  nodes: [node("a"), node("b")],
  pools: [pool({ desired: 2 })],
  pods: pods(running, 1000, { node: "a" }),
});
/** The same without that room. */
const full = (window: number, running: number): Partial<Snapshot> => ({
  ...withRoom(window, running),
  nodes: [node("a")],
  pools: [pool({ desired: 25 })],
});

describe("the tasks without pods of a Job that makes none, though it may", () => {
  test("count for two minutes while a Ready node has room for them", () => {
    expect(counted([0, 60, 119, 120, 600].map((at) => [at, withRoom(4, 4)]))).toEqual([96, 96, 96, 0, 0]);
  });

  test("count for two minutes while its spec allows more, as where a quota refuses its pods", () => {
    expect(counted([0, 60, 120].map((at) => [at, full(20, 4)]))).toEqual([96, 96, 0]);
  });

  test("do so for as long as nodes are on their way, or are full", () => {
    expect(counted([0, 120, 3600].map((at) => [at, full(4, 4)]))).toEqual([96, 96, 96]);
  });

  test("are decided on again when the two minutes are over", () => {
    const [first] = story([[0, withRoom(4, 4)]]);
    expect(first!.wakeAt).toBeLessThanOrEqual(now + 120 * second);
  });

  test("neither order nodes then nor keep them", () => {
    const decisions = story([0, 120, 131].map((at) => [at, { ...withRoom(4, 4), jobs: [{ ...jobWith(4), left: 8 }] }]));
    expect(decisions[0]!.actions).toEqual([]);
    const late = story([0, 120, 600].map((at) => [at, withRoom(4, 4)]));
    expect(late[0]!.actions).toMatchObject([{ type: "resize" }]);
    expect(late[2]!.actions.filter(({ type }) => type === "resize")).toEqual([]);
    expect(late[2]!.actions).toMatchObject([{ type: "cordon", node: "b" }]);
  });

  const stalled = [0, 120].map((at) => [at, withRoom(4, 4)] as const);

  test.each<[string, Partial<Snapshot>, number]>([
    ["count again once it has more pods than before", withRoom(5, 5), 95],
    ["count again once it may make more, e.g. as a controller is back", withRoom(24, 4), 96],
    ["do not count again as it has fewer pods, or other ones in their place", withRoom(4, 3), 0],
    ["do not count again as it may make fewer, e.g. as the pool has shrunk", withRoom(3, 4), 0],
    ["do not count again as the room is gone: nodes that were ordered for them have been removed", full(4, 4), 0],
  ])("%s", (_what, then, expected) => {
    expect(counted([...stalled, [130, then]]).at(-1)).toBe(expected);
  });

  test("get two more minutes after that", () => {
    expect(counted([...stalled, [130, withRoom(24, 4)], [240, withRoom(24, 4)], [250, withRoom(24, 4)]]).slice(2)).toEqual([96, 96, 0]);
  });

  test("count on where each end makes room, and another pod comes", () => {
    const steps = Array.from({ length: 200 }, (_, i): [number, Partial<Snapshot>] => [2 * i, i % 2 === 0 ? full(8, 4) : churn(8)]);
    expect(Math.min(...counted(steps))).toBeGreaterThan(0);
  });
});

/** One of the four tasks on the only node has ended, and no pod has come yet. */
const churn = (window: number): Partial<Snapshot> => ({ ...full(window, 3), pods: [...pods(3, 1000, { node: "a" }), ...waiting(5)] });
const waiting = (amount: number): Pod[] => pods(amount, 1000);
