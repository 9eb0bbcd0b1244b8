import { until } from "../until";
import { shutdown } from "../../../local/daemon/control";
import { type MetricsCloud, startMetricsCloud } from "../../../local/demo/hpa/cloud";
import type { Kubectl } from "../../../local/demo/kubectl";
import { paths } from "../../../local/lib/paths";
import { createProgress } from "../../../local/lib/progress";
import { loadSettings, saveSettings, type Settings } from "../../../local/lib/settings";
import { Page } from "../scenarios/page";

/** The local cloud that the tests of the metrics share. */

const progress = createProgress((line) => process.stdout.write(`${line}\n`));
export const minutes = (count: number): number => count * 60_000;

let before: Settings;
let cloud: MetricsCloud;

/** With the whole stack and its samples. */
export async function start(): Promise<void> {
  await shutdown(progress);
  before = loadSettings(paths.settings);
  // An HPA tells every 15 s that it has no metrics, and Kubernetes drops what an object tells too often: its later decisions would be lost.
  await deploy({ enabled: true, metricsServer: "install", samples: false });
  await deploy({ enabled: true, metricsServer: "install" });
}

/** Later clouds are as they would have been without this one. */
export async function stop(): Promise<void> {
  await shutdown(progress);
  saveSettings(paths.settings, before);
}

/** For the commands of the pages and of tests. */
export const env = (): NodeJS.ProcessEnv => cloud.env;
export const kubectl: Kubectl = (args, options) => cloud.kubectl(args, options);
export const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await kubectl([...args, "--output", "json"])) as T;
export const raw = async <T>(path: string): Promise<T> => JSON.parse(await kubectl(["get", "--raw", path])) as T;

/** What Prometheus answers at a path of its API. */
export const prometheus = async <T>(path: string): Promise<T> =>
  (await raw<{ data: T }>(`/api/v1/namespaces/metrics/services/prometheus:9090/proxy/api/v1/${path}`)).data;

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** Seconds since 1970, and a number. */
  readonly value: readonly [number, string];
}
export const query = async (text: string): Promise<Series[]> =>
  (await prometheus<{ result: Series[] }>(`query?query=${encodeURIComponent(text)}`)).result;
export const firing = async (): Promise<Series["metric"][]> => (await query('ALERTS{alertstate="firing"}')).map(({ metric }) => metric);

/** The pages whose commands are run here. */
export const pages = {
  cpu: new Page("autoscaled-cpu", env),
  requests: new Page("autoscaled-requests", env),
  removal: new Page("autoscaled-clean-up", env),
};

/** Brings the stack to these settings of the metrics, on pools of one node at most. */
export async function deploy(metrics: Record<string, unknown>): Promise<void> {
  const pools = { system: { maxNodes: 1 }, compute: { maxNodes: 1 } };
  cloud = await startMetricsCloud(progress, {}, { "ovh-mks-batch:pools": pools, "ovh-mks-batch:metrics": metrics });
}

/** @param timeout milliseconds */
export async function eventually(what: string, check: () => Promise<boolean>, timeout = minutes(3)): Promise<void> {
  await until(what, check, { timeout, pause: 1_000 });
}
