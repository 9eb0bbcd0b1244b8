/** A cluster of the local cloud without a Pulumi stack: node pools of real nodes, and what can be done to them behind the autoscaler's back. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { blockedCondition } from "../../../autoscaler/state/condition";
import { type Connection, readKubeconfig } from "../../../kubernetes/kubeconfig";
import { KubeClient } from "../../../kubernetes/client";
import { type RawNode, type RawPool } from "../../../autoscaler/state/raw";
import { orderAnnotation } from "../../../autoscaler/state/snapshot";
import { shutdown, startDaemon } from "../../../local/daemon/control";
import { callProject } from "../../../local/daemon/project";
import { paths } from "../../../local/lib/paths";
import { createProgress } from "../../../local/lib/progress";
import { readIdentity, signal, startTime } from "../../../local/lib/proc";
import { loadSettings } from "../../../local/lib/settings";
import { keepSettings } from "../kept-settings";
import { until as waitUntil } from "../until";

const progress = createProgress((line) => process.stdout.write(`${line}\n`));
const realNodes = 12;
const maxNodes = 3;

/** May do everything in the cluster. */
export let admin: KubeClient;
export let access: Connection;
export let clusterId: string;
let putSettingsBack = (): void => undefined;

/** As {@link waitUntil}, with quicker looks. */
export const until = (what: string, check: () => boolean | Promise<boolean>, seconds = 180): Promise<void> =>
  waitUntil(what, check, { timeout: seconds * 1000, pause: 100 });

/** Starts the local cloud with a cluster of one node, and empty pools. @param pools flavors by name */
export async function start(pools: Readonly<Record<string, string>>): Promise<void> {
  putSettingsBack = keepSettings();
  await startDaemon(progress, loadSettings(paths.settings, { realNodes }));
  clusterId = (await callProject<{ id: string }>("POST", "/kube", { region: "GRA11", name: "autoscaler", plan: "free" })).id;
  await until("the cluster is READY", async () => (await callProject<{ status: string }>("GET", `/kube/${clusterId}`)).status === "READY");
  const { content } = await callProject<{ content: string }>("POST", `/kube/${clusterId}/kubeconfig`);
  const folder = mkdtempSync(join(tmpdir(), "autoscaler-"));
  writeFileSync(join(folder, "admin.yaml"), content, { mode: 0o600 });
  access = readKubeconfig(join(folder, "admin.yaml"));
  rmSync(folder, { recursive: true });
  admin = new KubeClient(access);
  const addPool = async (name: string, flavorName: string, minNodes: number): Promise<void> => {
    await callProject("POST", `/kube/${clusterId}/nodepool`, { name, flavorName, desiredNodes: minNodes, minNodes, maxNodes });
    await until(`the pool ${name} is known`, async () => (await desired(name)) === minNodes);
  };
  // Kubernetes gives up the pods of a lost node only while another one answers.
  await addPool("system", "c2-15", 1);
  for (const [name, flavorName] of Object.entries(pools)) await addPool(name, flavorName, 0);
  await until("the system's node is Ready", async () => (await machinesOf("system")).every(({ status }) => status === "READY"));
}

/** Stops the local cloud; the next one starts with the settings that this one found. */
export async function stop(): Promise<void> {
  mkdirSync(paths.work, { recursive: true });
  await shutdown(progress);
  putSettingsBack();
}

export const create = (path: string, body: Record<string, unknown>) => admin.call({ method: "POST", path, body });

const poolPath = (name: string): string => `/apis/kube.cloud.ovh.com/v1alpha1/nodepools/${name}`;

export async function desired(pool: string): Promise<number> {
  return (await admin.call<RawPool>({ method: "GET", path: poolPath(pool) })).spec.desiredNodes ?? NaN;
}

/** What the condition says of whether OVHcloud refuses a pool nodes; undefined when there is none. */
export async function blockedOf(pool: string): Promise<string | undefined> {
  const { status } = await admin.call<RawPool>({ method: "GET", path: poolPath(pool) });
  return status?.conditions?.find(({ type }) => type === blockedCondition)?.status;
}

/** Changes a pool's size as somebody with kubectl would. */
export const resize = (pool: string, desiredNodes: number): Promise<unknown> =>
  admin.call({ method: "PATCH", path: poolPath(pool), body: { spec: { desiredNodes } } });

/** Changes a pool's size as somebody would in OVHcloud's Manager. */
export const resizeAtOvhcloud = (pool: string, desiredNodes: number): Promise<unknown> => setPool(pool, { desiredNodes });

export const setPool = async (pool: string, sizes: { minNodes?: number; desiredNodes?: number }): Promise<unknown> =>
  callProject("PUT", await apiPathOf(pool), sizes);

/** The pool's nodes as Kubernetes has them. */
export async function nodesOf(pool: string): Promise<RawNode[]> {
  const query = { labelSelector: `nodepool=${pool}` };
  return (await admin.call<{ items: RawNode[] }>({ method: "GET", path: "/api/v1/nodes", query })).items;
}

export const namesOf = async (pool: string): Promise<string[]> => (await nodesOf(pool)).map(({ metadata }) => metadata.name);

/** The pool's nodes as OVHcloud has them. */
export const machinesOf = async (pool: string): Promise<{ name: string; status: string }[]> =>
  callProject("GET", `${await apiPathOf(pool)}/nodes`);

async function apiPathOf(pool: string): Promise<string> {
  const path = `/kube/${clusterId}/nodepool`;
  const pools = await callProject<{ id: string; name: string }[]>("GET", path);
  return `${path}/${pools.find(({ name }) => name === pool)!.id}`;
}

/** Waits until the pools are to have no node, and have none, neither in Kubernetes nor at OVHcloud. */
export async function atZero(...pools: string[]): Promise<void> {
  for (const pool of pools) {
    const counts = async () => [await desired(pool), (await nodesOf(pool)).length, (await machinesOf(pool)).length];
    await until(`the pool ${pool} is at zero`, async () => (await counts()).every((count) => count === 0), 240);
  }
}

/** The reasons of an object's Events. */
export async function eventsOf(kind: string, name: string, namespace = "default"): Promise<string[]> {
  const query = { fieldSelector: `involvedObject.kind=${kind},involvedObject.name=${name}` };
  const path = `/api/v1/namespaces/${namespace}/events`;
  const { items } = await admin.call<{ items: { reason: string }[] }>({ method: "GET", path, query });
  return items.map(({ reason }) => reason);
}

/** Notes every size that a pool is asked to have, until it is stopped; answers them in order. */
export function watchSizes(pool: string): () => Promise<number[]> {
  const sizes: number[] = [];
  let stopped = false;
  const watching = (async () => {
    for (; !stopped; await sleep(50)) {
      // The API server may be away: what it had to tell it tells afterwards.
      const size = await desired(pool).catch(() => undefined);
      if (size !== undefined && size !== sizes.at(-1)) sizes.push(size);
    }
  })();
  return async () => {
    stopped = true;
    await watching;
    return sizes;
  };
}

export const addFaults = (...faults: object[]): Promise<unknown> => callProject("POST", "/_faults", { faults });
export const clearFaults = (): Promise<unknown> => callProject("DELETE", "/_faults");

/** How often each fault in force has struck. */
export async function strikes(): Promise<number[]> {
  return (await callProject<{ faults: { struck: number }[] }>("GET", "/_faults")).faults.map(({ struck }) => struck);
}

const identityOf = (service: string) => readIdentity(join(paths.work, "sandbox", "processes", service));

/** Kills the API server, which is then started again. */
export async function restartApiServer(): Promise<void> {
  const before = identityOf("kube-apiserver");
  signal(before, "SIGKILL");
  await until("the API server is started again", () => (identityOf("kube-apiserver")?.pid ?? before?.pid) !== before?.pid);
}

/** Halts everything that runs on a node, its tasks included, as a machine that hangs. */
export function hang(node: string): void {
  const own = readCgroups(identityOf(`kubelet-${node}`)!.pid);
  const cgroup = /:(\/[^:\n]+\/nodes\/\d+\/)/.exec(own)![1]!;
  for (const pid of readdirSync("/proc").map(Number)) {
    const start = startTime(pid);
    if (start && readCgroups(pid).includes(`:${cgroup}`)) signal({ pid, start }, "SIGSTOP");
  }
}

function readCgroups(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, "utf8");
  } catch {
    // It has ended meanwhile.
    return "";
  }
}

/** Lets a pool say that its last order was made so many seconds ago. */
export const orderedBefore = (pool: string, seconds: number): Promise<unknown> => {
  const annotations = { [orderAnnotation]: new Date(Date.now() - seconds * 1000).toISOString() };
  return admin.call({ method: "PATCH", path: poolPath(pool), body: { metadata: { annotations } } });
};
