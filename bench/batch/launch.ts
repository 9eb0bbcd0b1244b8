/** How long it takes until the API server has accepted many tasks, and until their pods exist. */
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../harness/cloud";
import { type BenchCluster } from "./cluster";
import { jobManifest } from "./manifests";
import { type Project } from "./project";
import { type StackSpec } from "./stack";

export interface Launch {
  /** Seconds until all tasks were accepted. */
  readonly accepted: number;
  /** Seconds until all pods existed. */
  readonly pods: number;
}

const longest = { pause: 20, patience: 300 };

/** Runs `work`, which launches `count` tasks in a new namespace, and times it. */
async function measure(cluster: BenchCluster, namespace: string, count: number, work: () => Promise<unknown>): Promise<Launch> {
  await cluster.kubectl("create", "namespace", namespace);
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  const [accepted, pods] = await Promise.all([
    work().then(seconds),
    until(async () => (await cluster.count("pods", namespace)) === count, longest).then(seconds),
  ]);
  return { accepted, pods };
}

/** What `spec` declares, by `pulumi up` of the stack that is called like its namespace. */
export const launchStack = (cluster: BenchCluster, project: Project, spec: Exclude<StackSpec, { kind: "empty" }>): Promise<Launch> =>
  measure(cluster, spec.namespace, spec.count, () => project.time("up", spec.namespace, spec));

/** `count` plain Jobs in one file, by `kubectl create`. */
export async function launchKubectlJobs(cluster: BenchCluster, name: string, count: number): Promise<Launch> {
  const file = join(tmpdir(), `bench-batch-${process.pid}.json`);
  const items = Array.from({ length: count }, (_, index) => jobManifest(name, index));
  writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  try {
    return await measure(cluster, name, count, () => cluster.kubectl("create", "--filename", file));
  } finally {
    rmSync(file);
  }
}
