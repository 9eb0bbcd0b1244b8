import { ApiError } from "../../../../local/api/request/errors";
import { nodePoolCrd } from "../../../../local/cluster/node-pools/crd";
import { Refusals } from "../../../../local/cluster/node-pools/refusals";
import { explain, isReported, statusOf } from "../../../../local/cluster/node-pools/status";
import { NodePoolSync } from "../../../../local/cluster/node-pools/sync";
import { FakeNodePools, FakePools, poolView } from "../fakes";

let kube: FakeNodePools;
let pools: FakePools;
let abort: AbortController;
let said: string[];

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ["setImmediate", "queueMicrotask"] });
  [kube, pools, abort, said] = [new FakeNodePools(), new FakePools(), new AbortController(), []];
});
afterEach(() => {
  abort.abort();
  jest.useRealTimers();
});

const start = (): void => new NodePoolSync({ api: kube, pools, clusterId: "kube-1", say: (text) => said.push(text) }).run(abort.signal);

/** Lets everything happen that needs no time. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 50; i++) await new Promise(setImmediate);
};

const create = (name: string, spec: object): Promise<unknown> =>
  kube.create("/nodepools", { metadata: { name }, spec: { flavor: "c2-15", ...spec } });
const condition = (name: string) => kube.objects.get(name)?.status?.conditions?.[0];

test("each pool has a resource with its spec and counts, and then nothing is written any more", async () => {
  pools.pools = [poolView({ desiredNodes: 2, currentNodes: 2, availableNodes: 1, upToDateNodes: 1 })];
  start();
  await settle();
  const resource = kube.objects.get("compute");
  expect(resource?.spec).toMatchObject({ flavor: "c2-15", desiredNodes: 2, autoscaling: { scaleDownUtilizationThreshold: "0.5" } });
  expect(resource?.status).toMatchObject({ currentNodes: 2, availableNodes: 1, upToDateNodes: 1, observedGeneration: 1 });
  expect(condition("compute")).toMatchObject({ type: "Synced", status: "True" });
  const { writes } = kube;
  pools.set([...pools.pools]);
  await settle();
  await jest.advanceTimersByTimeAsync(600_000);
  expect(kube.writes).toBe(writes);
});

test("a new resource becomes a pool and is filled in", async () => {
  start();
  await create("compute", { maxNodes: 7 });
  await settle();
  expect(pools.pools).toMatchObject([{ name: "compute", flavor: "c2-15", maxNodes: 7 }]);
  expect(kube.objects.get("compute")).toMatchObject({
    spec: { maxNodes: 7, desiredNodes: 0, minNodes: 0 },
    metadata: { finalizers: ["kube.cloud.ovh.com/nodepool"] },
  });
});

test("changes go in both directions, once", async () => {
  pools.pools = [poolView()];
  start();
  await settle();
  kube.edit("compute", { desiredNodes: 3 });
  await settle();
  pools.update("kube-1", "pool-1", { maxNodes: 20 });
  await settle();
  expect(pools.pools[0]).toMatchObject({ desiredNodes: 3, maxNodes: 20 });
  expect(kube.objects.get("compute")?.spec).toMatchObject({ desiredNodes: 3, maxNodes: 20 });
  expect(pools.calls).toEqual(['update {"desiredNodes":3}', 'update {"maxNodes":20}']);
});

test("a deleted resource stays until its pool is gone", async () => {
  pools.pools = [poolView()];
  start();
  await settle();
  await kube.delete("/nodepools/compute");
  await settle();
  expect(pools.pools[0]?.status).toBe("DELETING");
  expect(kube.objects.has("compute")).toBe(true);
  pools.set([]);
  await settle();
  expect(kube.objects.has("compute")).toBe(false);
});

test("a pool deleted through the API takes its resource with it", async () => {
  pools.pools = [poolView()];
  start();
  await settle();
  pools.remove("kube-1", "pool-1");
  await settle();
  pools.set([]);
  await settle();
  expect([...kube.objects.keys()]).toEqual([]);
});

test("a refusal shows as condition and event, and is tried again after growing waits, at once after an edit", async () => {
  pools.pools = [poolView()];
  start();
  await settle();
  pools.refuse = new ApiError(412, "Client::PreconditionFailed::InsufficientVCPUsQuota", "12 vCPUs more than the quota");
  kube.edit("compute", { desiredNodes: 30 });
  await settle();
  expect(condition("compute")).toMatchObject({
    status: "False",
    reason: "InsufficientVCPUsQuota",
    message: "12 vCPUs more than the quota",
    observedGeneration: 2,
  });
  expect(kube.objects.get("compute")?.status?.observedGeneration).toBe(1);
  expect(kube.events).toMatchObject([{ type: "Warning", reason: "InsufficientVCPUsQuota" }]);

  const counts: number[] = [];
  for (let second = 0; second < 60; second++) {
    await jest.advanceTimersByTimeAsync(1_000);
    await settle();
    counts.push(pools.calls.length);
  }
  // At 0, 5, 15 and 35 s.
  expect([counts[3], counts[9], counts[20], counts[59]]).toEqual([1, 2, 3, 4]);
  expect(kube.events).toHaveLength(1);

  kube.edit("compute", { desiredNodes: 20 });
  await settle();
  expect(pools.calls).toHaveLength(5);
  pools.refuse = undefined;
  await jest.advanceTimersByTimeAsync(5_000);
  await settle();
  expect(pools.pools[0]?.desiredNodes).toBe(20);
  expect(condition("compute")).toMatchObject({ status: "True" });
  expect(said).toHaveLength(1);
});

test("a change that the API takes without doing it is a refusal, not a loop", async () => {
  pools.pools = [poolView()];
  pools.update = () => void pools.calls.push("update");
  start();
  await settle();
  kube.edit("compute", { desiredNodes: 3 });
  await settle();
  expect(pools.calls).toEqual(["update"]);
  expect(condition("compute")).toMatchObject({ status: "False", message: "The API does not change desiredNodes." });
});

describe("the status of a resource", () => {
  const now = new Date("2026-02-03T04:05:06.789Z");
  const resource = { metadata: { name: "a", generation: 3 }, spec: { flavor: "x" } };

  test("keeps the time of a condition that stays, and other conditions", () => {
    const first = statusOf(resource, poolView(), undefined, now);
    expect(first.conditions?.[0]?.lastTransitionTime).toBe("2026-02-03T04:05:06Z");
    const other = { type: "Other", status: "True" as const, reason: "r", message: "", lastTransitionTime: "2026-01-01T00:00:00Z" };
    const second = { ...resource, status: { ...first, conditions: [...(first.conditions ?? []), other] } };
    const later = new Date("2026-02-04T00:00:00Z");
    expect(statusOf(second, poolView(), undefined, later).conditions?.map((c) => [c.type, c.lastTransitionTime])).toEqual([
      ["Other", "2026-01-01T00:00:00Z"],
      ["Synced", "2026-02-03T04:05:06Z"],
    ]);
    expect(statusOf(second, poolView(), { reason: "R", message: "m" }, later).conditions?.[1]?.lastTransitionTime).toBe(
      "2026-02-04T00:00:00Z",
    );
    expect(isReported(first, statusOf({ ...resource, status: first }, poolView(), undefined, later))).toBe(true);
    expect(isReported(undefined, first)).toBe(false);
    expect(isReported(first, { ...first, currentNodes: 1 })).toBe(false);
  });

  test("names the reason in one word", () => {
    expect(explain(new ApiError(400, "Client::BadRequest", "no"))).toEqual({ reason: "BadRequest", message: "no" });
    expect(explain(new Error("broken"))).toEqual({ reason: "Error", message: "broken" });
    expect(explain("x")).toEqual({ reason: "Error", message: "x" });
  });
});

test("waits after refusals end at five minutes", () => {
  let now = 0;
  const refusals = new Refusals(() => now);
  const reason = { reason: "R", message: "m" };
  for (let i = 0; i < 12; i++) {
    refusals.add("a", { generation: 1, revision: 1 }, reason);
    now = refusals.soonest()!;
  }
  const before = now;
  refusals.add("a", { generation: 1, revision: 1 }, reason);
  expect(refusals.soonest()! - before).toBe(300_000);
  const holds = (name: string, generation: number, revision: number): boolean => refusals.holdsBack(name, { generation, revision });
  // A newer resource, or a pool that somebody has changed, is tried at once.
  expect([holds("a", 1, 1), holds("a", 2, 1), holds("a", 1, 2), holds("b", 1, 1)]).toEqual([true, false, false, false]);
  refusals.keepOnly(new Set());
  expect(refusals.soonest()).toBeUndefined();
});

test("the NodePool resource is OVHcloud's: its name, its scope, its subresources and what cannot change", () => {
  expect(nodePoolCrd.metadata.name).toBe("nodepools.kube.cloud.ovh.com");
  const [version] = nodePoolCrd.spec.versions;
  expect(nodePoolCrd.spec.scope).toBe("Cluster");
  expect(version?.subresources).toEqual({
    status: {},
    scale: { specReplicasPath: ".spec.desiredNodes", statusReplicasPath: ".status.currentNodes" },
  });
  const { spec } = version!.schema.openAPIV3Schema.properties;
  expect(spec.required).toEqual(["flavor"]);
  expect(spec["x-kubernetes-validations"].map((rule) => rule.message)).toEqual(
    ["flavor", "antiAffinity", "availabilityZones", "monthlyBilled"].map((field) => `${field} is immutable`),
  );
});
