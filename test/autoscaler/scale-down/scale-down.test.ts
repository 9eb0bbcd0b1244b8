import { decide } from "../../../autoscaler/decision/decide";
import { type Snapshot } from "../../../autoscaler/state/model";
import { emptyHistory, type History } from "../../../autoscaler/state/history";
import { type Action } from "../../../autoscaler/state/action";
import { draining, idle, namedRules, node, now, pod, pods, pool, rules, snapshot } from "../build";

const actions = (input: Partial<Snapshot>, history: History, named = false): readonly Action[] =>
  decide(snapshot(input), history, named ? namedRules : rules).actions;

const two = { nodes: [node("a"), node("b")], pools: [pool({ desired: 2 })] };
const drained = { nodes: [draining("a", 2000), draining("b", 2500)], pools: [pool({ desired: 2 })] };
const longIdle = idle(60_000, "pool/compute", "node/a", "node/b");

describe("scale-down through the custom resource", () => {
  test("waits for the delay, and wakes up when it ends", () => {
    const first = decide(snapshot(two), emptyHistory, rules);
    expect(first.actions).toEqual([]);
    expect(first.wakeAt).toBe(now + 60_000);
    expect(decide(snapshot({ ...two, now: now + 59_999 }), first.history, rules).actions).toEqual([]);
    expect(decide(snapshot({ ...two, now: now + 60_000 }), first.history, rules).actions).toMatchObject([
      { type: "cordon", node: "a" },
      { type: "cordon", node: "b" },
    ]);
  });

  test("starts the delay anew when there was work in between", () => {
    const { history } = decide(snapshot({ ...two, pods: [pod(1000, { node: "a" })] }), longIdle, rules);
    expect(actions(two, history)).toEqual([]);
  });

  test("cordons before it removes", () => {
    expect(actions(two, longIdle).map(({ type }) => type)).toEqual(["cordon", "cordon"]);
  });

  test("watches cordoned nodes for the settle time", () => {
    const fresh = { ...drained, nodes: [draining("a", 1999), draining("b", 2500)] };
    const decision = decide(snapshot(fresh), longIdle, rules);
    expect(decision.actions).toEqual([]);
    expect(decision.wakeAt).toBe(now + 1);
  });

  test("then asks for the minimum in one step", () => {
    expect(actions(drained, longIdle)).toMatchObject([{ type: "remove", desired: 0, nodes: [{ name: "a" }, { name: "b" }] }]);
    expect(actions({ ...drained, pools: [pool({ desired: 2, min: 1 })] }, longIdle)).toMatchObject([{ type: "remove", desired: 1 }]);
  });

  test("removes nothing while one node of the pool works, because OVHcloud may take that one", () => {
    expect(actions({ ...two, pods: [pod(1000, { node: "b" })] }, longIdle)).toEqual([]);
  });

  test("uncordons all when a pod landed on one in the race", () => {
    const found = actions({ ...drained, pods: [pod(1000, { node: "b" })] }, longIdle);
    expect(found).toMatchObject([
      { type: "uncordon", node: "a", reason: "its pool is not being scaled down" },
      { type: "uncordon", node: "b", reason: "there is work for it" },
    ]);
  });

  test("pods of DaemonSets and mirror pods keep no node", () => {
    const overhead = [pod(100, { node: "a", isWorkload: false })];
    expect(actions({ ...drained, pods: overhead }, longIdle)).toMatchObject([{ type: "remove" }]);
  });

  test("a pool at its minimum stays, and a survivor of a scale-down is uncordoned", () => {
    expect(actions({ nodes: [node("a")], pools: [pool({ desired: 1, min: 1 })] }, longIdle)).toEqual([]);
    expect(actions({ nodes: [draining("a", 9000)], pools: [pool({ desired: 1, min: 1 })] }, longIdle)).toMatchObject([
      { type: "uncordon" },
    ]);
  });

  test("takes back an order that nobody needs any more", () => {
    expect(actions({ pools: [pool({ desired: 3 })] }, longIdle)).toMatchObject([{ type: "remove", desired: 0, nodes: [] }]);
  });

  test("asks for nothing more while nodes leave", () => {
    expect(actions({ nodes: [draining("a", 9000), draining("b", 9000)], pools: [pool({ desired: 0 })] }, longIdle)).toEqual([]);
  });

  test("goes on after a restart where the annotations say it was", () => {
    expect(actions(drained, emptyHistory)).toMatchObject([{ type: "remove", desired: 0 }]);
    const half = { nodes: [draining("a", 3000), node("b")], pools: [pool({ desired: 2 })] };
    expect(actions(half, emptyHistory)).toMatchObject([{ type: "cordon", node: "b" }]);
    expect(actions({ ...half, pods: [pod(1000, { node: "b" })] }, emptyHistory)).toMatchObject([{ type: "uncordon", node: "a" }]);
  });

  test("a node that somebody else cordoned is no obstacle, and is not marked", () => {
    const mixed = { nodes: [draining("a", 3000), node("b", { cordoned: true })], pools: [pool({ desired: 2 })] };
    expect(actions(mixed, longIdle)).toMatchObject([{ type: "remove", desired: 0 }]);
  });

  test("the mark of a node that somebody has uncordoned goes, so that a later cordon is not taken for its own", () => {
    const reopened = { nodes: [node("a", { reopened: true })], pools: [pool({ desired: 1 })] };
    expect(actions({ ...reopened, pods: [pod(1000, { node: "a" })] }, longIdle)).toMatchObject([
      { type: "uncordon", node: "a", reason: "somebody has uncordoned it: its mark goes" },
    ]);
    expect(actions(reopened, longIdle)).toMatchObject([{ type: "cordon", node: "a" }]);
  });

  test.each([rules, namedRules])("nodes that are billed by the month stay, and those ordered are not given back", (given) => {
    const pools = [pool({ desired: 3, monthly: true })];
    expect(decide(snapshot({ ...two, pools }), longIdle, given).actions).toEqual([]);
    expect(decide(snapshot({ ...drained, pools }), longIdle, given).actions).toMatchObject([{ type: "uncordon" }, { type: "uncordon" }]);
  });

  test("stands by, and gives drained nodes back, when OVHcloud's autoscaler is switched on", () => {
    const found = actions({ ...drained, pools: [pool({ desired: 2, autoscale: true })] }, longIdle);
    expect(found.map(({ type }) => type)).toEqual(["uncordon", "uncordon", "report"]);
  });
});

describe("scale-down by name", () => {
  test("removes the idle node beside one that works", () => {
    const input = { nodes: [draining("a", 3000), node("b")], pods: [pod(1000, { node: "b" })], pools: [pool({ desired: 2 })] };
    expect(actions(input, longIdle, true)).toMatchObject([{ type: "remove", desired: 1, nodes: [{ name: "a" }] }]);
  });

  test("keeps minNodes, and lets those go that have been idle the longest", () => {
    const history = {
      ...emptyHistory,
      idleSince: new Map([
        ["node/a", now - 70_000],
        ["node/b", now - 90_000],
      ]),
    };
    expect(actions({ ...two, pools: [pool({ desired: 2, min: 1 })] }, history, true)).toMatchObject([{ type: "cordon", node: "b" }]);
  });

  test("keeps a node that pending pods will use", () => {
    expect(actions({ ...drained, pods: pods(1) }, longIdle, true)).toMatchObject([
      { type: "uncordon", node: "a" },
      { type: "remove", nodes: [{ name: "b" }] },
    ]);
  });

  test("does not ask again before the API has shown an effect, but does later", () => {
    const first = decide(snapshot(drained), longIdle, namedRules);
    expect(first.actions).toMatchObject([{ type: "remove" }]);
    expect(actions(drained, first.history, true)).toEqual([]);
    expect(actions({ ...drained, now: now + 59_999 }, first.history, true)).toEqual([]);
    expect(actions({ ...drained, now: now + 60_000 }, first.history, true)).toMatchObject([{ type: "remove" }]);
  });

  test("nodes that are emptied with pods on them are not taken for leaving while others are removed", () => {
    const nodes = [draining("gone", 9000), draining("busy", 9000), node("c")];
    const history = { ...longIdle, removalAsked: new Map([["gone", now - 1000]]) };
    const input = { nodes, pods: [pod(1000, { node: "busy" })], pools: [pool({ desired: 2 })] };
    expect(actions(input, history, true).filter(({ type }) => type === "resize")).toEqual([]);
  });
});
