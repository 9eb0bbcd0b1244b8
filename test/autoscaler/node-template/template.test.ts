import { decide } from "../../../autoscaler/decision/decide";
import { type Node, type Pod, type Pool, type Snapshot } from "../../../autoscaler/state/model";
import { emptyHistory, type History } from "../../../autoscaler/state/history";
import { type Action } from "../../../autoscaler/state/action";
import { readPool } from "../../../autoscaler/state/snapshot";
import { node, now, pod, pods, pool, rules, shape, snapshot } from "../build";

const minute = 60_000;
const sizes = (actions: readonly Action[]): number[] => actions.flatMap((action) => (action.type === "resize" ? [action.desired] : []));
const codes = (actions: readonly Action[]): string[] => actions.flatMap((action) => (action.type === "report" ? [action.code] : []));
const decided = (input: Partial<Snapshot>, history: History = emptyHistory) => decide(snapshot(input), history, rules);

interface World {
  /** A node as it is at some time after it joined. */
  readonly make: (name: string, joined: number, age: number) => Node;
  /** What comes to each node beside the pods of value. */
  readonly extras?: (name: string) => readonly Pod[];
  readonly waiting: readonly Pod[];
  readonly rest?: Partial<Snapshot>;
  readonly pool?: Partial<Pool>;
}

/** Lets the pods wait for three hours, nodes come five minutes after their order, and nothing be placed. @returns the sizes ordered, and the last reports */
function wait({ make, extras = () => [], waiting, rest, pool: ofPool }: World) {
  let history = emptyHistory;
  let actions: readonly Action[] = [];
  const joinAt: number[] = [];
  const orders: number[] = [];
  for (let at = now; at <= now + 180 * minute; at += minute / 2) {
    const nodes = joinAt.flatMap((time, i) => (time <= at ? [make(`n${i}`, time, at - time)] : []));
    const all = [...waiting, ...nodes.flatMap(({ name }) => extras(name))];
    const decision = decide(
      snapshot({ now: at, pods: all, nodes, pools: [pool({ desired: joinAt.length, ...ofPool })], ...rest }),
      history,
      rules,
    );
    ({ history, actions } = decision);
    for (const size of sizes(actions)) {
      orders.push(size);
      while (joinAt.length < size) joinAt.push(at + 5 * minute);
    }
  }
  return { orders, reports: actions.flatMap((action) => (action.type === "report" ? [action.reason] : [])) };
}

const late = { key: "example.com/agent", effect: "NoSchedule" };
const plain = (name: string, createdAt: number): Node => node(name, { createdAt });

describe("a pool whose nodes are not what its template says is not driven to its maximum by one pod", () => {
  test("when each gets a taint after it joined", () => {
    const { orders, reports } = wait({ waiting: pods(1), make: (name, createdAt) => node(name, { createdAt, taints: [late] }) });
    expect(orders).toEqual([1]);
    expect(reports).toEqual([expect.stringContaining("before the node n0 of the pool compute came for them")]);
  });

  test("when each has a mirror pod", () => {
    const mirror = shape(500);
    const extras = (name: string): Pod[] => [pod(0, { node: name, isWorkload: false, job: undefined, shape: mirror })];
    expect(wait({ waiting: pods(1, 3700), make: plain, extras }).orders).toEqual([1]);
  });

  test("when each gets a DaemonSet's pod for a label that it gets late", () => {
    const daemon = shape(500, { nodeSelector: { late: "true" } });
    const labels = { nodepool: "compute", late: "true" };
    const make = (name: string, createdAt: number, age: number): Node =>
      age < 2 * minute ? plain(name, createdAt) : node(name, { createdAt, labels });
    const extras = (name: string): Pod[] => [pod(0, { node: name, isWorkload: false, job: undefined, shape: daemon })];
    expect(wait({ waiting: pods(1, 3700), make, extras, rest: { daemons: [daemon] } }).orders).toEqual([1]);
  });

  test("when each is cordoned, as its template says", () => {
    const spec = { flavor: "c2-15", template: { spec: { unschedulable: true } } };
    const metadata = { name: "compute", uid: "u", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" };
    expect(decided({ pods: pods(1), pools: [readPool({ metadata, spec })] }).actions).toMatchObject([{ code: "NoPoolFits" }]);
  });

  test("when somebody cordons each, or the nodes differ from one another", () => {
    const cordoned = wait({ waiting: pods(1), make: (name, createdAt) => node(name, { createdAt, cordoned: true }) });
    // The second is ordered before the first has had its time.
    expect(cordoned.orders).toEqual([1, 2]);
    expect(cordoned.reports).toHaveLength(1);
    const own = wait({ waiting: pods(1), make: (name, createdAt) => node(name, { createdAt, taints: [{ ...late, value: name }] }) });
    expect(own.orders).toEqual([1]);
  });
});

describe("a node that came and got no pod", () => {
  const came: History = { ...emptyHistory, nodes: new Map() };
  const input = (names: readonly string[], rest: Partial<Snapshot> = {}): Partial<Snapshot> => ({
    nodes: names.map((name) => node(name, { createdAt: now, ...(name === "odd" && { cordoned: true }) })),
    pools: [pool({ desired: names.length })],
    ...rest,
  });
  const later = (minutes: number, of: Partial<Snapshot>, { history }: { history: History }) =>
    decided({ ...of, now: now + minutes * minute }, history);

  test("is no reason to doubt the pool when others took such pods", () => {
    const running = pods(4, 900, { node: "fine" });
    const first = decided(input(["odd", "fine"]), came);
    expect(sizes(later(6, input(["odd", "fine"], { pods: [...running, ...pods(4, 900)] }), first).actions)).toEqual([3]);
    expect(sizes(later(6, input(["odd"], { pods: pods(4, 900) }), first).actions)).toEqual([]);
  });

  test("is no reason to order none for pods that are newer than it", () => {
    const first = decided(input(["odd"]), came);
    expect(sizes(later(6, input(["odd"], { pods: pods(1, 900, { createdAt: now + minute }) }), first).actions)).toEqual([2]);
  });
});

describe("a pool's next node", () => {
  const wanting = (key: string, value: string): Pod =>
    pod(0, { shape: shape(3500, { nodeSelector: { nodepool: "compute", [key]: value } }) });
  const labelled = (labels: Record<string, string>, name = "a"): Node =>
    node(name, { labels: { nodepool: "compute", "kubernetes.io/hostname": name, ...labels } });
  const full = (name: string): Pod => pod(3500, { node: name });

  test("has the labels on which the pool's nodes agree, also when they are gone", () => {
    const product = { "nvidia.com/gpu.product": "L4" };
    const pending = wanting("nvidia.com/gpu.product", "L4");
    const seen = decided({ nodes: [labelled(product)], pods: [full("a"), pending], pools: [pool({ desired: 1 })] });
    expect(sizes(seen.actions)).toEqual([2]);
    expect(sizes(decided({ now: now + 24 * 60 * minute, pods: [pending] }, seen.history).actions)).toEqual([1]);
    const differing = [labelled(product), labelled({ "nvidia.com/gpu.product": "A10" }, "b")];
    expect(codes(decided({ nodes: differing, pods: [full("a"), full("b"), pending], pools: [pool({ desired: 2 })] }).actions)).toEqual([
      "NoPoolFits",
    ]);
  });

  test("has no label by which one node is known", () => {
    for (const pending of [
      wanting("kubernetes.io/hostname", "a"),
      wanting("example.com/name", "a"),
      wanting("topology.kubernetes.io/zone", "a"),
    ]) {
      const labels = { "example.com/name": "a", "topology.kubernetes.io/zone": "a" };
      const pools = [pool({ desired: 1, zones: ["a", "b"] })];
      expect(codes(decided({ nodes: [labelled(labels)], pods: [full("a"), pending], pools }).actions)).toEqual(["NoPoolFits"]);
    }
  });

  test.each([
    ["node.k8s.ovh/type", "standard", "c2-15"],
    ["node.k8s.ovh/type", "gpu", "t1-45"],
    ["beta.kubernetes.io/os", "linux", "c2-15"],
    ["beta.kubernetes.io/arch", "amd64", "c2-15"],
  ])("has OVHcloud's label %s=%s before one was seen", (key, value, flavor) => {
    expect(sizes(decided({ pods: [wanting(key, value)], pools: [pool({ flavor })] }).actions)).toEqual([1]);
  });

  test("has the taints that each node had when it was new, and not those that somebody put there later", () => {
    const input = (taints: Node["taints"]): Partial<Snapshot> => ({
      nodes: [node("a", { taints })],
      pods: [pod()],
      pools: [pool({ desired: 1 })],
    });
    expect(codes(decided(input([late])).actions)).toEqual(["NoPoolFits"]);
    const untainted = decided({ ...input([]), pods: [] });
    expect(sizes(decided(input([late]), untainted.history).actions)).toEqual([2]);
    for (const key of ["node.kubernetes.io/disk-pressure", "autoscaler.ovh-mks-batch/other"])
      expect(sizes(decided(input([{ key, effect: "NoSchedule" }])).actions)).toEqual([2]);
  });

  test("is tried once more when the pool has had none for an hour, for its taints may be gone", () => {
    const { history } = decided({ nodes: [node("a", { taints: [late] })], pools: [pool({ desired: 1 })] });
    expect(sizes(decided({ now: now + 59 * minute, pods: pods(1) }, history).actions)).toEqual([]);
    expect(sizes(decided({ now: now + 61 * minute, pods: pods(1) }, history).actions)).toEqual([1]);
  });
});

describe("a new node", () => {
  const input = (age: number, rest: Partial<Node>): Partial<Snapshot> => ({
    nodes: [node("a", { createdAt: now - age, ...rest })],
    pods: [pod()],
    pools: [pool({ desired: 1 })],
  });

  test("is waited for while it may still lose taints and get labels", () => {
    const taints = [{ key: "node.cilium.io/agent-not-ready", effect: "NoSchedule" }];
    expect(decided(input(minute, { taints })).actions).toEqual([]);
    expect(decided(input(minute, { labels: {} })).actions).toEqual([]);
    expect(sizes(decided(input(6 * minute, { labels: {} })).actions)).toEqual([2]);
  });

  test("that was Ready and is not any more is not new", () => {
    const ready = decided({ ...input(600 * minute, {}), pods: [] }).history;
    const taints = [{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }];
    const lost = { ready: false, notReadySince: now - minute, taints };
    expect(sizes(decided(input(600 * minute, lost), ready).actions)).toEqual([2]);
    expect(sizes(decided(input(minute, lost)).actions)).toEqual([]);
  });
});

test("nodes of a pool that is being deleted get no pods", () => {
  const other = pool({ name: "other", uid: "o" });
  const found = decided({
    nodes: [node("a")],
    pods: pods(1, 1000, { shape: shape(1000, { nodeSelector: {} }) }),
    pools: [pool({ desired: 1, deleting: true }), other],
  });
  expect(found.actions).toMatchObject([{ type: "resize", pool: { name: "other" }, desired: 1 }]);
});
