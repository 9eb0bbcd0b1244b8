/** A Job of 10,000 tasks that no client waits for, on a control plane as small as OVHcloud's plan Free has it. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { shutdown } from "../../local/daemon/control";
import { paths } from "../../local/lib/paths";
import { createProgress } from "../../local/lib/progress";
import type { Settings } from "../../local/lib/settings";
import { type Benchmark } from "../harness/result";
import { startCloud } from "./cloud";
import { figures } from "./figures";
import { type JobShape } from "./job";
import { runJob, type Run } from "./run";

const shape: JobShape = { tasks: 10_000, seconds: 20, cpu: "1" };

/** The plan Free has 100 nodes, and one is the system's. */
const nodes = 99;

export const large: Benchmark = {
  name: "large",
  description: "10,000 tasks on the plan Free: what etcd holds of its quota, the batch controller's memory and lag",
  async measure(say) {
    const settings = existsSync(paths.settings) ? readFileSync(paths.settings) : undefined;
    const progress = createProgress(say);
    const run = async (etcdQuota: Settings["etcdQuota"]): Promise<Run> => {
      await shutdown(progress);
      return runJob(await startCloud(nodes, etcdQuota, progress), shape, say);
    };
    try {
      return figures(shape, await run("nodes"), await run("off"));
    } finally {
      await shutdown(progress);
      if (settings) writeFileSync(paths.settings, settings);
      else rmSync(paths.settings, { force: true });
    }
  },
};
