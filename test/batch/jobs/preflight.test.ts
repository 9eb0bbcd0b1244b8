import { type ServerResponse } from "node:http";
import { type ParametersInput } from "../../../batch";
import { ClusterError } from "../../../kubernetes/cluster";
import { preflight } from "../../../batch/jobs/preflight";
import { createPool } from "../../../batch/run/session";
import { FakeCluster } from "../fakes/cluster";
import { parametersWith } from "../fakes/parameters";
import { answerWith, serve } from "../fakes/server";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A price list that knows one flavor. */
async function catalogue(answer?: (response: ServerResponse) => void) {
  const technical = { cpu: { cores: 4 }, memory: { size: 15 }, storage: { disks: [{ capacity: 100 }] } };
  const addons = [{ planCode: "b2-15.consumption", pricings: [{ price: 12_900_000, capacities: ["consumption"] }], blobs: { technical } }];
  const server = await serve((_, response) =>
    answer ? answer(response) : answerWith(response, 200, { locale: { currencyCode: "EUR" }, addons }),
  );
  closing.push(server.close);
  return server.url;
}

const nobody = "http://127.0.0.1:1";

function check(cluster: FakeCluster, values: Partial<ParametersInput> = {}, catalog = nobody, memories?: string[]) {
  const parameters = parametersWith({ prices: { catalog }, ...values });
  return preflight(cluster, parameters, memories ?? [parameters.memory], createPool(cluster, parameters));
}

describe("the pool", () => {
  const pool = (name: string, spec: object = { maxNodes: 100 }) => ({ metadata: { name }, spec });
  const node = (name: string, allocatable: Record<string, string>, nodepool = "compute") => ({
    metadata: { name, labels: { nodepool } },
    status: { allocatable },
  });
  const world = (objects: { pools?: object[]; nodes?: object[] }) => {
    const cluster = new FakeCluster();
    for (const object of objects.pools ?? []) cluster.put("nodepools", object as never);
    for (const object of objects.nodes ?? []) cluster.put("nodes", object as never);
    return cluster;
  };

  test("that is not there is refused with the names of those that are", async () => {
    await expect(check(world({ pools: [pool("system"), pool("large")] }))).rejects.toThrow(
      "pool: there is no node pool 'compute'; there are 'system', 'large'",
    );
  });

  test("of Karpenter's that is not there is refused with the names of its own, whatever its pods ask for otherwise", async () => {
    const cluster = world({ pools: [pool("compute")] });
    const karpenter = { provisioner: "karpenter", cpu: "96" } as const;
    await expect(check(cluster, karpenter)).rejects.toThrow("pool: there is no node pool 'compute' of Karpenter's; there is none");
    cluster.put("karpenternodepools", { metadata: { name: "compute" }, spec: {} } as never);
    await expect(check(cluster, karpenter)).resolves.toBeUndefined();
  });

  test.each([{ maxNodes: 0 }, { autoscale: false, desiredNodes: 0 }])("that may have no nodes (%p) is refused", async (spec) => {
    await expect(check(world({ pools: [pool("compute", spec)] }))).rejects.toThrow("pool: 'compute' may have no nodes; raise its maxNodes");
  });

  test.each([
    { maxNodes: 3, desiredNodes: 0 },
    { autoscale: false, desiredNodes: 2 },
  ])("that may have nodes (%p) is fine", async (spec) => {
    await expect(check(world({ pools: [pool("compute", spec)] }))).resolves.toBeUndefined();
  });

  test("whose largest node is too small is refused with what it has", async () => {
    const nodes = [
      node("a", { cpu: "900m", memory: "2Gi" }),
      node("b", { cpu: "1930m", memory: "1Gi" }),
      node("c", { cpu: "16", memory: "64Gi" }, "large"),
    ];
    await expect(check(world({ nodes }), { cpu: "2" })).rejects.toThrow(
      "cpu: 2 never fits: a node of pool 'compute' has 1.93 for pods; ask for less",
    );
    await expect(check(world({ nodes }), { memory: "3Gi" })).rejects.toThrow(
      "memory: 3Gi never fits: a node of pool 'compute' has 2Gi for pods",
    );
    await expect(check(world({ nodes }), { cpu: "1.9", memory: "2Gi" })).resolves.toBeUndefined();
    const equipped = world({ nodes: [node("a", { cpu: "4", memory: "8Gi", "example.com/dongle": "1" })] });
    await expect(check(equipped, { extendedResources: { "example.com/dongle": 2 } })).rejects.toThrow(
      "extendedResources.example.com/dongle: 2 never fits: a node of pool 'compute' has 1 for pods",
    );
    await expect(check(equipped, { extendedResources: { "example.com/dongle": 1, "example.com/other": 1 } })).resolves.toBeUndefined();
  });

  test.each([403, 404])("of a cluster that does not tell (%i) is left to the scheduler", async (status) => {
    const cluster = new FakeCluster();
    cluster.hook = () => {
      throw new ClusterError("no", status);
    };
    await expect(check(cluster)).resolves.toBeUndefined();
  });

  test("of a cluster that does not answer is a fault", async () => {
    const cluster = new FakeCluster();
    cluster.hook = () => {
      throw new ClusterError("etcd is away", 503);
    };
    await expect(check(cluster)).rejects.toThrow("etcd is away");
  });

  test("without a node is told from its flavor's size", async () => {
    const cluster = world({ pools: [pool("compute", { flavor: "b2-15", maxNodes: 3 })] });
    const catalog = await catalogue();
    const values = { cpu: "4", memory: "14Gi", ephemeralStorage: "80Gi", gpu: 1 };
    await expect(check(cluster, values, catalog)).rejects.toThrow(
      [
        "cpu: 4 never fits: a node of pool 'compute' (b2-15) has 3.83 for pods; ask for less, or use a pool of a larger flavor",
        "memory: 14Gi never fits: a node of pool 'compute' (b2-15) has 12.48Gi for pods; ask for less, or use a pool of a larger flavor",
        "ephemeralStorage: 80Gi never fits: a node of pool 'compute' (b2-15) has 65.19Gi for pods; ask for less, or use a pool of a larger flavor",
        "gpu: 1 never fits: a node of pool 'compute' (b2-15) has 0 for pods; ask for less, or use a pool of a larger flavor",
      ].join("\n"),
    );
    await expect(check(cluster, { cpu: "3.8", memory: "12Gi" }, catalog)).resolves.toBeUndefined();
    await expect(check(cluster, {}, catalog, ["1Gi", "13Gi"])).rejects.toThrow("memory: 13Gi never fits");
  });

  test("without a node, and without a price list, is left to the scheduler", async () => {
    const cluster = world({ pools: [pool("compute", { flavor: "b2-15" })] });
    const away = await catalogue(() => undefined);
    for (const catalog of [nobody, away]) await expect(check(cluster, { cpu: "400" }, catalog)).resolves.toBeUndefined();
  });

  test("whose nodes have no GPU yet is left to the scheduler, unless its flavor has none", async () => {
    const objects = { pools: [pool("compute", { flavor: "b2-15" })], nodes: [node("a", { cpu: "4" })] };
    await expect(check(world(objects), { gpu: 1 }, nobody)).resolves.toBeUndefined();
    await expect(check(world(objects), { gpu: 1 }, await catalogue())).rejects.toThrow("gpu: 1 never fits: a node of pool 'compute' has 0");
  });
});

describe("what the pods name", () => {
  const values: Partial<ParametersInput> = {
    envFrom: ["s3"],
    secretEnv: { TOKEN: { secret: "s3", key: "token" } },
    imagePullSecrets: ["registry"],
    volumes: [{ claim: "data", mountPath: "/data" }],
    serviceAccount: "robot",
    priorityClass: "high",
  };

  test("and is not there is told, all of it at once", async () => {
    await expect(check(new FakeCluster(), { ...values, pool: "compute" })).rejects.toThrow(
      [
        "envFrom[0]: there is no Secret 's3' in namespace 'batch'; create it first",
        "secretEnv.TOKEN: there is no Secret 's3' in namespace 'batch'; create it first",
        "imagePullSecrets[0]: there is no Secret 'registry' in namespace 'batch'; create it first",
        "volumes[0].claim: there is no PersistentVolumeClaim 'data' in namespace 'batch'; create it first",
        "serviceAccount: there is no ServiceAccount 'robot' in namespace 'batch'; create it first",
        "priorityClass: there is no PriorityClass 'high'; create it first",
      ].join("\n"),
    );
  });

  test("and is there is fine, if the Secret has the key", async () => {
    const cluster = new FakeCluster();
    const put = (kind: Parameters<FakeCluster["put"]>[0], name: string, more: object = {}) =>
      cluster.put(kind, { metadata: { name, ...(kind !== "priorityclasses" && { namespace: "batch" }) }, ...more });
    put("secrets", "s3", { data: { other: "" } });
    put("secrets", "registry");
    put("persistentvolumeclaims", "data");
    put("serviceaccounts", "robot");
    put("priorityclasses", "high");
    await expect(check(cluster, values)).rejects.toThrow(/^secretEnv.TOKEN: the Secret 's3' has no key 'token'$/);
    put("secrets", "s3", { data: { token: "" } });
    await expect(check(cluster, values)).resolves.toBeUndefined();
    expect(cluster.calls.filter((call) => call === "get secrets s3")).toHaveLength(2); // once each time
  });

  test("and may not be read is taken to be there", async () => {
    const cluster = new FakeCluster();
    cluster.hook = (call) => {
      if (call.startsWith("get")) throw new ClusterError("forbidden", 403);
    };
    await expect(check(cluster, values)).resolves.toBeUndefined();
  });
});
