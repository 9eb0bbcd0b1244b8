import { writeFileSync } from "node:fs";
import { startDaemon } from "../../daemon/control";
import { localEnvironment } from "../../environment";
import { exec, type ExecOptions } from "../../lib/exec";
import { paths } from "../../lib/paths";
import type { Progress } from "../../lib/progress";
import { localOverrides } from "../../pulumi/overrides";
import { openStack, update, writeStackConfig } from "../../pulumi/stack";
import { loadSettings } from "../../lib/settings";

/** Runs `kubectl` against the local cluster. */
export type Kubectl = (args: readonly string[], options?: ExecOptions) => Promise<string>;

export interface MetricsCloud {
  readonly kubectl: Kubectl;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Brings the local cloud up with the metrics stack and its samples, and does nothing where it is up.
 *
 * @param flags settings of the local cloud
 * @param stackSettings of the Pulumi stack, by full key
 */
export async function startMetricsCloud(
  progress: Progress,
  flags: Record<string, unknown> = {},
  stackSettings: Record<string, unknown> = {},
): Promise<MetricsCloud> {
  const settings = loadSettings(paths.settings, { ...flags, metrics: "on" });
  await startDaemon(progress, settings);
  const env = await localEnvironment(progress);
  writeStackConfig({ ...localOverrides(settings), "ovh-mks-batch:thumbnails": { enabled: false }, ...stackSettings });
  const { outputs } = await progress.step("pulumi up", async () => update(await openStack(env), "up", progress.say));
  writeFileSync(paths.kubeconfig, outputs.kubeconfig!.value as string, { mode: 0o600 });
  const kubectl: Kubectl = (args, options) => exec("kubectl", args, { timeout: 60_000, ...options, env });
  return { kubectl, env };
}
