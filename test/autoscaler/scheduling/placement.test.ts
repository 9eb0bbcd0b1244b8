import { decide, type Decision } from "../../../autoscaler/decision/decide";
import { type Job, type Pod, type Snapshot, type Times, type TopologyRule } from "../../../autoscaler/state/model";
import { emptyHistory, type History } from "../../../autoscaler/state/history";
import { draining, node, now, pod, pods, pool, rules, shape, snapshot } from "../build";

const decided = (input: Partial<Snapshot>, history: History = emptyHistory): Decision => decide(snapshot(input), history, rules);
const sizes = (input: Partial<Snapshot>, history?: History): [string, number][] =>
  decided(input, history).actions.flatMap((action) =>
    action.type === "resize" ? [[action.pool.name, action.desired] as [string, number]] : [],
  );

const hostname = "kubernetes.io/hostname";
const zone = "topology.kubernetes.io/zone";
const rule = (kind: TopologyRule["kind"], key: string, app = "x", maxSkew = 1): TopologyRule => ({
  kind,
  key,
  selector: [{ key: "app", operator: "In", values: [app] }],
  namespaces: ["batch"],
  maxSkew,
});
const ruled = (amount: number, topology: TopologyRule[], rest: Partial<Pod> = {}): Pod[] =>
  pods(amount, 100, { shape: shape(100, { topology }), labels: { app: "x" }, ...rest });

describe("pods that may not be together", () => {
  test("get a node each", () => {
    expect(sizes({ pods: ruled(4, [rule("antiAffinity", hostname)]) })).toEqual([["compute", 4]]);
  });

  test("count those that run already", () => {
    const running = ruled(1, [rule("antiAffinity", hostname)], { node: "a" });
    const input = { nodes: [node("a"), node("b")], pools: [pool({ desired: 2 })] };
    expect(sizes({ ...input, pods: [...running, ...ruled(1, [rule("antiAffinity", hostname)])] })).toEqual([]);
    expect(sizes({ ...input, pods: [...running, ...ruled(2, [rule("antiAffinity", hostname)])] })).toEqual([["compute", 3]]);
  });

  test("keep others away too that have no such rule themselves", () => {
    const lonely = ruled(1, [rule("antiAffinity", hostname)], { node: "a" });
    const others = pods(1, 100, { labels: { app: "x" } });
    const strangers = pods(1, 100, { labels: { app: "y" } });
    const input = { nodes: [node("a")], pools: [pool({ desired: 1 })] };
    expect(sizes({ ...input, pods: [...lonely, ...others] })).toEqual([["compute", 2]]);
    expect(sizes({ ...input, pods: [...lonely, ...strangers] })).toEqual([]);
  });

  test("of another namespace are no concern", () => {
    const elsewhere = ruled(1, [], { id: "other/p", node: "a" });
    const input = { nodes: [node("a")], pools: [pool({ desired: 1 })] };
    expect(sizes({ ...input, pods: [...elsewhere, ...ruled(1, [rule("antiAffinity", hostname)])] })).toEqual([]);
  });
});

describe("pods that have to be together", () => {
  test("share the first one's node as far as they fit", () => {
    expect(sizes({ pods: ruled(3, [rule("affinity", hostname)]) })).toEqual([["compute", 1]]);
    // 38 of 100m fit: the others have no node, however many are ordered.
    expect(sizes({ pods: ruled(50, [rule("affinity", hostname)]) })).toEqual([["compute", 1]]);
  });

  test("follow the pod that they want to be with", () => {
    const there = pod(100, { node: "b", labels: { app: "db" } });
    const input = { nodes: [node("a"), node("b")], pools: [pool({ desired: 2 })] };
    const decision = decided({ ...input, pods: [there, ...ruled(1, [rule("affinity", hostname, "db")])] });
    expect(decision.actions).toEqual([]);
    expect(decided({ ...input, pods: ruled(1, [rule("affinity", hostname, "db")]) }).actions).toMatchObject([{ code: "PoolAtMaximum" }]);
  });
});

describe("pods that have to be spread", () => {
  test("over nodes need as many nodes as keep them even", () => {
    const full = [node("a", { allocatable: { cpu: 4000, memory: 14e9, pods: 2 } }), node("b")];
    const input = { nodes: full, pools: [pool({ desired: 2 })] };
    expect(sizes({ ...input, pods: ruled(5, [rule("spread", hostname)]) })).toEqual([]);
    // The third on b would be two more than… a has: a is full at two, so b takes three and the sixth has to wait for a third node.
    expect(sizes({ ...input, pods: ruled(6, [rule("spread", hostname)]) })).toEqual([["compute", 3]]);
  });

  test("over a least number of nodes get as many", () => {
    const five = [{ ...rule("spread", hostname), minDomains: 5 }];
    expect(sizes({ pods: ruled(5, five) })).toEqual([["compute", 5]]);
    const begun = { nodes: [node("a")], pools: [pool({ desired: 1 })] };
    expect(sizes({ ...begun, pods: [...ruled(1, five, { node: "a" }), ...ruled(4, five)] })).toEqual([["compute", 5]]);
    expect(sizes({ pods: ruled(12, five) })).toEqual([["compute", 5]]);
  });

  test("are kept even with nodes too that get none: the scheduler counts cordoned, leaving and broken ones", () => {
    const cordoned = node("b", { cordoned: true, taints: [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }] });
    const input = { nodes: [node("a"), cordoned], pools: [pool({ desired: 2 })] };
    const both = (spread: TopologyRule) => [...ruled(1, [spread], { node: "a" }), ...ruled(1, [spread])];
    expect(sizes({ ...input, pods: both(rule("spread", hostname)) })).toEqual([["compute", 3]]);
    expect(sizes({ ...input, pods: both({ ...rule("spread", hostname), honorsTaints: true }) })).toEqual([]);
  });

  test("are kept even with the nodes that their selector chooses, or with all", () => {
    const other = node("b", { pool: "other", labels: { nodepool: "other" } });
    const input = { nodes: [node("a"), other], pools: [pool({ desired: 1 })] };
    const both = (spread: TopologyRule) => [...ruled(1, [spread], { node: "a" }), ...ruled(1, [spread])];
    expect(sizes({ ...input, pods: both(rule("spread", hostname)) })).toEqual([]);
    expect(sizes({ ...input, pods: both({ ...rule("spread", hostname), anyNode: true }) })).toEqual([["compute", 2]]);
  });

  test("over zones cannot use a pool that is in none", () => {
    expect(sizes({ pods: ruled(2, [rule("spread", zone)]) })).toEqual([]);
    const labels = { nodepool: "compute", [zone]: "a" };
    expect(sizes({ pods: ruled(2, [rule("spread", zone)]), pools: [pool({ labels })] })).toEqual([["compute", 1]]);
  });
});

describe("resources", () => {
  test("a node has each host port once", () => {
    const port = shape(100, { requests: { cpu: 100, pods: 1, "hostPort/TCP/80": 1 } });
    expect(sizes({ pods: pods(3, 100, { shape: port }) })).toEqual([["compute", 3]]);
    const input = { nodes: [node("a")], pools: [pool({ desired: 1 })] };
    expect(sizes({ ...input, pods: [pod(100, { shape: port, node: "a" }), pod(100, { shape: port })] })).toEqual([["compute", 2]]);
  });

  test("a GPU that a young node does not show yet is counted on", () => {
    const gpus = { cpu: 8000, memory: 40e9, pods: 110 };
    const wanting = pods(1, 0, { shape: shape(0, { requests: { "nvidia.com/gpu": 1, pods: 1 } }) });
    const at = (createdAt: number) => ({
      pods: wanting,
      nodes: [node("g", { flavor: "t1-45", allocatable: gpus, createdAt })],
      pools: [pool({ flavor: "t1-45", desired: 1 })],
    });
    expect(sizes(at(now - 60_000))).toEqual([]);
    expect(sizes(at(now - 3_600_000))).toEqual([]);
    expect(sizes(at(now - 5_400_000))).toEqual([["compute", 2]]);
  });
});

describe("all or nothing", () => {
  const gang = (amount: number, of: number, rest: Partial<Pod> = {}): Pod[] => pods(amount, 1000, { gang: of, ...rest });

  test("a Job gets nodes for all the pods that it needs at once, or none", () => {
    expect(sizes({ pods: gang(12, 12), pools: [pool({ max: 4 })] })).toEqual([["compute", 4]]);
    const tooMany = decided({ pods: gang(13, 13), pools: [pool({ max: 4 })] });
    expect(tooMany.actions).toMatchObject([{ type: "report", code: "PoolAtMaximum", jobs: [{ name: "job" }] }]);
  });

  test("more than it needs are welcome", () => {
    expect(sizes({ pods: gang(13, 12), pools: [pool({ max: 4 })] })).toEqual([["compute", 4]]);
  });

  test("a Job that gets nothing leaves its place to others", () => {
    const other = pods(3, 1000, { job: { namespace: "batch", name: "b", uid: "b" } });
    expect(sizes({ pods: [...gang(13, 13), ...other], pools: [pool({ max: 4 })] })).toEqual([["compute", 1]]);
  });

  test("its running pods count, and it waits until its pods have been made", () => {
    const running = gang(3, 6, { node: "a" });
    const input = { nodes: [node("a", { allocatable: { cpu: 3000, memory: 14e9, pods: 110 } })], pools: [pool({ desired: 1 })] };
    expect(sizes({ ...input, pods: [...running, ...gang(3, 6)] })).toEqual([["compute", 2]]);
    expect(sizes({ ...input, pods: [...running, ...gang(2, 6)] })).toEqual([]);
  });

  test("its pods that are being deleted do not count", () => {
    const dying = gang(4, 8, { node: "a", schedulable: false });
    expect(sizes({ pods: [...dying, ...gang(8, 8)], pools: [pool({ max: 2 })] })).toEqual([]);
    expect(sizes({ pods: [...dying, ...gang(8, 8)], pools: [pool({ max: 3 })] })).toEqual([["compute", 3]]);
  });

  test("none of them waits for another to end, however short they are", () => {
    const jobs: Job[] = [{ uid: "job-uid", left: 12, durations: { count: 5, mean: 30_000, deviation: 0 } }];
    const decision = decided({ pods: gang(12, 12), jobs });
    expect(decision.actions).toMatchObject([{ type: "resize", desired: 4 }]);
    expect(decision.patient).toBe(0);
    expect(decided({ pods: gang(12, 12), jobs, pools: [pool({ max: 2 })] }).actions).toMatchObject([{ code: "PoolAtMaximum" }]);
  });

  test("a Job that never has so many pods at once is told so", () => {
    const jobs: Job[] = [{ uid: "job-uid", left: 20, parallelism: 5 }];
    expect(decided({ pods: gang(5, 10), jobs }).actions).toMatchObject([
      { type: "report", code: "GangTooLarge", jobs: [{ name: "job" }], reason: expect.stringContaining("raise 'parallelism'") as string },
    ]);
    expect(decided({ pods: gang(5, 10), jobs: [{ ...jobs[0]!, parallelism: 10 }] }).actions).toEqual([]);
    // At its end it needs no more than it has.
    expect(decided({ pods: gang(5, 10), jobs: [{ ...jobs[0]!, left: 5 }] }).actions).toMatchObject([{ type: "resize" }]);
  });

  test("at the Job's end fewer are enough", () => {
    const jobs: Job[] = [{ uid: "job-uid", left: 2 }];
    expect(sizes({ pods: gang(2, 6) })).toEqual([]);
    expect(sizes({ pods: gang(2, 6), jobs })).toEqual([["compute", 1]]);
  });
});

describe("pods that will not wait for long", () => {
  const boots: History = { ...emptyHistory, boots: new Map([["c2-15", { count: 5, mean: 300_000, deviation: 10_000 }]]) };
  const times = (mean: number): Times => ({ count: 20, mean, deviation: 0 });
  const full = { nodes: [node("a", { allocatable: { cpu: 3000, memory: 14e9, pods: 110 } })], pools: [pool({ desired: 1 })] };
  const running = (ago: number): Pod[] => pods(3, 1000, { node: "a", startedAt: now - ago });
  const jobs = (mean: number): Job[] => [{ uid: "job-uid", durations: times(mean) }];

  test("get no node when they will start sooner on those that there are", () => {
    const decision = decided({ ...full, pods: [...running(0), ...pods(30)], jobs: jobs(30_000) }, boots);
    expect(decision.actions).toEqual([]);
    expect(decision).toMatchObject({ pending: 30, patient: 30 });
  });

  test("get nodes when there are too many of them", () => {
    expect(sizes({ ...full, pods: [...running(0), ...pods(60)], jobs: jobs(30_000) }, boots).length).toBe(1);
  });

  test("get nodes when nothing is known of how long they run", () => {
    expect(sizes({ ...full, pods: [...running(0), ...pods(3)] }, boots)).toEqual([["compute", 2]]);
  });

  test("wait for the usual time of a boot until one was seen", () => {
    expect(sizes({ ...full, pods: [...running(0), ...pods(3)], jobs: jobs(30_000) })).toEqual([]);
    expect(sizes({ ...full, pods: [...running(0), ...pods(3)], jobs: jobs(400_000) })).toEqual([["compute", 2]]);
  });

  test("are not put off by pods that run longer than was likely", () => {
    expect(sizes({ ...full, pods: [...running(3_600_000), ...pods(3)], jobs: jobs(30_000) }, boots)).toEqual([["compute", 2]]);
  });

  test("of a new Job are judged by others of their shape", () => {
    const durations = new Map([[shape(1000).key, times(30_000)]]);
    expect(decided({ ...full, pods: [...running(0), ...pods(30)], durations }, boots).actions).toEqual([]);
  });

  test("that run for long get their nodes at once", () => {
    expect(sizes({ ...full, pods: [...running(0), ...pods(30)], jobs: jobs(3_600_000) }, boots)).toEqual([["compute", 11]]);
  });
});

describe("the cheapest pools", () => {
  const any = (amount: number, cpu: number) => pods(amount, cpu, { shape: shape(cpu, { nodeSelector: {} }) });
  const pools = [
    pool({ name: "small", uid: "s", flavor: "c2-7" }),
    pool({ name: "middle", uid: "m", flavor: "c2-15" }),
    pool({ name: "large", uid: "l", flavor: "c2-60" }),
  ];
  const priced = (prices: Record<string, number>, input: Partial<Snapshot>) =>
    decide(snapshot({ pools, ...input }), emptyHistory, { ...rules, prices }).actions.flatMap((action) =>
      action.type === "resize" ? [[action.pool.name, action.desired]] : [],
    );

  test("are chosen by price for the pods that there are", () => {
    const prices = { "c2-7": 0.1, "c2-15": 0.15, "c2-60": 0.9 };
    expect(priced(prices, { pods: any(1, 1000) })).toEqual([["small", 1]]);
    expect(priced(prices, { pods: any(30, 1000) })).toEqual([["middle", 10]]);
    expect(priced({ ...prices, "c2-60": 0.3 }, { pods: any(30, 1000) })).toEqual([["large", 2]]);
  });

  test("may be several: the rest goes where it is cheapest", () => {
    expect(priced({ "c2-7": 0.1, "c2-15": 0.15, "c2-60": 0.9 }, { pods: any(4, 1000) })).toEqual([
      ["small", 1],
      ["middle", 1],
    ]);
  });

  test("are found whatever pools come first that none of the pods may use", () => {
    const some = [pool({ name: "big", uid: "b", flavor: "c3-32" }), pool({ name: "small", uid: "s", flavor: "c3-4" })];
    const taints = [{ key: "gpu", effect: "NoSchedule" }];
    const strange = ["gpu1", "gpu2", "gpu3"].map((name) => pool({ name, uid: name, flavor: "l4-90", taints }));
    const prices = { "c3-4": 1, "c3-32": 4.8, "l4-90": 20 };
    const waiting = [...any(4, 1500), ...any(4, 1501)];
    for (const all of [some, [...strange, ...some]]) expect(priced(prices, { pods: waiting, pools: all })).toEqual([["big", 1]]);
  });

  test("are those billed by the hour as long as these may grow", () => {
    const monthly = pool({ name: "monthly", uid: "m", flavor: "c2-7", monthly: true });
    const hourly = pool({ name: "hourly", uid: "h", flavor: "c2-60", max: 1 });
    expect(priced({}, { pods: any(1, 1000), pools: [monthly, hourly] })).toEqual([["hourly", 1]]);
    expect(priced({}, { pods: any(16, 1000), pools: [monthly, hourly] })).toEqual([
      ["monthly", 1],
      ["hourly", 1],
    ]);
  });

  test("are judged by size when a price is missing", () => {
    expect(priced({ "c2-60": 0.01 }, { pods: any(1, 1000) })).toEqual([["small", 1]]);
  });
});

test("a drained node is uncordoned for a pod that would otherwise wait its turn", () => {
  const boots: History = { ...emptyHistory, boots: new Map([["c2-15", { count: 5, mean: 300_000, deviation: 0 }]]) };
  const input = { nodes: [draining("a", 500)], pods: pods(1), pools: [pool({ desired: 1 })] };
  expect(decided(input, boots).actions).toMatchObject([{ type: "uncordon", node: "a" }]);
});

test("a pod for which the scheduler has made room counts as on that node, as long as that is Ready", () => {
  const victim = pod(3800, { node: "a", schedulable: false });
  const waiting = [pod(3800, { nominated: "a" }), pod(3800)];
  const input = { nodes: [node("a")], pods: [victim, ...waiting], pools: [pool({ desired: 1 })] };
  expect(sizes(input)).toEqual([["compute", 2]]);
  expect(sizes({ pods: waiting })).toEqual([["compute", 2]]);
  const lost = { nodes: [node("a", { ready: false, notReadySince: now - 700_000 })], pods: waiting, pools: [pool({ desired: 1 })] };
  expect(sizes(lost)).toEqual([["compute", 3]]);
});
