/** The program's stack on a local cloud of its own: one real node for the system, simulated ones for the tasks. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBucket } from "../../batch/storage/s3/store";
import { type StoreSettings } from "../../batch/storage/store";
import { patient } from "../../kubernetes/connect";
import { KubeClient } from "../../kubernetes/client";
import { parseKubeconfig } from "../../kubernetes/kubeconfig";
import { startDaemon } from "../../local/daemon/control";
import { callProject } from "../../local/daemon/project";
import { readOutputs } from "../../local/demo/outputs";
import { localEnvironment } from "../../local/environment";
import { exec } from "../../local/lib/exec";
import { paths } from "../../local/lib/paths";
import type { Progress } from "../../local/lib/progress";
import { loadSettings, type Settings } from "../../local/lib/settings";
import { deploy } from "../../local/pulumi/deploy";
import { localOverrides } from "../../local/pulumi/overrides";
import { jobFile, type JobShape, pool, recordsPrefix } from "./job";

export interface LargeCloud {
  readonly client: KubeClient;
  readonly etcdUsage: () => Promise<{ quota: number; usage: number }>;
  /** How often etcd has refused writes for want of space, as the local cloud's daemon tells. */
  readonly alarms: () => number;
  /** Submits a Job by the command line, which does not wait for it. */
  readonly submit: (shape: JobShape, name?: string) => Promise<void>;
  /** How many tasks of the Job are recorded. */
  readonly countRecords: () => Promise<number>;
}

/** Starts a local cloud and deploys the stack. @param nodes simulated ones, at most @throws when the local cloud runs with other settings */
export async function startCloud(nodes: number, etcdQuota: Settings["etcdQuota"], progress: Progress): Promise<LargeCloud> {
  const settings = loadSettings(paths.settings, { realNodes: 1, kwokNodes: nodes, etcdQuota });
  await startDaemon(progress, settings);
  const environment = await localEnvironment(progress);
  const stackSettings = {
    ...localOverrides(settings),
    "ovh-mks-batch:pools": { system: { maxNodes: 1 }, [pool]: { maxNodes: nodes } },
    // A node that has nothing to do for a moment stays: each order after the first would be one too many.
    "ovh-mks-batch:autoscaler": { scaleDownDelaySeconds: 600 },
  };
  const { kubeconfig, access } = readOutputs((await deploy(environment, stackSettings, progress)).outputs);
  const [clusterId] = await callProject<string[]>("GET", "/kube");
  const store: StoreSettings = access;
  return {
    client: new KubeClient(parseKubeconfig(kubeconfig), patient),
    etcdUsage: () => callProject("GET", `/kube/${clusterId}/metrics/etcdUsage`),
    alarms: () => readFileSync(join(paths.logs, "daemon.log"), "utf8").split("writes are refused").length - 1,
    async submit(shape, name) {
      const file = join(paths.work, "large.json");
      writeFileSync(file, JSON.stringify(jobFile(shape, name)));
      try {
        await exec("mks-batch", ["submit", "-f", file, "--detach"], { env: environment });
      } finally {
        rmSync(file);
      }
    },
    async countRecords() {
      let count = 0;
      await openBucket(store).list(recordsPrefix, () => count++);
      return count;
    },
  };
}
