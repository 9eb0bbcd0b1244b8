import { readFileSync, writeFileSync } from "node:fs";
import { callProject } from "../local/daemon/project";
import { exec } from "../local/lib/exec";
import { paths } from "../local/lib/paths";
import type { DemoReport } from "../local/demo/report";
import { ensureTools } from "../local/tools";
import { timeCommand, until } from "./harness/cloud";
import type { Benchmark } from "./harness/result";

/** Seconds from now until `check` holds. */
async function secondsUntil(check: () => Promise<boolean>): Promise<number> {
  const start = Date.now();
  await until(check);
  return (Date.now() - start) / 1000;
}

/** Creates a cluster and a pool by the API, as Pulumi would, and waits until the pool's nodes are Ready. */
async function createCluster(): Promise<{ id: string; seconds: number }> {
  const start = Date.now();
  const cluster = await callProject<{ id: string }>("POST", "/kube", { region: "GRA11", name: "bench" });
  await secondsUntil(async () => (await callProject<{ status: string }>("GET", `/kube/${cluster.id}`)).status === "READY");
  const pool = { name: "system", flavorName: "b2-7", desiredNodes: 1, minNodes: 1, maxNodes: 3 };
  const { id } = await callProject<{ id: string }>("POST", `/kube/${cluster.id}/nodepool`, pool);
  await secondsUntil(
    async () => (await callProject<{ availableNodes: number }>("GET", `/kube/${cluster.id}/nodepool/${id}`)).availableNodes === 1,
  );
  return { id: cluster.id, seconds: (Date.now() - start) / 1000 };
}

/** Seconds from the patch of the NodePool resource until its first node is Ready. */
async function nodeReady(clusterId: string): Promise<number> {
  await callProject("POST", `/kube/${clusterId}/nodepool`, {
    name: "compute",
    flavorName: "c2-15",
    desiredNodes: 0,
    minNodes: 0,
    maxNodes: 100,
  });
  const { content } = await callProject<{ content: string }>("POST", `/kube/${clusterId}/kubeconfig`);
  writeFileSync(paths.kubeconfig, content, { mode: 0o600 });
  const { kubectl } = await ensureTools({ say: () => undefined, step: (_name, work) => work() }, ["kubectl"]);
  const run = (...args: string[]): Promise<string> => exec(kubectl, ["--kubeconfig", paths.kubeconfig, ...args]);
  await secondsUntil(() =>
    run("get", "nodepools.kube.cloud.ovh.com", "compute").then(
      () => true,
      () => false,
    ),
  );
  await run("patch", "nodepools.kube.cloud.ovh.com", "compute", "--type=merge", "-p", '{"spec":{"desiredNodes":1}}');
  const status = '{.items[*].status.conditions[?(@.type=="Ready")].status}';
  return secondsUntil(async () => (await run("get", "nodes", "-l", "nodepool=compute", "-o", `jsonpath=${status}`)) === "True");
}

export const demo: Benchmark = {
  name: "demo",
  description: "the whole demo from a stopped local cloud, and the boot of its parts (tools and images cached)",
  async measure(say) {
    await timeCommand("local/cli.ts", ["down"], say);
    const warm = await timeCommand("local/demo/main.ts", [], say);
    const { phases } = JSON.parse(readFileSync(paths.demoReport, "utf8")) as DemoReport;
    await timeCommand("local/cli.ts", ["down"], say);
    const up = await timeCommand("local/cli.ts", ["up"], say);
    const cluster = await createCluster();
    const node = await nodeReady(cluster.id);
    await timeCommand("local/cli.ts", ["down"], say);
    const bound = "the goal: nothing else does the same";
    return [
      { name: "warm-demo-seconds", value: warm, unit: "s", comparator: "<=", goal: 120, against: bound },
      { name: "local-up-seconds", value: up + cluster.seconds, unit: "s", comparator: "<=", goal: 25, against: bound },
      { name: "compute-node-ready-seconds", value: node, unit: "s", comparator: "<=", goal: 12, against: bound },
      ...phases.map((phase) => ({
        name: `phase: ${phase.name}`,
        value: (100 * phase.seconds) / warm,
        unit: "%",
        comparator: "<=" as const,
        goal: null,
        against: "warm-demo-seconds",
      })),
    ];
  },
};
