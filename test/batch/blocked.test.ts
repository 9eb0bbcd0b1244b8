import { Blockage, checkPool } from "../../batch/blocked";
import { ClusterError } from "../../batch/cluster";
import { type Waiting } from "../../batch/pods";
import { type Progress } from "../../batch/tracker";
import { FakeCluster } from "./fakes/cluster";
import { parametersWith } from "./fakes/parameters";

const minute = 60_000;
const waitingFor = (...waiting: Waiting[]): Progress => ({
  total: 3,
  succeeded: 0,
  failed: 0,
  running: 0,
  waiting: waiting.map((why) => ({ ...why, pods: 2 })),
});
const image = (message: string, reason = "ImagePullBackOff"): Progress => waitingFor({ kind: "image", reason, message });

/** When, in milliseconds, a Job that stays so is said to be blocked, and with which words. */
function blockedAfter(progress: Progress, limit = 20 * minute): [number, string] | undefined {
  const blockage = new Blockage();
  for (let now = 0; now <= limit; now += 1000) {
    const text = blockage.check(progress, now);
    if (text) return [now, text];
  }
  return undefined;
}

describe("a Job is blocked", () => {
  test("at once by an image reference that is none", () => {
    expect(blockedAfter(image("couldn't parse image name", "InvalidImageName"))).toEqual([
      0,
      "the image reference is not valid: couldn't parse image name",
    ]);
  });

  test.each(["manifest unknown", "pull access denied", "401 Unauthorized", "registry/a:1: not found"])(
    "soon by a registry that says '%s'",
    (message) => {
      expect(blockedAfter(image(message))).toEqual([45_000, `the image cannot be pulled (ImagePullBackOff, 2 pods): ${message}`]);
    },
  );

  test("late by a registry that is away", () => {
    expect(blockedAfter(image("dial tcp: i/o timeout"))?.[0]).toBe(10 * minute);
  });

  test("after a while by a container that cannot be created", () => {
    const progress = waitingFor({ kind: "container", reason: "CreateContainerConfigError", message: `secret "s3" not found` });
    expect(blockedAfter(progress)).toEqual([
      2 * minute,
      `the container cannot be created (CreateContainerConfigError, 2 pods): secret "s3" not found`,
    ]);
  });

  test("never by a lack of nodes", () => {
    expect(blockedAfter(waitingFor({ kind: "node", reason: "Unschedulable", message: "0/0 nodes: not found" }))).toBeUndefined();
  });

  test("only by a fault that lasts", () => {
    const blockage = new Blockage();
    expect(blockage.check(image("not found"), 0)).toBeUndefined();
    expect(blockage.check(waitingFor(), 30_000)).toBeUndefined();
    expect(blockage.check(image("not found"), 60_000)).toBeUndefined();
    expect(blockage.check(image("not found"), 104_000)).toBeUndefined();
    expect(blockage.check(image("not found"), 105_000)).toMatch(/cannot be pulled/);
  });
});

describe("the pool", () => {
  const pool = (name: string, spec: object = { maxNodes: 100 }) => ({ metadata: { name }, spec });
  const node = (name: string, allocatable: Record<string, string>, nodepool = "compute") => ({
    metadata: { name, labels: { nodepool } },
    status: { allocatable },
  });
  const check = (objects: { pools?: object[]; nodes?: object[] }, values = {}) => {
    const cluster = new FakeCluster();
    for (const object of objects.pools ?? []) cluster.put("nodepools", object as never);
    for (const object of objects.nodes ?? []) cluster.put("nodes", object as never);
    return checkPool(cluster, parametersWith(values));
  };

  test("that is not there is refused with the names of those that are", async () => {
    await expect(check({ pools: [pool("system"), pool("large")] })).rejects.toThrow(
      "pool: there is no node pool 'compute'; there are 'system', 'large'",
    );
  });

  test.each([{ maxNodes: 0 }, { autoscale: false, desiredNodes: 0 }])("that may have no nodes (%p) is refused", async (spec) => {
    await expect(check({ pools: [pool("compute", spec)] })).rejects.toThrow("pool: 'compute' may have no nodes; raise its maxNodes");
  });

  test.each([
    { maxNodes: 3, desiredNodes: 0 },
    { autoscale: false, desiredNodes: 2 },
  ])("that may have nodes (%p) is fine", async (spec) => {
    await expect(check({ pools: [pool("compute", spec)] })).resolves.toBeUndefined();
  });

  test("whose largest node is too small is refused with what it has", async () => {
    const nodes = [
      node("a", { cpu: "900m", memory: "2Gi" }),
      node("b", { cpu: "1930m", memory: "1Gi" }),
      node("c", { cpu: "16", memory: "64Gi" }, "large"),
    ];
    await expect(check({ nodes }, { cpu: "2" })).rejects.toThrow(
      "cpu: 2 never fits: a node of pool 'compute' has 1930m for pods; ask for less",
    );
    await expect(check({ nodes }, { memory: "3Gi" })).rejects.toThrow("memory: 3Gi never fits: a node of pool 'compute' has 2Gi for pods");
    await expect(check({ nodes }, { cpu: "1.9", memory: "2Gi" })).resolves.toBeUndefined();
  });

  test.each([403, 404])("of a cluster that does not tell (%i) is left to the scheduler", async (status) => {
    const cluster = new FakeCluster();
    cluster.hook = () => {
      throw new ClusterError("no", status);
    };
    await expect(checkPool(cluster, parametersWith())).resolves.toBeUndefined();
  });

  test("of a cluster that does not answer is a fault", async () => {
    const cluster = new FakeCluster();
    cluster.hook = () => {
      throw new ClusterError("etcd is away", 503);
    };
    await expect(checkPool(cluster, parametersWith())).rejects.toThrow("etcd is away");
  });
});
