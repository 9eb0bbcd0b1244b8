/** Two replicas of the autoscaler as its image has it, each a process with exactly the rights that the component gives it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { policyOf } from "../../../common/iam";
import { clusterRules, namespaceRules } from "../../../components/autoscaler/rbac";
import type { ServiceAccountRecord } from "../../../local/api/state/model";
import { readCredentials } from "../../../local/daemon/credentials";
import { callProject } from "../../../local/daemon/project";
import { paths } from "../../../local/lib/paths";
import { access, admin, clusterId, create, until } from "./cloud";

const account = { namespace: "autoscaler", name: "autoscaler" };
const group = "rbac.authorization.k8s.io";
const ports = [18_491, 18_492];

interface Replica {
  readonly process: ChildProcess;
  readonly port: number;
}

let folder: string;
let replicas: Replica[] = [];

/** How the autoscaler is told of the pools, in seconds: impatient, so that a test takes no longer than it must. */
const settings = {
  scaleDownDelaySeconds: 3,
  billing: "perSecond",
  nodeBootTimeoutSeconds: 300,
  nodeUnreadyTimeoutSeconds: 5,
  prices: { catalog: "none", nodeHour: { "c2-7": 1, "b2-7": 2, "c2-15": 3 } },
};

export async function startReplicas(): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), "autoscaler-"));
  for (const name of [account.namespace, "batch"])
    await create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  await create(`/api/v1/namespaces/${account.namespace}/serviceaccounts`, { apiVersion: "v1", kind: "ServiceAccount", metadata: account });
  await grant("ClusterRole", clusterRules, `/apis/${group}/v1`);
  await grant("Role", namespaceRules, `/apis/${group}/v1/namespaces/${account.namespace}`);
  await writeKubeconfig();
  replicas = await Promise.all(ports.map(startReplica));
}

export async function stopReplicas(): Promise<void> {
  await Promise.all(replicas.map(({ process }) => end(process, "SIGTERM")));
  if (folder) rmSync(folder, { recursive: true, force: true });
}

/** Kills the replica that leads; another is started in its place, as a Deployment would. Resolves when one of the two leads. */
export async function killLeader(): Promise<void> {
  const { process, port } = await leader();
  await end(process, "SIGKILL");
  const other = await startReplica(port);
  replicas = replicas.map((replica) => (replica.process === process ? other : replica));
  await leader();
}

/** The metrics of all replicas, one text after the other. */
export async function metrics(): Promise<string> {
  return (await Promise.all(replicas.map(metricsOf))).join("\n");
}

const metricsOf = async ({ port }: Replica): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(10_000) })).text();

async function leader(): Promise<Replica> {
  let found: Replica | undefined;
  await until("a replica leads", async () => {
    for (const replica of replicas) if (/^mks_autoscaler_leader 1$/m.test(await metricsOf(replica))) found = replica;
    return found !== undefined;
  });
  return found!;
}

async function grant(kind: "ClusterRole" | "Role", rules: readonly object[], path: string): Promise<void> {
  const common = { apiVersion: `${group}/v1`, metadata: { name: account.name } };
  await create(`${path}/${kind.toLowerCase()}s`, { ...common, kind, rules });
  const binding = { subjects: [{ kind: "ServiceAccount", ...account }], roleRef: { apiGroup: group, kind, name: account.name } };
  await create(`${path}/${kind.toLowerCase()}bindings`, { ...common, kind: `${kind}Binding`, ...binding });
}

async function writeKubeconfig(): Promise<void> {
  const { status } = await admin.call<{ status: { token: string } }>({
    method: "POST",
    path: `/api/v1/namespaces/${account.namespace}/serviceaccounts/${account.name}/token`,
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 7200 } },
  });
  const authority = Buffer.from(access.ca ?? "").toString("base64");
  const kubeconfig = {
    "current-context": "local",
    contexts: [{ name: "local", context: { cluster: "local", user: "autoscaler" } }],
    clusters: [{ name: "local", cluster: { server: access.server, "certificate-authority-data": authority } }],
    users: [{ name: "autoscaler", user: { token: status.token } }],
  };
  writeFileSync(join(folder, "kubeconfig"), JSON.stringify(kubeconfig), { mode: 0o600 });
}

async function startReplica(port: number): Promise<Replica> {
  const { endpoint, serviceName } = readCredentials()!;
  // A service account as docs/deploy.md has the user make for the autoscaler.
  const { identity, clientId, clientSecret } = await callProject<ServiceAccountRecord>("POST", "/_service_accounts");
  await callProject("POST", "/_policies", policyOf({ purpose: "autoscaler", projectId: serviceName, identity }));
  const config = join(folder, `${port}.yaml`);
  writeFileSync(config, JSON.stringify({ ...settings, httpPort: port, ovh: { endpoint, serviceName, kubeId: clusterId } }));
  const program = join(paths.root, "images", "autoscaler", "dist", "main.cjs");
  const log = openSync(join(paths.logs, `autoscaler-${port}.log`), "a", 0o600);
  const child = spawn(process.execPath, [program, "--config", config, "--kubeconfig", join(folder, "kubeconfig")], {
    env: {
      ...process.env,
      OVH_CLIENT_ID: clientId,
      OVH_CLIENT_SECRET: clientSecret,
    },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const ready = async () => (await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(10_000) })).ok;
  await until(`the autoscaler at port ${port} is ready`, ready);
  return { process: child, port };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill(signal);
  await exit;
}
