/**
 * An etcd that is full, on a cluster without nodes: what OVHcloud then refuses, and what heals it.
 * Needs Linux and root. The local cloud must not run; it does not afterwards.
 */
import { join } from "node:path";
import { ClusterError } from "../../kubernetes/cluster";
import { KubeClient } from "../../kubernetes/client";
import { parseKubeconfig } from "../../kubernetes/kubeconfig";
import { shutdown, startDaemon } from "../../local/daemon/control";
import { callProject } from "../../local/daemon/project";
import { createProgress } from "../../local/lib/progress";
import { paths } from "../../local/lib/paths";
import { readIdentity, signal } from "../../local/lib/proc";
import { loadSettings } from "../../local/lib/settings";
import { keepSettings } from "./kept-settings";
import { until } from "./until";

const progress = createProgress((line) => process.stdout.write(`${line}\n`));
const MB = 1024 ** 2;
const quota = 10 * MB;
const configMaps = "/api/v1/namespaces/default/configmaps";

let putSettingsBack = (): void => undefined;
let client: KubeClient;
let path: string;

const usage = () => callProject<{ quota: number; usage: number }>("GET", `${path}/metrics/etcdUsage`);

/** Writes a megabyte. @returns the error, when the API server refuses it */
async function write(index: number): Promise<ClusterError | undefined> {
  const body = { metadata: { name: `filling-${index}`, labels: { filling: "true" } }, data: { text: "x".repeat(1_000_000) } };
  try {
    await client.call({ method: "POST", path: configMaps, body, tries: 1 });
    return undefined;
  } catch (error) {
    if (error instanceof ClusterError) return error;
    throw error;
  }
}

/** A busy API server refuses writes, too, for other reasons. */
const isFull = (refusal: ClusterError | undefined): boolean => refusal?.status === 500 && refusal.message.includes("space exceeded");

beforeAll(async () => {
  await shutdown(progress);
  putSettingsBack = keepSettings();
  await startDaemon(progress, loadSettings(paths.settings, { etcdQuota: "nodes" }));
  const { id } = await callProject<{ id: string }>("POST", "/kube", { region: "GRA11", name: "etcd" });
  path = `/kube/${id}`;
  await until("the cluster is READY", async () => (await callProject<{ status: string }>("GET", path)).status === "READY");
  const { content } = await callProject<{ content: string }>("POST", `${path}/kubeconfig`);
  client = new KubeClient(parseKubeconfig(content));
});

afterAll(async () => {
  client?.close();
  await shutdown(progress);
  putSettingsBack();
});

it("a new cluster uses little of its quota", async () => {
  const found = await usage();
  progress.say(JSON.stringify(found));
  expect(found.quota).toBe(quota);
  expect(found.usage).toBeGreaterThan(0);
  expect(found.usage).toBeLessThan(0.5 * quota);
});

it("above the quota the API server refuses every write, and says why; it still answers and deletes", async () => {
  let refusal: ClusterError | undefined;
  await until("a write is refused", async () => isFull((refusal = await write(Date.now()))), { timeout: 60_000, pause: 100 });
  expect(refusal).toMatchObject({ status: 500, message: expect.stringContaining("etcdserver: mvcc: database space exceeded") as string });
  expect((await usage()).usage).toBeGreaterThan(quota);
  expect(await client.call({ method: "GET", path: configMaps, query: { limit: 1 } })).toMatchObject({ kind: "ConfigMapList" });
  await client.call({ method: "DELETE", path: configMaps, query: { labelSelector: "filling=true" } });
});

it("takes writes again once what filled it is deleted", async () => {
  await until("a write is taken", async () => (await write(Date.now())) === undefined, { timeout: 60_000, pause: 500 });
  expect((await usage()).usage).toBeLessThan(quota);
});

it("an etcd that was killed is as full as before, and is looked after again", async () => {
  await until("a write is refused", async () => isFull(await write(Date.now())), { timeout: 60_000, pause: 100 });
  const identity = () => readIdentity(join(paths.work, "sandbox", "processes", "etcd"));
  const before = identity();
  signal(before, "SIGKILL");
  await until("etcd is started again", () => (identity()?.pid ?? before?.pid) !== before?.pid);
  await until("the API server says that it is full", async () => isFull(await write(Date.now())));
  await client.call({ method: "DELETE", path: configMaps, query: { labelSelector: "filling=true" } });
  await until("a write is taken", async () => (await write(Date.now())) === undefined, { timeout: 60_000, pause: 500 });
});
