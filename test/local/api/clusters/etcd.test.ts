import { actionOf } from "../../../../local/api/iam/service-accounts";
import { Harness, type HarnessOptions, project, removeTemporaryFolders } from "../harness";
import { containing } from "../matchers";

const MB = 1024 ** 2;
const kube = `${project}/kube`;

let harness: Harness;
beforeEach(() => {
  harness = new Harness();
});
afterEach(async () => {
  await harness.close();
  removeTemporaryFolders();
});

async function restart(options: HarnessOptions): Promise<void> {
  await harness.close();
  harness = new Harness(options);
}

const ask = (id: string) => harness.call("GET", `${kube}/${id}/metrics/etcdUsage`);
const quotaOf = async (id: string): Promise<number> => ((await ask(id)).body as { quota: number }).quota;

it("tells what etcd may hold and what it holds, in bytes: with three nodes, what OVHcloud's guide has", async () => {
  const id = await harness.readyCluster();
  expect(await ask(id)).toMatchObject({ status: 200, body: { quota: 10 * MB, usage: 0 } });
  await harness.readyPool(id, { desiredNodes: 3 });
  harness.cluster.etcd = { objects: 2_604_349, file: 40_000_000 };
  expect((await ask(id)).body).toEqual({ quota: 89_128_960, usage: 2_604_349 });
});

it("lets it hold no less when nodes go, nor after a restart", async () => {
  const id = await harness.readyCluster();
  const pool = await harness.readyPool(id, { desiredNodes: 3 });
  await harness.call("PUT", pool.path, { desiredNodes: 0 });
  await harness.settle();
  expect(await harness.nodes(pool)).toEqual([]);
  expect(await quotaOf(id)).toBe(85 * MB);
  await restart({ folder: harness.folder, cluster: harness.cluster });
  await harness.cloud.start();
  await harness.settle();
  expect(await quotaOf(id)).toBe(85 * MB);
});

it("counts no node that has not been ready", async () => {
  harness.faults.add([{ action: "never-boots", pool: "compute" }]);
  const id = await harness.readyCluster();
  await harness.readyPool(id, { desiredNodes: 2 });
  expect(await quotaOf(id)).toBe(10 * MB);
});

it("lets objects of the plan Free take at most 400 MB, and all of Standard's etcd its 8 GB from the start", async () => {
  harness.cluster.etcd = { objects: 1, file: 2 };
  const free = await harness.readyCluster();
  await harness.readyPool(free, { desiredNodes: 20 });
  expect((await ask(free)).body).toEqual({ quota: 400 * MB, usage: 1 });
  const standard = await harness.readyCluster(await harness.privateNetwork("RBX-A"));
  expect((await ask(standard)).body).toEqual({ quota: 8192 * MB, usage: 2 });
  // The etcd that clusters of the plan Free share is no smaller.
  expect([free, standard].map((id) => harness.cloud.etcd.fileOf(id))).toEqual([8192 * MB, 8192 * MB]);
});

it.each([
  ["plan", "file", 400, 400],
  ["off", "objects", 8192, 8192],
] as const)("with the setting %s, the %s of the plan Free may have %i MB without any node", async (etcdQuota, of, megabytes, file) => {
  await restart({ etcdQuota });
  const id = await harness.readyCluster();
  expect(harness.cloud.etcd.now(id)).toEqual({ bytes: megabytes * MB, of });
  expect(harness.cloud.etcd.fileOf(id)).toBe(file * MB);
});

it("knows no other cluster, and nothing of one that is not there yet", async () => {
  expect(await ask("other")).toMatchObject({ status: 404, body: { message: containing("other not found") } });
  harness.cluster.before = (operation) => (operation === "createCluster" ? new Promise<void>(() => undefined) : undefined);
  const id = await harness.readyCluster();
  expect(await ask(id)).toMatchObject({ status: 409, body: { message: containing("INSTALLING") } });
});

it("has the name among IAM's actions that OVHcloud's list has", () => {
  expect(actionOf("GET", "/kube/:kubeId/metrics/etcdUsage")).toBe("publicCloudProject:apiovh:kube/metrics/etcdUsage/get");
});
