/** How long it takes until the API server has accepted many tasks, and until their pods exist. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../harness/cloud";
import { type Duration, timeUpTo, untilBound } from "./bound";
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

/** The same of a peer, which may have been cut off. */
export interface PeerLaunch {
  readonly accepted: Duration;
  readonly pods: Duration;
}

const longest = { pause: 20, patience: 300 };

/** What `spec` declares, by `pulumi up` of the stack that is called like its namespace, which is new. */
export async function launchStack(cluster: BenchCluster, project: Project, spec: Exclude<StackSpec, { kind: "empty" }>): Promise<Launch> {
  const { namespace, count } = spec;
  await cluster.kubectl("create", "namespace", namespace);
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  const [accepted, pods] = await Promise.all([
    project.time("up", namespace, spec).then(seconds),
    until(async () => (await cluster.count("pods", namespace)) === count, longest).then(seconds),
  ]);
  return { accepted, pods };
}

/** `count` plain Jobs in one file, by `kubectl create`, in a new namespace. @param bound seconds after which it is cut off */
export async function launchKubectlJobs(cluster: BenchCluster, name: string, count: number, bound: number): Promise<PeerLaunch> {
  const folder = mkdtempSync(join(tmpdir(), "bench-batch-"));
  const file = join(folder, "jobs.json");
  const items = Array.from({ length: count }, (_, index) => jobManifest(name, index));
  writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  await cluster.kubectl("create", "namespace", name);
  try {
    const [accepted, pods] = await Promise.all([
      timeUpTo(bound, "kubectl", ["create", "--filename", file], { cwd: folder, env: cluster.env }),
      untilBound(bound, async () => (await cluster.count("pods", name)) === count),
    ]);
    return { accepted, pods };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
