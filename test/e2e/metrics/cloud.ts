import { setTimeout as sleep } from "node:timers/promises";
import { shutdown } from "../../../local/daemon/control";
import { type Kubectl, type MetricsCloud, startMetricsCloud } from "../../../local/demo/hpa/cloud";
import { paths } from "../../../local/lib/paths";
import { createProgress } from "../../../local/lib/progress";
import { loadSettings, saveSettings, type Settings } from "../../../local/settings";

/** The local cloud that the tests of the metrics share. */

const progress = createProgress((line) => process.stdout.write(`${line}\n`));
export const minutes = (count: number): number => count * 60_000;

let before: Settings;
let cloud: MetricsCloud;

/** With the whole stack and its samples. */
export async function start(): Promise<void> {
  await shutdown(progress);
  before = loadSettings(paths.settings);
  await deploy({ enabled: true, metricsServer: "install" });
}

/** Later clouds are as they would have been without this one. */
export async function stop(): Promise<void> {
  await shutdown(progress);
  saveSettings(paths.settings, before);
}

export const kubectl: Kubectl = (args, options) => cloud.kubectl(args, options);
export const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await kubectl([...args, "--output", "json"])) as T;
export const raw = async <T>(path: string): Promise<T> => JSON.parse(await kubectl(["get", "--raw", path])) as T;

/** Brings the stack to these settings of the metrics, on pools of one node at most. */
export async function deploy(metrics: Record<string, unknown>): Promise<void> {
  const pools = { system: { maxNodes: 1 }, compute: { maxNodes: 1 } };
  cloud = await startMetricsCloud(progress, {}, { "ovh-mks-batch:pools": pools, "ovh-mks-batch:metrics": metrics });
}

/** @param timeout milliseconds */
export async function eventually(check: () => Promise<boolean>, timeout: number): Promise<void> {
  for (const end = Date.now() + timeout; !(await check()); await sleep(1_000)) {
    if (Date.now() > end) throw new Error(`not within ${timeout / 1000} s`);
  }
}
