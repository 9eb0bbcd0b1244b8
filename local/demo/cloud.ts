/** The stack `local` on a local cloud, with what a demonstration, a benchmark or a test needs of it. */
import { startDaemon } from "../daemon/control";
import { localEnvironment } from "../environment";
import { exec } from "../lib/exec";
import { paths } from "../lib/paths";
import type { Progress } from "../lib/progress";
import { loadSettings } from "../lib/settings";
import { localOverrides } from "../pulumi/overrides";
import { deploy } from "../pulumi/deploy";
import type { UpOutcome } from "../pulumi/stack";
import type { Kubectl } from "./kubectl";

export interface DemoCloud {
  readonly env: NodeJS.ProcessEnv;
  readonly kubectl: Kubectl;
  /** What the stack's settings have to say of this local cloud, by full key. */
  readonly overrides: Readonly<Record<string, unknown>>;
  /** Updates the stack, and writes its kubeconfig. @param stackSettings by full key, in place of the local cloud's */
  readonly up: (stackSettings: Record<string, unknown>) => Promise<UpOutcome>;
}

/** Starts the local cloud, and does nothing where it runs. @param flags settings of the local cloud */
export async function startCloud(progress: Progress, flags: Record<string, unknown>): Promise<DemoCloud> {
  const settings = loadSettings(paths.settings, flags);
  await startDaemon(progress, settings);
  const env = await localEnvironment(progress);
  const overrides = { ...localOverrides(settings), "ovh-mks-batch:thumbnails": { enabled: false } };
  return {
    env,
    overrides,
    kubectl: (args, options) => exec("kubectl", args, { timeout: 60_000, ...options, env }),
    up: (stackSettings) => deploy(env, { ...overrides, ...stackSettings }, progress),
  };
}
