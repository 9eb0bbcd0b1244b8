/** Jobs of 10,000 and 100,000 tasks that no client waits for, on a control plane as small as OVHcloud's plan Free has it. */
import { shutdown } from "../../local/daemon/control";
import { onOwnCloud } from "../harness/cloud";
import { type Benchmark, type Figure } from "../harness/result";
import { startCloud } from "./cloud";
import { figures, veryLargeFigures } from "./figures";
import { type JobShape } from "./job";
import { runJob } from "./run";
import { idleCpu } from "./watch";

const shape: JobShape = { tasks: 10_000, seconds: 20, cpu: "1" };
const veryLargeShape: JobShape = { tasks: 100_000, seconds: 5, cpu: "50m" };

/** The plan Free has 100 nodes, and one is the system's. */
const nodes = 99;

/** Small Jobs beside the large one. */
const beside = 50;

/** A Job on the plan Free, and the same without its bound of etcd. */
export const measureDetached = (say: (line: string) => void): Promise<Figure[]> =>
  onOwnCloud(say, async (progress) => {
    const bounded = await startCloud(nodes, "nodes", progress);
    const run = await runJob(bounded, shape, say, beside);
    const idle = await idleCpu(bounded.client);
    await shutdown(progress);
    const unbounded = await startCloud(nodes, "off", progress);
    return figures(shape, run, await runJob(unbounded, shape, say, beside), idle, beside);
  });

export const veryLarge: Benchmark = {
  name: "very-large",
  description: "100,000 tasks on the plan Free: whether all are recorded, and the batch controller's memory",
  measure: (say) =>
    onOwnCloud(say, async (progress) =>
      veryLargeFigures(veryLargeShape, await runJob(await startCloud(nodes, "nodes", progress), veryLargeShape, say)),
    ),
};
