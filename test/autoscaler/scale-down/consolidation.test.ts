/** Nodes whose pods may be moved: a Deployment's, which says so, where other nodes have room. */
import { decide } from "../../../autoscaler/decision/decide";
import { evict } from "../../../autoscaler/actuation/act";
import { type Call, type KubeClient } from "../../../kubernetes/client";
import { ClusterError } from "../../../kubernetes/cluster";
import { type Pod, type Snapshot } from "../../../autoscaler/state/model";
import { emptyHistory, type History } from "../../../autoscaler/state/history";
import { type Action } from "../../../autoscaler/state/action";
import { type RawMeta, type RawPod } from "../../../autoscaler/state/raw";
import { readPod } from "../../../autoscaler/state/read-pods";
import { draining, idle, namedRules, node, now, pod, pool, rules, shape, snapshot } from "../build";

const anywhere = (cpu: number) => shape(cpu, { nodeSelector: {} });
const service = (on: string | undefined, rest: Partial<Pod> = {}): Pod =>
  pod(0, { shape: anywhere(1000), node: on, job: undefined, movable: true, ...rest });

const system = node("s", { pool: "system", labels: { nodepool: "system", "kubernetes.io/hostname": "s" } });
const pools = [pool({ desired: 1 }), pool({ name: "system", desired: 1, min: 1, max: 1 })];
/** What else runs on the node of the system pool, millicores. */
const load = (cpu: number): Pod => pod(0, { shape: anywhere(cpu), node: "s", job: undefined });

const decided = (input: Partial<Snapshot>, history: History = longIdle, given = rules): readonly Action[] =>
  decide(snapshot({ pools, ...input }), history, given).actions;
const longIdle = idle(60_000, "pool/compute", "node/a", "node/b");
const types = (actions: readonly Action[]): string[] => actions.map(({ type }) => type);

describe("a node with a service's pods that fit elsewhere", () => {
  const nodes = [system, node("a")];
  const pods = [load(1000), service("a"), service("a")];

  test("is cordoned after the delay", () => {
    const first = decide(snapshot({ pools, nodes, pods }), emptyHistory, rules);
    expect(first.actions).toEqual([]);
    expect(first.wakeAt).toBe(now + 60_000);
    expect(decide(snapshot({ pools, nodes, pods, now: now + 60_000 }), first.history, rules).actions).toEqual([
      { type: "cordon", node: "a", pool: pools[0], reason: "the other nodes have room for its pods" },
    ]);
  });

  test("is emptied when it has been cordoned for the settle time, and removed when it is empty", () => {
    const cordoned = [system, draining("a", 2000)];
    expect(types(decided({ nodes: [system, draining("a", 1999)], pods }))).toEqual([]);
    expect(decided({ nodes: cordoned, pods })).toMatchObject([{ type: "evict", node: "a", pods: [pods[1], pods[2]] }]);
    const half = [load(1000), service("s"), service("a")];
    expect(decided({ nodes: cordoned, pods: half })).toMatchObject([{ type: "evict", pods: [half[2]] }]);
    expect(decided({ nodes: cordoned, pods: [load(1000), service("s"), service("a", { schedulable: false })] })).toEqual([]);
    expect(decided({ nodes: cordoned, pods: [load(1000), service("s"), service("s")] })).toMatchObject([{ type: "remove", desired: 0 }]);
  });

  test("is asked about again soon while a disruption budget keeps its pods", () => {
    expect(decide(snapshot({ pools, nodes: [system, draining("a", 9000)], pods }), longIdle, rules).wakeAt).toBe(now + 5_000);
  });

  test("goes on being emptied after a restart, and while an evicted pod waits for its new place", () => {
    const input = { nodes: [system, draining("a", 9000)], pods: [load(1000), service(undefined), service("a")] };
    expect(types(decided(input, emptyHistory))).toEqual(["evict"]);
  });

  test("stays where billing is hourly until the hour is nearly over", () => {
    const hourly = { ...rules, billing: "hourly" } as const;
    expect(types(decided({ nodes, pods }, longIdle, hourly))).toEqual([]);
    expect(types(decided({ nodes, pods, now: now + 59 * 60_000 }, longIdle, hourly))).toEqual(["cordon"]);
  });
});

describe("nothing is moved", () => {
  test.each<[string, readonly Pod[]]>([
    ["a Job's pod is among them", [load(1000), service("a"), pod(1000, { node: "a" })]],
    ["one pod does not say that it may be", [load(1000), service("a"), service("a", { movable: false })]],
    ["there is no room for all", [load(2500), service("a"), service("a")]],
    ["pending pods take the room", [load(2000), service("a"), service("a"), pod(0, { shape: anywhere(1000) })]],
    ["they may not run on the other nodes", [load(1000), service("a", { shape: shape(1000) })]],
  ])("when %s", (_when, pods) => {
    expect(decided({ nodes: [system, node("a")], pods }).filter(({ type }) => type === "cordon" || type === "evict")).toEqual([]);
    expect(types(decided({ nodes: [system, draining("a", 9000)], pods }))).not.toContain("evict");
  });

  test("to a node that would be empty without them", () => {
    const idlePool = pool({ name: "spare", desired: 1, min: 1 });
    const input = { pools: [pools[0]!, idlePool], nodes: [node("a"), node("x", { pool: "spare" })], pods: [service("a")] };
    expect(decided(input)).toMatchObject([{ type: "report", code: "NodeHeld" }]);
  });

  test("when the room is gone meanwhile: the node is given back", () => {
    const input = { nodes: [system, draining("a", 9000)], pods: [load(3500), service("a")] };
    expect(types(decided(input))).toEqual(["uncordon", "report"]);
  });

  test("out of a pool at its minimum, or one of OVHcloud's autoscaler", () => {
    const input = { nodes: [system, node("a")], pods: [load(1000), service("a")] };
    expect(types(decided({ ...input, pools: [pool({ desired: 1, min: 1 }), pools[1]!] }))).toEqual([]);
    expect(types(decided({ ...input, pools: [pool({ desired: 1, autoscale: true }), pools[1]!] }))).toEqual(["report"]);
  });

  test("without names, out of a pool of which another node cannot be emptied", () => {
    const input = { nodes: [system, node("a"), node("b")], pods: [load(1000), service("a"), pod(1000, { node: "b" })] };
    expect(types(decided({ ...input, pools: [pool({ desired: 2 }), pools[1]!] }))).toEqual([]);
  });
});

describe("by name", () => {
  const both = [pool({ desired: 2 }), pools[1]!];

  test("a node is emptied beside one that works, and into it", () => {
    const input = { pools: both, nodes: [node("a"), node("b")], pods: [service("a"), pod(1000, { node: "b" })] };
    expect(decided(input, longIdle, namedRules)).toMatchObject([{ type: "cordon", node: "a" }]);
  });

  test("of two nodes whose pods fit on one, only one is emptied", () => {
    const input = { pools: both, nodes: [node("a"), node("b")], pods: [service("a"), service("b"), service("b")] };
    expect(decided(input, longIdle, namedRules)).toMatchObject([{ type: "cordon", node: "a" }]);
  });

  test("an empty node goes before one that has to be emptied", () => {
    const input = { pools: [pool({ desired: 3, min: 2 }), pools[1]!], nodes: [node("a"), node("b"), node("c"), system] };
    const pods = [service("a"), load(1000), pod(1000, { node: "c" })];
    expect(decided({ ...input, pods }, longIdle, namedRules)).toMatchObject([{ type: "cordon", node: "b" }]);
  });
});

describe("a pod may be moved", () => {
  const raw = (kind: string | undefined, annotations?: RawMeta["annotations"]): RawPod => ({
    metadata: {
      name: "x",
      namespace: "services",
      uid: "u",
      resourceVersion: "7",
      creationTimestamp: "2026-01-01T00:00:00Z",
      annotations,
      ...(kind && { ownerReferences: [{ kind, name: "owner", uid: "o", controller: true }] }),
    },
    spec: { containers: [] },
  });
  const key = "cluster-autoscaler.kubernetes.io/safe-to-evict";

  test.each([
    ["ReplicaSet", "true", true],
    ["ReplicaSet", "false", undefined],
    ["ReplicaSet", undefined, undefined],
    ["Job", "true", undefined],
    ["StatefulSet", "true", undefined],
    [undefined, "true", undefined],
  ] as const)("of a %s with safe-to-evict %s: %s", (kind, value, movable) => {
    expect(readPod(raw(kind, value && { [key]: value }))?.movable).toBe(movable);
  });

  test.each([
    ["ReplicaSet", undefined, true],
    ["ReplicaSet", "true", true],
    ["ReplicaSet", "false", undefined],
    ["StatefulSet", undefined, undefined],
    [undefined, undefined, undefined],
  ] as const)("of a %s of kube-system with safe-to-evict %s: %s", (kind, value, movable) => {
    const { metadata, spec } = raw(kind, value && { [key]: value });
    expect(readPod({ metadata: { ...metadata, namespace: "kube-system" }, spec })?.movable).toBe(movable);
  });
});

describe("evictions", () => {
  const pods = [service("a", { id: "services/x" }), service("a", { id: "services/y" })];
  const client = (...statuses: number[]) => {
    const calls: Call[] = [];
    const call = (one: Call): Promise<unknown> => {
      const status = statuses[calls.push(one) - 1]!;
      return status < 300 ? Promise.resolve({}) : Promise.reject(new ClusterError(`HTTP ${status}`, status));
    };
    return { calls, kube: { call } as unknown as KubeClient };
  };

  test("go through the Eviction API, so that disruption budgets hold", async () => {
    const { calls, kube } = client(201, 404);
    expect(await evict(kube, pods)).toBe("done");
    expect(calls).toEqual(
      ["x", "y"].map((name) => ({
        method: "POST",
        path: `/api/v1/namespaces/services/pods/${name}/eviction`,
        body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { namespace: "services", name } },
      })),
    );
  });

  test.each([429, 403, 500])("that are refused (%d) are told, and no failure", async (status) => {
    const { calls, kube } = client(status, 201);
    expect(await evict(kube, pods)).toBe(`1 of 2 pods stays for now: HTTP ${status}`);
    expect(calls).toHaveLength(2);
  });

  test("that reach no API server fail", async () => {
    const call = (): Promise<never> => Promise.reject(new Error("no answer within 15 s"));
    await expect(evict({ call } as unknown as KubeClient, pods)).rejects.toThrow("no answer within 15 s");
  });
});
