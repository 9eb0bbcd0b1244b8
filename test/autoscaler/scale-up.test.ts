import { decide } from "../../autoscaler/decision/decide";
import { type Snapshot } from "../../autoscaler/state/model";
import { emptyHistory } from "../../autoscaler/state/history";
import { type Action } from "../../autoscaler/state/action";
import { draining, node, now, pod, pods, pool, rules, shape, snapshot } from "./build";

const actions = (input: Partial<Snapshot>): readonly Action[] => decide(snapshot(input), emptyHistory, rules).actions;
const sizes = (input: Partial<Snapshot>): [string, number][] =>
  actions(input).flatMap((action) => (action.type === "resize" ? [[action.pool.name, action.desired] as [string, number]] : []));

describe("scale-up", () => {
  test("orders all the nodes that the pending pods need in one step", () => {
    // A c2-15 has 4000m − 170m for pods by the catalogue: three pods of one CPU.
    expect(sizes({ pods: pods(30) })).toEqual([["compute", 10]]);
  });

  test("says why, and for which Jobs", () => {
    const [action] = actions({ pods: pods(4) });
    expect(action).toMatchObject({
      type: "resize",
      reason: "4 pending pods need 2 more nodes",
      jobs: [{ name: "job", namespace: "batch" }],
    });
  });

  test("packs small pods into the gaps that big ones leave", () => {
    expect(sizes({ pods: [...pods(4, 500), ...pods(4, 3000)] })).toEqual([["compute", 4]]);
  });

  test("counts nodes that were ordered and have not come", () => {
    expect(sizes({ pods: pods(30), pools: [pool({ desired: 10 })] })).toEqual([]);
    expect(sizes({ pods: pods(33), pools: [pool({ desired: 10 })] })).toEqual([["compute", 11]]);
  });

  test("counts nodes that boot, but not one that failed to boot in time", () => {
    const booting = (createdAt: number) => ({
      pods: pods(3),
      nodes: [node("a", { ready: false, createdAt, allocatable: {} })],
      pools: [pool({ desired: 1 })],
    });
    expect(sizes(booting(now - 60_000))).toEqual([]);
    expect(sizes(booting(now - 3_600_000))).toEqual([["compute", 2]]);
  });

  test("ignores the taints of a node that starts", () => {
    const taints = [{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }];
    expect(sizes({ pods: pods(3), nodes: [node("a", { ready: false, createdAt: now, taints })], pools: [pool({ desired: 1 })] })).toEqual(
      [],
    );
  });

  test("uses the room that is left on existing nodes first", () => {
    const nodes = [node("a")];
    expect(sizes({ nodes, pods: [...pods(2, 1000, { node: "a" }), ...pods(2)], pools: [pool({ desired: 1 })] })).toEqual([]);
    expect(sizes({ nodes, pods: [...pods(2, 1000, { node: "a" }), ...pods(3)], pools: [pool({ desired: 1 })] })).toEqual([["compute", 2]]);
  });

  test("goes by what nodes of the flavor were seen to offer, not by the catalogue", () => {
    const small = node("a", { allocatable: { cpu: 2000, memory: 14e9, pods: 110 } });
    expect(sizes({ nodes: [small], pods: pods(6), pools: [pool({ desired: 1 })] })).toEqual([["compute", 3]]);
  });

  test("takes a node that has not told its size yet for one of its flavor's size", () => {
    const fresh = ["a", "b"].map((name) => node(name, { ready: false, createdAt: now, allocatable: {} }));
    const waiting = { nodes: fresh, pools: [pool({ desired: 2 })] };
    // 3 fit on each.
    expect(sizes({ ...waiting, pods: pods(6) })).toEqual([]);
    expect(sizes({ ...waiting, pods: pods(7) })).toEqual([["compute", 3]]);
  });

  test("remembers what a flavor offers after its last node is gone", () => {
    const small = node("a", { allocatable: { cpu: 2000, memory: 14e9, pods: 110 } });
    const { history } = decide(snapshot({ nodes: [small], pools: [pool({ desired: 1 })] }), emptyHistory, rules);
    const [action] = decide(snapshot({ pods: pods(6) }), history, rules).actions;
    expect(action).toMatchObject({ desired: 3 });
  });

  test("orders one node of an unknown flavor to learn what it offers", () => {
    expect(sizes({ pods: pods(50), pools: [pool({ flavor: "new-1" })] })).toEqual([["compute", 1]]);
  });

  test("leaves room for the pods of DaemonSets on new nodes", () => {
    expect(sizes({ pods: pods(3), daemons: [shape(900, { nodeSelector: {} })] })).toEqual([["compute", 2]]);
  });

  test("memory, ephemeral storage and GPUs count like CPU", () => {
    const big = (requests: Record<string, number>) => pods(2, 0, { shape: shape(0, { requests: { ...requests, pods: 1 } }) });
    expect(sizes({ pods: big({ memory: 8e9 }) })).toEqual([["compute", 2]]);
    expect(sizes({ pods: big({ "ephemeral-storage": 40e9 }) })).toEqual([["compute", 2]]);
    expect(sizes({ pods: big({ "nvidia.com/gpu": 1 }), pools: [pool({ flavor: "t1-45" })] })).toEqual([["compute", 2]]);
  });

  test("stays within maxNodes and reports the rest", () => {
    const found = actions({ pods: pods(30), pools: [pool({ max: 4 })] });
    expect(found).toMatchObject([
      { type: "resize", desired: 4 },
      { type: "report", code: "PoolAtMaximum", reason: "18 pods wait because the pool compute may have no more than 4 nodes (maxNodes)" },
    ]);
  });

  test("keeps all pools together within the nodes of the cluster's plan, and says that it is that which is full", () => {
    const pools = [pool({ name: "system", desired: 3, max: 3 }), pool({ max: 5 }), pool({ name: "big", max: 5 })];
    const big = { shape: shape(3000, { nodeSelector: { nodepool: "big" } }) };
    const within = (maxNodes: number) =>
      decide(snapshot({ pods: [...pods(9, 3000), ...pods(9, 3000, big)], pools }), emptyHistory, { ...rules, maxNodes }).actions;
    const ordered = (maxNodes: number): number[] => within(maxNodes).flatMap((action) => (action.type === "resize" ? action.desired : []));
    expect(ordered(500)).toEqual([5, 5]);
    expect(ordered(10).reduce((sum, size) => sum + size, 0)).toBe(7);
    expect([ordered(3), ordered(2)]).toEqual([[], []]);
    const reason = expect.stringMatching(/wait because the cluster may have no more than 10 nodes \(its plan\)/) as string;
    expect(within(10)).toContainEqual(expect.objectContaining({ code: "PoolAtMaximum", reason }));
  });

  test("does not blame the plan for a pool that is full by nodes which are leaving, or too small for a gang", () => {
    const reasons = (input: Partial<Snapshot>) =>
      decide(snapshot(input), emptyHistory, { ...rules, maxNodes: 100 }).actions.flatMap((action) =>
        action.type === "report" ? action.reason : [],
      );
    const full = expect.stringMatching(/may have no more than 4 nodes \(maxNodes\)/) as string;
    const leaving = ["a", "b"].map((name) => node(name, { cordoned: true, drainingSince: now - 60_000 }));
    const there = ["c", "d"].map((name) => node(name));
    const busy = there.map(({ name }) => pod(3500, { node: name }));
    const pools = [pool({ desired: 2, max: 4 })];
    expect(reasons({ nodes: [...leaving, ...there], pods: [...busy, ...pods(3, 3000)], pools })).toEqual([full]);
    const gang = pods(30, 3000, { gang: 30, job: { namespace: "batch", name: "job", uid: "job" } });
    expect(reasons({ pods: gang, pools: [pool({ max: 4 })] })).toEqual([full]);
  });

  test("raises a pool to its minNodes", () => {
    expect(sizes({ pools: [pool({ min: 2 })] })).toEqual([["compute", 2]]);
  });

  test("reports pods that no pool's nodes can hold, and orders nothing for them", () => {
    expect(actions({ pods: pods(2, 64_000) })).toMatchObject([
      { type: "report", code: "NoPoolFits", pool: undefined, jobs: [{ name: "job" }] },
    ]);
  });

  test("orders nothing for pods of DaemonSets, gated pods and pods being deleted", () => {
    expect(actions({ pods: [pod(1000, { isWorkload: false }), pod(1000, { schedulable: false })] })).toEqual([]);
  });

  test("chooses the pool by nodeSelector, node affinity and taints", () => {
    const tainted = pool({
      name: "gpu",
      uid: "gpu",
      taints: [{ key: "gpu", value: "yes", effect: "NoSchedule" }],
      labels: { kind: "special" },
    });
    const affinity = [{ matchExpressions: [{ key: "kind", operator: "In", values: ["special"] }] }];
    const wanting = (rest: object) => pods(1, 1000, { shape: shape(1000, { nodeSelector: {}, affinity, ...rest }) });
    expect(sizes({ pods: wanting({ tolerations: [{ key: "gpu", operator: "Exists" }] }), pools: [pool(), tainted] })).toEqual([["gpu", 1]]);
    expect(sizes({ pods: wanting({}), pools: [pool(), tainted] })).toEqual([]);
  });

  test("prefers the smaller of two flavors that fit", () => {
    const pools = [pool({ name: "large", uid: "l", flavor: "c2-60" }), pool({ name: "small", uid: "s", flavor: "c2-7" })];
    expect(sizes({ pods: pods(1, 1000, { shape: shape(1000, { nodeSelector: {} }) }), pools })).toEqual([["small", 1]]);
    expect(sizes({ pods: pods(1, 8000, { shape: shape(8000, { nodeSelector: {} }) }), pools })).toEqual([["large", 1]]);
  });

  test("goes on with the next pool that fits when the first is full", () => {
    const pools = [pool({ name: "small", uid: "s", flavor: "c2-7", max: 1 }), pool({ name: "large", uid: "l", flavor: "c2-60" })];
    // 15 pods fit a c2-60: the 16th is cheapest on the one small node.
    expect(sizes({ pods: pods(16, 1000, { shape: shape(1000, { nodeSelector: {} }) }), pools })).toEqual([
      ["small", 1],
      ["large", 1],
    ]);
  });

  test("uses the region on which all nodes agree for the labels of new ones", () => {
    const system = node("s", { pool: "system", labels: { nodepool: "system", "topology.kubernetes.io/region": "GRA11" } });
    const wanting = (region: string) =>
      pods(1, 1000, { shape: shape(1000, { nodeSelector: { nodepool: "compute", "topology.kubernetes.io/region": region } }) });
    expect(sizes({ nodes: [system], pods: wanting("GRA11") })).toEqual([["compute", 1]]);
    expect(sizes({ nodes: [system], pods: wanting("BHS5") })).toEqual([]);
  });

  test("uncordons a drained node before it orders a new one", () => {
    const found = actions({ nodes: [draining("a", 1000)], pods: pods(3), pools: [pool({ desired: 1 })] });
    expect(found).toMatchObject([{ type: "uncordon", node: "a", reason: "there is work for it" }]);
  });

  test("puts nothing on a node that somebody else cordoned", () => {
    expect(sizes({ nodes: [node("a", { cordoned: true })], pods: pods(1), pools: [pool({ desired: 1 })] })).toEqual([["compute", 2]]);
  });

  test("does not count on nodes that are leaving", () => {
    const found = actions({ nodes: [draining("a", 9000), draining("b", 9000)], pods: pods(3), pools: [pool({ desired: 0 })] });
    expect(found).toMatchObject([{ type: "resize", desired: 1 }]);
  });

  test("keeps all leaving nodes when one of them got work, because OVHcloud may take any", () => {
    const nodes = [draining("a", 9000), draining("b", 9000), draining("c", 9000)];
    const [resize] = actions({ nodes, pods: [pod(1000, { node: "b" })], pools: [pool({ desired: 0 })] });
    expect(resize).toMatchObject({ type: "resize", desired: 3, reason: "1 node got work while being removed" });
  });

  test("leaves a pool alone that OVHcloud's own autoscaler runs, and says so", () => {
    const input = { pods: pods(3), pools: [pool({ autoscale: true })] };
    expect(sizes(input)).toEqual([]);
    const reason = "OVHcloud's own autoscaler is on for the pool compute (autoscale: true); it is left alone";
    expect(actions(input)).toMatchObject([{ type: "report", code: "StandingBy", reason, jobs: [{ name: "job" }] }]);
  });

  test("leaves pods to such a pool only when no other has nodes for them", () => {
    const anywhere = pods(3, 1000, { shape: shape(1000, { nodeSelector: {} }) });
    const theirs = pool({ name: "theirs", uid: "t", flavor: "c2-7", autoscale: true });
    expect(sizes({ pods: anywhere, pools: [theirs, pool()] })).toEqual([["compute", 1]]);
    expect(actions({ pods: anywhere, pools: [theirs, pool({ max: 0 })] })).toMatchObject([
      { code: "StandingBy", jobs: [] },
      { code: "PoolAtMaximum", jobs: [{ name: "job" }] },
    ]);
  });

  test("reports what blocks a pool, to the Jobs that wait for it, and does not ask again", () => {
    const blocked = pool({ desired: 3, problem: "InsufficientVCPUsQuota: 12 of 12 used" });
    expect(actions({ pods: pods(9), pools: [blocked] })).toMatchObject([
      {
        type: "report",
        code: "PoolBlocked",
        jobs: [{ name: "job" }],
        reason: "OVHcloud has given the pool compute 0 of 3 nodes: InsufficientVCPUsQuota: 12 of 12 used",
      },
      { type: "condition", blocked: blocked.problem },
    ]);
  });
});
