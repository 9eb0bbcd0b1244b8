import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readKubeconfig } from "../../kubernetes/kubeconfig";
import { KubeClient } from "../../kubernetes/client";
import { callProject } from "../../local/daemon/project";
import { bundleImages } from "../../local/images/bundle";
import { programImages } from "../../local/images/definitions";
import { paths } from "../../local/lib/paths";
import { timeCommand } from "../harness/cloud";
import { OrderWatch, submitPods, until, untilRunning } from "./pods";
import { type Figure } from "../harness/result";

/** Pods come in rounds, each of which needs one more node: 100 nodes and 5,000 pods in the end. */
const rounds = 100;
const podsOfRound = 50;
/** A round begins this long after the one before, in milliseconds, whatever has become of that: 50 pods a second; a Job controller's default is 20. */
const pace = 1_000;
/** Then come these as fast as the API server takes them, which on this machine leaves no processor time for anything else. */
const floodRounds = 20;
/** Seconds over which the idle process is watched. */
const idleSeconds = 60;
/** How many such times are tried, and how often the process decides when nothing changes, in seconds. */
const idleTimes = 5;
const resyncSeconds = 30;

const pool = "compute";
const settings = ["--kwok-nodes", String(rounds + floodRounds + 10), "--real-nodes", "1"];
const httpPort = 18_399;

/** Runs the bundled autoscaler, as a process, against a real API server with simulated nodes. */
export async function measureLive(say: (line: string) => void): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "bench-autoscaler-"));
  const before = readFileSync(paths.settings, { encoding: "utf8", flag: "a+" });
  await timeCommand("local/cli.ts", ["down"], say);
  try {
    await timeCommand("local/cli.ts", ["up", ...settings], say);
    const kubeconfig = await createCluster(folder);
    return await measure(kubeconfig, folder, say);
  } finally {
    await timeCommand("local/cli.ts", ["down"], say);
    if (before) writeFileSync(paths.settings, before);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A cluster of the plan Standard, which more than 100 nodes need: in a private network with a gateway, in a region that has the plan. */
async function createCluster(folder: string): Promise<string> {
  const region = "RBX-A";
  const { id: networkId } = await callProject<{ id: string }>("POST", "/network/private", { name: "bench", regions: [region] });
  interface Network {
    readonly status: string;
    readonly regions: readonly { readonly openstackId: string }[];
  }
  const network = () => callProject<Network>("GET", `/network/private/${networkId}`);
  await until(async () => (await network()).status === "ACTIVE");
  const range = { region, network: "192.168.0.0/20", start: "192.168.0.16", end: "192.168.15.254", dhcp: true, noGateway: false };
  const { id: nodesSubnetId } = await callProject<{ id: string }>("POST", `/network/private/${networkId}/subnet`, range);
  const privateNetworkId = (await network()).regions[0]!.openstackId;
  const gateways = `/region/${region}/network/${privateNetworkId}/subnet/${nodesSubnetId}/gateway`;
  const operation = await callProject<{ id: string }>("POST", gateways, { name: "bench", model: "s" });
  await until(async () => (await callProject<{ status: string }>("GET", `/operation/${operation.id}`)).status === "completed");
  const { id } = await callProject<{ id: string }>("POST", "/kube", {
    region,
    name: "bench",
    plan: "standard",
    privateNetworkId,
    nodesSubnetId,
  });
  await until(async () => (await callProject<{ status: string }>("GET", `/kube/${id}`)).status === "READY");
  // The first node is a real one, as small as this machine is; of another flavor, so that it teaches nothing about the simulated ones.
  await createPool(id, "system", "b2-7", 1);
  await createPool(id, pool, "c2-15", 0);
  const { content } = await callProject<{ content: string }>("POST", `/kube/${id}/kubeconfig`);
  const file = join(folder, "kubeconfig.yaml");
  writeFileSync(file, content, { mode: 0o600 });
  return file;
}

async function createPool(cluster: string, name: string, flavorName: string, nodes: number): Promise<void> {
  const body = { name, flavorName, desiredNodes: nodes, minNodes: nodes, maxNodes: 200 };
  const { id } = await callProject<{ id: string }>("POST", `/kube/${cluster}/nodepool`, body);
  await until(
    async () => (await callProject<{ availableNodes: number }>("GET", `/kube/${cluster}/nodepool/${id}`)).availableNodes === nodes,
  );
}

async function measure(kubeconfig: string, folder: string, say: (line: string) => void): Promise<Figure[]> {
  const client = new KubeClient(readKubeconfig(kubeconfig));
  await until(() =>
    client.call({ method: "GET", path: `/apis/kube.cloud.ovh.com/v1alpha1/nodepools/${pool}` }).then(
      () => true,
      () => false,
    ),
  );
  const namespace = { metadata: { name: "autoscaler" } };
  await client.call({ method: "POST", path: "/api/v1/namespaces", body: { apiVersion: "v1", kind: "Namespace", ...namespace } });
  const autoscaler = await startAutoscaler(kubeconfig, folder);
  const watch = new OrderWatch(client, pool);
  try {
    await until(async () =>
      (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text().then((text) => /mks_autoscaler_leader 1/.test(text)),
    );
    const submit = (round: number): Promise<number[]> => submitPods(client, watch, { pool, round, count: podsOfRound });
    const paced: Promise<number[]>[] = [];
    for (let round = 0; round < rounds; round++) {
      const submitted = submit(round);
      // It is told below; until then an error must not end the process, which still has a local cloud to stop.
      submitted.catch(() => undefined);
      paced.push(submitted);
      await sleep(pace);
      if (round % 20 === 19)
        say(`${(round + 1) * podsOfRound} pods on ${round + 1} nodes; resident memory ${memory(autoscaler.pid!).resident.toFixed(0)} MiB`);
    }
    const seconds = (await Promise.all(paced)).flat().sort((a, b) => a - b);
    await untilRunning(client);
    const flood: number[] = [];
    for (let round = rounds; round < rounds + floodRounds; round++) flood.push(...(await submit(round)));
    flood.sort((a, b) => a - b);
    await untilRunning(client);
    const idle = await idleShare(autoscaler.pid!);
    const against = `kube-apiserver with ${rounds} kwok nodes and ${rounds * podsOfRound} pods`;
    const figure = (name: string, value: number, unit: string, goal: number | null, what: string): Figure => {
      return { name, value, unit, comparator: "<=", goal, against: `${against}; ${what}` };
    };
    const waited = "pods that waited for a node, from the answer to their creation until a watch shows the NodePool's new size";
    const submitted = `${seconds.length} ${waited}; ${podsOfRound / (pace / 1000)} are created a second`;
    const flooded = `${flood.length} ${waited}; they are created as fast as the API server takes them`;
    return [
      figure("pending-to-patch-p99-seconds", percentile(seconds, 0.99), "s", 1, submitted),
      figure("pending-to-patch-median-seconds", percentile(seconds, 0.5), "s", null, submitted),
      figure("pending-to-patch-p99-seconds-flood", percentile(flood, 0.99), "s", null, flooded),
      figure("rss-mib", memory(autoscaler.pid!).highest, "MiB", 200, "the highest of the whole run"),
      figure("idle-cpu-percent", idle, "%", 1, `of one core, over ${idleSeconds} s with nothing to do`),
    ];
  } finally {
    watch.close();
    autoscaler.kill();
    await new Promise((resolve) => (autoscaler.exitCode === null ? autoscaler.once("exit", resolve) : resolve(undefined)));
  }
}

/**
 * Percent of a core that the process uses while nothing changes. Simulated nodes report late, and now and then not in time: a time in which more was
 * decided than is decided anyway was not idle, and another one is taken.
 */
async function idleShare(pid: number): Promise<number> {
  const decisions = async (): Promise<number> =>
    Number(/decision_duration_seconds_count (\d+)/.exec(await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text())![1]);
  for (let time = 0; time < idleTimes; time++) {
    const [cpu, before] = [cpuSeconds(pid), await decisions()];
    await sleep(idleSeconds * 1000);
    const used = cpuSeconds(pid) - cpu;
    if ((await decisions()) - before <= Math.ceil(idleSeconds / resyncSeconds)) return (100 * used) / idleSeconds;
  }
  throw new Error(`nodes or pods changed in each of ${idleTimes} times of ${idleSeconds} s`);
}

async function startAutoscaler(kubeconfig: string, folder: string) {
  const image = programImages().find(({ folder }) => folder.endsWith("autoscaler"))!;
  await bundleImages([image]);
  const config = join(folder, "config.yaml");
  // Nodes stay, though between two rounds some may have nothing to do.
  writeFileSync(config, `scaleDownDelaySeconds: 86400\nhttpPort: ${httpPort}\nlogLevel: warn\n`);
  return spawn(process.execPath, [join(image.folder, "dist", "main.cjs"), "--config", config, "--kubeconfig", kubeconfig], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

const percentile = (sorted: readonly number[], part: number): number => sorted[Math.floor(sorted.length * part)]!;

/** Resident memory of a process in MiB, now and at its highest. */
function memory(pid: number): { resident: number; highest: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]) / 1024;
  return { resident: read("VmRSS"), highest: read("VmHWM") };
}

/** CPU time that a process has used, user and system; Linux counts it in hundredths of a second. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
