/** Large batch Jobs on simulated nodes, against the same number of plain Jobs, and left to the batch controller on a small control plane. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { localEnvironment } from "../../local/environment";
import { paths } from "../../local/lib/paths";
import { marker } from "../../local/plugins/official";
import { onOwnCloud, timeCommand } from "../harness/cloud";
import { type Benchmark, type Figure, median } from "../harness/result";
import { measureDetached } from "../large";
import { type BenchCluster, createCluster } from "./cluster";
import { describeDuration, less } from "./bound";
import { figures, type JobsPoint, type Measured, speedupGoal } from "./figures";
import { type Launch, launchKubectlJobs, launchStack, type PeerLaunch } from "./launch";
import { measureNoOp, listingTimer } from "./noop";
import { Project } from "./project";
import { waitForAll } from "./wait";

const rounds = 3;
const [few, many] = [1000, 10_000];
/** How many plain Job resources are measured; the last is compared with, the others tell how it grows. */
const jobCounts = [100, 300, few];

/** Seconds after which a peer is cut off, and that its rounds may take together: a slow one is measured once. */
const peerBound = 60;

interface Bench {
  readonly cluster: BenchCluster;
  readonly project: Project;
  readonly say: (line: string) => void;
}

export const batch: Benchmark = {
  name: "batch",
  description:
    "1,000 and 10,000 tasks: launch, wait, no-op update, against plain Jobs by Pulumi and kubectl; etcd and the controller without a client",
  measure: async (say) => [...(await measureLaunches(say)), ...(await measureDetached(say))],
};

/** By Pulumi, with a client that waits. */
const measureLaunches = (say: (line: string) => void): Promise<Figure[]> =>
  onOwnCloud(say, async (progress) => {
    await timeCommand("local/cli.ts", ["up", "--real-nodes", "1", "--kwok-nodes", "100", "--etcd-quota", "off"], say);
    let project: Project | undefined;
    try {
      const local = await localEnvironment(progress);
      project = await Project.create(local);
      const bench = { cluster: await createCluster(local), project, say };
      await project.stack("empty");
      await project.time("up", "empty", { kind: "empty" });
      const launches = await compareLaunches(bench);
      const ours = median(launches.ours.map(({ accepted }) => accepted)) - launches.base;
      const points = await measureJobs(bench, ours);
      return figures({ ...launches, points, ...(await measureLarge(bench)), plugin: pluginName() });
    } finally {
      project?.remove();
    }
  });

const empty = { kind: "empty" } as const;

const batchSpec = ({ kubeconfig, store }: BenchCluster, namespace: string, count: number, wait: "none" | "complete") =>
  ({ kind: "batch", kubeconfig, store, namespace, count, wait }) as const;

/** Many tasks as one BatchJob and as Jobs by kubectl, in turn, with an empty update before. */
export async function compareLaunches({ cluster, project, say }: Bench): Promise<Pick<Measured, "base" | "ours" | "theirs">> {
  const [base, ours, theirs]: [number[], Launch[], PeerLaunch[]] = [[], [], []];
  let spent = 0;
  for (let round = 1; round <= rounds; round++) {
    const [sweep, plain] = [`sweep-${round}`, `plain-${round}`];
    await project.stack(sweep);
    const seconds = await project.time("up", "empty", empty);
    const one = await launchStack(cluster, project, batchSpec(cluster, sweep, few, "none"));
    await cluster.clear(sweep);
    say(`round ${round}: empty up ${seconds.toFixed(2)} s; ${few} tasks: BatchJob ${describe(one)}`);
    base.push(seconds);
    ours.push(one);
    if (spent + spent / theirs.length > peerBound) continue;
    const other = await launchKubectlJobs(cluster, plain, few, peerBound);
    await cluster.clear(plain);
    say(
      `round ${round}: ${few} Jobs by kubectl create accepted after ${describeDuration(other.accepted)}, pods after ${describeDuration(other.pods)}`,
    );
    theirs.push(other);
    spent += other.pods.seconds;
  }
  return { base: median(base), ours, theirs };
}

/**
 * Plain Job resources, net of an update of the same stack without any. The last ones are cut off only when it is certain that the BatchJob is faster by more
 * than its goal. @param ours net seconds of the BatchJob
 */
export async function measureJobs({ cluster, project, say }: Bench, ours: number): Promise<JobsPoint[]> {
  const points: JobsPoint[] = [];
  const specOf = (count: number, namespace: string) => ({ kind: "jobs", kubeconfig: cluster.kubeconfig, namespace, count }) as const;
  const none = "jobs-0";
  await project.stack(none);
  // The first one makes the provider.
  await project.time("up", none, specOf(0, none));
  const base = await project.time("up", none, specOf(0, none));
  say(`an update with the provider and no Job resources: ${base.toFixed(2)} s`);
  for (const count of jobCounts) {
    const namespace = `jobs-${count}`;
    const spec = specOf(count, namespace);
    const bound = count === few ? Math.max(peerBound, 1.2 * speedupGoal * ours) : peerBound;
    await project.stack(namespace);
    await project.time("up", namespace, { ...spec, count: 0 });
    await cluster.kubectl("create", "namespace", namespace);
    const accepted = less(await project.timeUpTo(base + bound, namespace, spec), base);
    const n = accepted.ended ? count : await cluster.count("jobs", namespace);
    await cluster.clear(namespace);
    say(`${count} Job resources: ${describeDuration(accepted)} net; ${n} were accepted`);
    points.push({ n: count, accepted, reached: n });
  }
  return points;
}

/** Launches very many tasks, waits for their end, and updates the stack again without any change. */
export async function measureLarge({ cluster, project, say }: Bench): Promise<Pick<Measured, "large" | "wait" | "noop">> {
  const stack = "sweep";
  await project.stack(stack);
  const large = await launchStack(cluster, project, batchSpec(cluster, stack, many, "none"));
  say(`${many} tasks: BatchJob ${describe(large)}`);
  const spec = batchSpec(cluster, stack, many, "complete");
  const wait = await waitForAll(cluster, project, spec, say);
  say(`${many} tasks have ended after ${wait.seconds.toFixed(0)} s; the waiting process needed ${wait.peak.toFixed(0)} MiB`);
  const list = await listingTimer(cluster.store, `${stack}/records/`, many);
  const noop = (operation: "up" | "preview") => measureNoOp(project, operation, spec, list, say);
  return { large, wait, noop: { up: await noop("up"), preview: await noop("preview") } };
}

const describe = ({ accepted, pods }: Launch): string => `accepted after ${accepted.toFixed(2)} s, pods after ${pods.toFixed(2)} s`;

/** Says whether Pulumi worked with the official Kubernetes plugin or with the stand-in for it. */
function pluginName(): string {
  const folder = join(paths.pulumiHome, "plugins");
  const [plugin = ""] = readdirSync(folder).filter((name) => /^resource-kubernetes-v[^/]*$/.test(name) && !/\.(lock|partial)$/.test(name));
  return existsSync(join(folder, plugin, marker)) ? "the stand-in of the Kubernetes plugin" : "the official Kubernetes plugin";
}
