import { decide, type Decision } from "../../../autoscaler/decision/decide";
import { emptyHistory, type History } from "../../../autoscaler/state/history";
import { type EndedPod, type Snapshot } from "../../../autoscaler/state/model";
import { draining, idle, namedRules, node, now, pod, pool, rules, shape, snapshot } from "../build";

const minute = 60_000;
const held = (node: string, until = now + 30_000): EndedPod => ({ holds: { node, until } });

const decided = (input: Partial<Snapshot>, history: History = emptyHistory, given = namedRules): Decision =>
  decide(snapshot({ nodes: [node("a")], pools: [pool({ desired: 1 })], ...input }), history, given);
const types = (decision: Decision): string[] => decision.actions.map(({ type }) => type);

describe("a node with ended pods that are not recorded yet", () => {
  test("is not idle", () => {
    const { actions, history, pools } = decided({ ended: [held("a")] }, idle(10 * minute, "node/a"));
    expect(actions).toEqual([]);
    expect(history.idleSince.size).toBe(0);
    expect(pools).toMatchObject([{ busy: 1, state: "working" }]);
  });

  test("is so at once when they are gone", () => {
    const first = decided({ ended: [held("a")] });
    const second = decided({ now: now + 1000 }, first.history);
    expect(second.history.idleSince.get("node/a")).toBe(now + 1000);
    expect(types(decided({ now: now + 1000 + minute }, second.history))).toEqual(["cordon"]);
  });

  test("is so when the time of the last of them is over, and is looked at again then", () => {
    const until = now + 30_000;
    const ended = [held("a", now + 10_000), held("a", until), held("a", now + 20_000)];
    const first = decided({ ended });
    expect(first.wakeAt).toBe(until);
    const second = decided({ now: until - 1, ended }, first.history);
    expect([second.wakeAt, second.history.idleSince.size]).toEqual([until, 0]);
    const third = decided({ now: until, ended }, second.history);
    expect(third.history.idleSince.get("node/a")).toBe(until);
  });

  test("is drained no more", () => {
    const nodes = [draining("a", 10_000)];
    expect(types(decided({ nodes }))).toEqual(["remove"]);
    expect(types(decided({ nodes, ended: [held("a")] }))).toEqual(["uncordon"]);
  });

  test("keeps a pool that goes as a whole", () => {
    const nodes = [node("a"), node("b")];
    const input = { nodes, pools: [pool({ desired: 2 })] };
    const history = idle(10 * minute, "pool/compute");
    expect(types(decided(input, history, rules))).toEqual(["cordon", "cordon"]);
    expect(types(decided({ ...input, ended: [held("b")] }, history, rules))).toEqual([]);
  });

  test("is not emptied either, where its other pods could be moved", () => {
    const service = pod(0, { job: undefined, movable: true, node: "a", shape: shape(100) });
    const input = { nodes: [node("a"), node("b")], pools: [pool({ desired: 2 })], pods: [service, pod(1000, { node: "b" })] };
    const history = idle(10 * minute, "node/a");
    expect(decided(input, history).actions).toMatchObject([{ type: "cordon", node: "a" }]);
    expect(types(decided({ ...input, ended: [held("a")] }, history))).toEqual([]);
  });

  test("has room for pods that wait: what has ended takes none", () => {
    expect(types(decided({ ended: [held("a")], pods: [pod(3000)] }))).toEqual([]);
  });

  test("is removed for all that when it is broken: nothing can be read from it", () => {
    const lost = node("a", { ready: false, notReadySince: now - 60 * minute, createdAt: now - 120 * minute });
    expect(types(decided({ nodes: [lost], ended: [held("a")] }))).toEqual(["remove"]);
  });

  test("goes like any other where no controller records", () => {
    expect(types(decided({ ended: [{ jobUid: "job-uid" }] }, idle(10 * minute, "node/a")))).toEqual(["cordon"]);
  });
});
