import { type BenchCluster } from "./cluster";
import { providerPeak } from "./memory";
import { type Project } from "./project";
import { type StackSpec } from "./stack";

export interface Wait {
  readonly seconds: number;
  /** Peak memory of the process that waits, MiB. */
  readonly peak: number;
}

/** Nodes that have room for 10,000 pods at once: 110 each. */
const nodes = 92;

/** Lets the tasks that were launched run on simulated nodes, and waits for their end as a user does: by an update, in the dynamic provider's process. */
export async function waitForAll(
  cluster: BenchCluster,
  project: Project,
  spec: Exclude<StackSpec, { kind: "empty" }>,
  say: (line: string) => void,
): Promise<Wait> {
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  let peak = 0;
  let looks = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, providerPeak(project.folder));
    if (++looks % 100 === 0) say(`${seconds().toFixed(0)} s, the waiting process has needed ${peak.toFixed(0)} MiB`);
  }, 200);
  try {
    await Promise.all([project.time("up", spec.namespace, spec), cluster.scale(nodes)]);
    return { seconds: seconds(), peak };
  } finally {
    clearInterval(timer);
  }
}
