import type { PoolView } from "../../../../local/api/state/pools";
import {
  type NodePool,
  type NodePoolSpec,
  decide,
  finalizer,
  lastSyncAnnotation,
  specOf,
} from "../../../../local/cluster/node-pools/decision";
import { poolView } from "../fakes";

/** The resource that the sync would have left for `pool`, with the user's changes to its spec. */
function synced(pool: PoolView, changes: Partial<NodePoolSpec> = {}): NodePool {
  const sync = { poolId: pool.id, revision: pool.revision, spec: specOf(pool) };
  return {
    metadata: { name: pool.name, finalizers: [finalizer], annotations: { [lastSyncAnnotation]: JSON.stringify(sync) } },
    spec: { ...specOf(pool), ...changes },
  };
}

const deleted = (resource: NodePool): NodePool => ({
  ...resource,
  metadata: { ...resource.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" },
});

test("both in step: nothing", () => {
  expect(decide(poolView(), synced(poolView()))).toEqual({ kind: "nothing" });
  expect(decide(undefined, undefined)).toEqual({ kind: "nothing" });
});

describe("a pool without a resource", () => {
  test("gets one with its spec and a note of its revision", () => {
    const pool = poolView({ desiredNodes: 3, revision: 4 });
    expect(decide(pool, undefined)).toEqual({
      kind: "createResource",
      spec: specOf(pool),
      sync: { poolId: "pool-1", revision: 4, spec: specOf(pool) },
    });
  });

  test("that is going gets none", () => {
    expect(decide(poolView({ status: "DELETING" }), undefined)).toEqual({ kind: "nothing" });
  });
});

describe("a resource without a pool", () => {
  const fresh: NodePool = { metadata: { name: "new" }, spec: { flavor: "b2-7" } };

  test("is held first, so that its deletion cannot go unnoticed, then becomes a pool", () => {
    expect(decide(undefined, fresh)).toEqual({ kind: "holdResource" });
    const held: NodePool = {
      metadata: { name: "new", finalizers: [finalizer] },
      spec: { flavor: "b2-7", maxNodes: 5, autoscaling: { scaleDownUtilizationThreshold: "0.7" }, attachFloatingIPs: { enabled: true } },
    };
    expect(decide(undefined, held)).toEqual({
      kind: "createPool",
      body: {
        name: "new",
        flavorName: "b2-7",
        maxNodes: 5,
        autoscaling: { scaleDownUtilizationThreshold: 0.7 },
        attachFloatingIps: { enabled: true },
      },
    });
  });

  test("whose pool was deleted through the API goes too, and is let go when it is being deleted", () => {
    expect(decide(undefined, synced(poolView()))).toEqual({ kind: "deleteResource" });
    expect(decide(poolView({ status: "DELETING" }), synced(poolView()))).toEqual({ kind: "deleteResource" });
    expect(decide(undefined, deleted(synced(poolView())))).toEqual({ kind: "releaseResource" });
  });
});

describe("a deleted resource", () => {
  test("takes its pool with it and waits until that is gone", () => {
    expect(decide(poolView(), deleted(synced(poolView())))).toEqual({ kind: "removePool", poolId: "pool-1" });
    expect(decide(poolView({ status: "DELETING" }), deleted(synced(poolView())))).toEqual({ kind: "nothing" });
  });

  test("does not take another pool that has got its name since", () => {
    expect(decide(poolView({ id: "pool-2" }), deleted(synced(poolView())))).toEqual({ kind: "releaseResource" });
  });

  test("takes the pool that was just made from it, before the note of that was written", () => {
    const noted = deleted({ metadata: { name: "compute", finalizers: [finalizer] }, spec: { flavor: "c2-15" } });
    expect(decide(poolView(), noted)).toEqual({ kind: "removePool", poolId: "pool-1" });
  });
});

describe("changes", () => {
  test("of the resource go to the API, in its terms, and only they", () => {
    const changes = { desiredNodes: 4, attachFloatingIPs: { enabled: true }, autoscaling: { scaleDownUtilizationThreshold: "0.25" } };
    expect(decide(poolView(), synced(poolView(), changes))).toEqual({
      kind: "updatePool",
      poolId: "pool-1",
      body: {
        desiredNodes: 4,
        autoscaling: { scaleDownUnneededTimeSeconds: 600, scaleDownUnreadyTimeSeconds: 1200, scaleDownUtilizationThreshold: 0.25 },
        attachFloatingIps: { enabled: true },
      },
    });
  });

  test("of the pool go to the resource", () => {
    const pool = poolView({ desiredNodes: 9, revision: 2 });
    expect(decide(pool, synced(poolView()))).toEqual({
      kind: "updateResource",
      spec: specOf(pool),
      sync: { poolId: "pool-1", revision: 2, spec: specOf(pool) },
    });
  });

  test("of different fields on both sides are all kept", () => {
    const pool = poolView({ maxNodes: 50, revision: 2 });
    expect(decide(pool, synced(poolView(), { desiredNodes: 4 }))).toMatchObject({ kind: "updatePool", body: { desiredNodes: 4 } });
    const after = poolView({ maxNodes: 50, desiredNodes: 4, revision: 3 });
    expect(decide(after, synced(poolView(), { desiredNodes: 4 }))).toMatchObject({
      kind: "updateResource",
      spec: { maxNodes: 50, desiredNodes: 4 },
    });
  });

  test("of the same field on both sides: the API has the last word", () => {
    const pool = poolView({ desiredNodes: 7, revision: 2 });
    expect(decide(pool, synced(poolView(), { desiredNodes: 4 }))).toMatchObject({ kind: "updateResource", spec: { desiredNodes: 7 } });
  });

  test("that were made while nobody looked are not lost: the note says who changed", () => {
    expect(decide(poolView(), synced(poolView(), { maxNodes: 10 }))).toMatchObject({ kind: "updatePool", body: { maxNodes: 10 } });
  });

  test("that are none: fields left out, and a number written in another way", () => {
    const { flavor, desiredNodes, autoscaling: both } = synced(poolView()).spec;
    const rest = { flavor, desiredNodes };
    expect(decide(poolView(), { ...synced(poolView()), spec: rest })).toMatchObject({ kind: "updateResource", spec: { maxNodes: 100 } });
    const autoscaling = { ...both, scaleDownUtilizationThreshold: "0.50" };
    expect(decide(poolView(), synced(poolView(), { autoscaling }))).toMatchObject({ kind: "updateResource" });
  });
});

describe("a resource without a note, or with one of another pool", () => {
  test("takes over what the API says", () => {
    const resource: NodePool = { metadata: { name: "compute" }, spec: { flavor: "c2-15", desiredNodes: 8 } };
    expect(decide(poolView(), resource)).toMatchObject({ kind: "updateResource", spec: { desiredNodes: 0 } });
    expect(decide(poolView({ id: "pool-2" }), synced(poolView(), { desiredNodes: 8 }))).toMatchObject({
      kind: "updateResource",
      spec: { desiredNodes: 0 },
    });
  });

  test("makes way where the flavor, which cannot change, is another one", () => {
    expect(decide(poolView({ id: "pool-2", flavor: "b2-7" }), synced(poolView()))).toEqual({ kind: "deleteResource" });
  });
});
