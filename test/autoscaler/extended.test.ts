import { decide } from "../../autoscaler/decision/decide";
import { type Snapshot } from "../../autoscaler/state/model";
import { emptyHistory } from "../../autoscaler/state/history";
import { type Action } from "../../autoscaler/state/action";
import { type Rules } from "../../autoscaler/state/rules";
import { node, now, pod, pool, rules, shape, snapshot } from "./build";

/** Extended resources of a pool, placeholder pods, and taints that only a preference makes. */

const dongle = "example.com/dongle";
const needy = shape(100, { requests: { cpu: 100, [dongle]: 1, pods: 1 } });
const given: Rules = { ...rules, extendedResources: { compute: { [dongle]: 1 } } };
const actionsOf = (input: Partial<Snapshot>, by: Rules = given): readonly Action[] => decide(snapshot(input), emptyHistory, by).actions;

describe("a device that a pool's nodes are said to offer", () => {
  const waiting = [pod(0, { shape: needy }), pod(0, { shape: needy })];

  test("lets the pool grow from zero, a node for each pod", () => {
    expect(actionsOf({ pods: waiting })).toMatchObject([{ type: "resize", desired: 2 }]);
    expect(actionsOf({ pods: waiting }, rules)).toMatchObject([{ code: "NoPoolFits" }]);
  });

  test("is counted on, though nodes of the flavor in other pools have none", () => {
    const pools = [pool(), pool({ name: "other", desired: 1, min: 1 })];
    const nodes = [node("o", { pool: "other", labels: { nodepool: "other" } })];
    expect(actionsOf({ pods: waiting, pools, nodes })).toMatchObject([{ type: "resize", desired: 2, pool: { name: "compute" } }]);
  });

  test("is taken for there until its node could have shown it", () => {
    const [one] = waiting;
    const pools = [pool({ desired: 1 })];
    const young = node("a", { createdAt: now - 60_000 });
    expect(actionsOf({ pods: [one!], pools, nodes: [young] })).toEqual([]);
    const shown = node("a", { allocatable: { cpu: 4000, memory: 14e9, pods: 110, [dongle]: 1 } });
    expect(actionsOf({ pods: [one!], pools, nodes: [shown] })).toEqual([]);
    const old = node("a", { createdAt: now - 3_600_000 });
    expect(actionsOf({ pods: [one!], pools, nodes: [old] })).toMatchObject([{ type: "resize", desired: 2 }]);
  });
});

describe("the taint PreferNoSchedule", () => {
  const taints = [{ key: "batch.ovh-mks/compute", effect: "PreferNoSchedule" }];

  test("of a pool is no obstacle to a pod that does not tolerate it: not for a new node, nor one that is there", () => {
    expect(actionsOf({ pods: [pod(3000)], pools: [pool({ taints })] })).toMatchObject([{ type: "resize", desired: 1 }]);
    expect(actionsOf({ pods: [pod(3000)], pools: [pool({ taints, desired: 1 })], nodes: [node("a", { taints })] })).toEqual([]);
  });

  test("on other nodes does not keep pods from being moved there", () => {
    const service = pod(0, { job: undefined, movable: true, node: "a", shape: shape(100) });
    const nodes = [node("a", { taints }), node("b", { taints })];
    const pods = [service, pod(1000, { node: "b" })];
    const history = { ...emptyHistory, idleSince: new Map([["node/a", now - 60_000]]) };
    const { actions } = decide(snapshot({ pods, nodes, pools: [pool({ taints, desired: 2 })] }), history, { ...rules, namedRemoval: true });
    expect(actions).toMatchObject([{ type: "cordon", node: "a" }]);
  });
});
