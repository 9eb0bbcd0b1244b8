import { writeFileSync } from "node:fs";
import { parseKubeconfig } from "../../kubernetes/kubeconfig";
import { KubeClient } from "../../kubernetes/client";
import { patient } from "../../kubernetes/connect";
import { type StoreSettings } from "../../batch/storage/store";
import { daemonStatus } from "../../local/daemon/control";
import { callProject } from "../../local/daemon/project";
import { exec } from "../../local/lib/exec";
import { paths } from "../../local/lib/paths";
import { until } from "../harness/cloud";

const apis = { pods: "/api/v1", jobs: "/apis/batch/v1" } as const;

/** The benchmark's cluster, its pool `compute` and its bucket on the local cloud. */
export interface BenchCluster {
  readonly kubeconfig: string;
  readonly store: StoreSettings;
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
  /** The environment in which kubectl works on it. */
  readonly env: NodeJS.ProcessEnv;
  /** How many objects of a kind a namespace has. Cheap: the API server counts what it does not send. */
  readonly count: (kind: keyof typeof apis, namespace: string) => Promise<number>;
  /** Removes all Jobs of a namespace, and resolves when they and their pods are gone. */
  readonly clear: (namespace: string) => Promise<void>;
  /** Sets the number of simulated nodes and resolves when they are Ready. */
  readonly scale: (nodes: number) => Promise<void>;
}

/** Makes a cluster with an empty pool, and a bucket with a user, by the API as Pulumi would. */
export async function createCluster(env: NodeJS.ProcessEnv): Promise<BenchCluster> {
  const cluster = await callProject<{ id: string }>("POST", "/kube", { region: "GRA11", name: "bench" });
  const path = `/kube/${cluster.id}`;
  const store = await createBucket();
  await until(async () => (await callProject<{ status: string }>("GET", path)).status === "READY");
  const pool = async (name: string, maxNodes: number): Promise<string> => {
    const shape = { name, flavorName: "b2-7", desiredNodes: 0, minNodes: 0, maxNodes };
    return `${path}/nodepool/${(await callProject<{ id: string }>("POST", `${path}/nodepool`, shape)).id}`;
  };
  const scale = async (pool: string, nodes: number): Promise<void> => {
    await callProject("PUT", pool, { desiredNodes: nodes });
    await until(async () => (await callProject<{ availableNodes: number }>("GET", pool)).availableNodes === nodes);
  };
  // The first node of a local cloud is a real one; the tasks' nodes are simulated.
  await scale(await pool("system", 1), 1);
  const compute = await pool("compute", 100);
  const { content: kubeconfig } = await callProject<{ content: string }>("POST", `${path}/kubeconfig`);
  writeFileSync(paths.kubeconfig, kubeconfig, { mode: 0o600 });
  const client = new KubeClient(parseKubeconfig(kubeconfig), patient);
  const list = (kind: keyof typeof apis, namespace: string): string => `${apis[kind]}/namespaces/${namespace}/${kind}`;
  const count: BenchCluster["count"] = async (kind, namespace) => {
    const { metadata, items } = await client.call<{ metadata: { remainingItemCount?: number }; items: unknown[] }>({
      method: "GET",
      path: list(kind, namespace),
      query: { limit: 1 },
    });
    return items.length + (metadata.remainingItemCount ?? 0);
  };
  return {
    kubeconfig,
    store,
    kubectl: (...args) => exec("kubectl", args, { env }),
    env,
    count,
    async clear(namespace) {
      const removed = async (): Promise<boolean> => {
        // Again each time: where an update was cut off, a last Job may come after the first call.
        await client.call({ method: "DELETE", path: list("jobs", namespace), query: { propagationPolicy: "Background" } });
        return (await count("jobs", namespace)) + (await count("pods", namespace)) === 0;
      };
      await until(removed, { pause: 1_000, patience: 300 });
    },
    scale: (nodes) => scale(compute, nodes),
  };
}

async function createBucket(): Promise<StoreSettings> {
  const status = await daemonStatus();
  if (!status.running) throw new Error("the local cloud does not run");
  const bucket = "bench";
  const { id: ownerId } = await callProject<{ id: number }>("POST", "/user", { role: "objectstore_operator" });
  await until(async () => (await callProject<{ status: string }>("GET", `/user/${ownerId}`)).status === "ok");
  const keys = await callProject<{ access: string; secret: string }>("POST", `/user/${ownerId}/s3Credentials`);
  await callProject("POST", "/region/GRA/storage", { name: bucket, ownerId });
  return { endpoint: status.s3Endpoint, region: "gra", bucket, accessKeyId: keys.access, secretAccessKey: keys.secret };
}
