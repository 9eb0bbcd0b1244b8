import { decide } from "../../../autoscaler/decision/decide";
import { type Pod, type Snapshot } from "../../../autoscaler/state/model";
import { emptyHistory } from "../../../autoscaler/state/history";
import { type Rules } from "../../../autoscaler/state/rules";
import { draining, idle, namedRules, node, now, pod, pool, rules, shape, snapshot } from "../build";

const system = node("sys", { pool: "system", labels: { nodepool: "system" } });
const pools = [pool({ name: "system", desired: 1, min: 1, max: 3 }), pool({ desired: 1 })];
const anywhere = shape(100, { nodeSelector: {} });

/** A pod of no Job on the node `a` of the compute pool, which asks for no pool. */
const stray = (rest: Partial<Pod> = {}): Pod =>
  pod(0, { id: "kube-system/agent", uid: "agent-uid", job: undefined, shape: anywhere, node: "a", ...rest });
const service = pod(100, {
  id: "autoscaler/autoscaler",
  job: undefined,
  node: "sys",
  shape: shape(100, { nodeSelector: { nodepool: "system" } }),
});

const seen = (given: Rules, rest: Partial<Snapshot>, history = emptyHistory) => {
  const { actions, pools: summaries } = decide(snapshot({ pools, nodes: [system, node("a")], ...rest }), history, given);
  const reports = actions.flatMap((action) => (action.type === "report" ? [action] : []));
  return { actions, reports, holders: summaries.find(({ name }) => name === "compute")!.holders };
};

describe.each([rules, namedRules])("a pod of no Job that alone keeps a node", (given) => {
  test("is named on the pool and on itself, with what to do", () => {
    const { reports, holders } = seen(given, { pods: [service, stray()] });
    expect(reports).toEqual([
      {
        type: "report",
        code: "NodeHeld",
        pool: pools[1],
        jobs: [],
        pods: [{ namespace: "kube-system", name: "agent", uid: "agent-uid" }],
        reason:
          'the pod kube-system/agent of no Job keeps the node a of the pool compute, which would be removed otherwise; it may not be evicted: delete it if it can go on elsewhere, give it a nodeSelector of another pool, or the annotation cluster-autoscaler.kubernetes.io/safe-to-evict "true" if a Deployment has it',
      },
    ]);
    expect(holders).toEqual([{ node: "a", pod: "kube-system/agent" }]);
  });

  test("is moved if it may be, and not told; the metric has it until the node is gone", () => {
    const pods = [service, stray({ movable: true })];
    const first = seen(given, { pods }, idle(60_000, "node/a", "pool/compute"));
    expect(first.actions).toMatchObject([{ type: "cordon", node: "a", reason: "the other nodes have room for its pods" }]);
    expect(first.holders).toEqual([{ node: "a", pod: "kube-system/agent" }]);
    const second = seen(given, { pods, nodes: [system, draining("a", 3_000)] });
    expect(second.actions).toMatchObject([{ type: "evict", node: "a", pods: [{ id: "kube-system/agent" }] }]);
  });

  test("is named if a disruption budget keeps it, or no other node has room", () => {
    const pods = [service, stray({ movable: true })];
    const kept = seen(given, { pods, nodes: [system, draining("a", 61_000)] });
    expect(kept.reports).toMatchObject([
      { code: "NodeHeld", reason: expect.stringContaining("a PodDisruptionBudget allows no eviction") as string },
    ]);
    const full = { ...service, shape: { ...service.shape, requests: { cpu: 4000, pods: 1 } } };
    const stays = seen(given, { pods: [full, stray({ movable: true })] });
    expect(stays.reports).toMatchObject([
      { code: "NodeHeld", reason: expect.stringContaining("no other node that works has room") as string },
    ]);
  });

  test.each<[string, Partial<Snapshot>]>([
    ["asks for the pool", { pods: [service, stray({ shape: shape(100) })] }],
    ["is there beside a Job's", { pods: [service, stray(), pod(100, { node: "a" })] }],
    ["is on a node that the minimum keeps", { pods: [service, stray()], pools: [pools[0]!, pool({ desired: 1, min: 1 })] }],
    ["is on a node that pending pods will use", { pods: [service, stray(), pod(1000)] }],
    ["comes with each node", { pods: [service, stray({ isWorkload: false })] }],
  ])("is not told if it %s", (_, rest) => {
    expect(seen(given, rest)).toMatchObject({ reports: [], holders: [] });
  });
});

test("without names a pool shrinks as a whole: nobody is told while another node of it works", () => {
  const working = { nodes: [system, node("a"), node("b")], pools: [pools[0]!, pool({ desired: 2 })] };
  const pods = [service, stray(), pod(1000, { node: "b" })];
  expect(seen(rules, { ...working, pods }).reports).toEqual([]);
  expect(seen(namedRules, { ...working, pods }).reports).toMatchObject([{ code: "NodeHeld" }]);
});

describe("a node of a pool at its minimum that hangs", () => {
  const hung = node("a", { ready: false, createdAt: now - 6_000_000, notReadySince: now - 660_000 });
  const dying = pod(1000, { node: "a", schedulable: false });
  const input = { nodes: [system, hung], pods: [service, dying], pools: [pools[0]!, pool({ desired: 1, min: 1 })] };

  test("is told to its Jobs too where it cannot be removed by name", () => {
    const reason =
      "1 node of the pool compute (a) is broken; without autoscaler.api the autoscaler cannot remove a node by its name: delete or reset it in OVHcloud's control panel, for its pods end only then";
    expect(seen(rules, input).reports).toMatchObject([{ code: "BrokenNodesKept", reason, jobs: [{ name: "job" }] }]);
  });

  test("is replaced, and then removed, by name", () => {
    const first = decide(snapshot(input), emptyHistory, namedRules);
    expect(first.actions).toMatchObject([{ type: "resize", desired: 2, reason: "the pool's minimum is 1" }]);
    const after = { ...input, now: now + 1000, pools: [pools[0]!, pool({ desired: 2, min: 1 })] };
    expect(decide(snapshot(after), first.history, namedRules).actions).toMatchObject([
      { type: "remove", desired: 1, nodes: [{ name: "a" }], broken: true },
    ]);
  });
});

test("a pod of no Job that fits nowhere is told itself", () => {
  const huge = pod(0, { id: "web/huge", uid: "huge-uid", job: undefined, shape: shape(64_000) });
  expect(seen(rules, { pods: [service, huge], nodes: [system], pools: [pools[0]!, pool()] }).reports).toMatchObject([
    { code: "NoPoolFits", jobs: [], pods: [{ namespace: "web", name: "huge", uid: "huge-uid" }] },
  ]);
});
