import { writeFileSync } from "node:fs";
import { paths } from "../lib/paths";
import type { Progress } from "../lib/progress";
import { type Environment, openStack, update, type UpOutcome, writeStackConfig } from "./stack";

/**
 * Runs `pulumi up` of the stack `local`, and writes its kubeconfig.
 *
 * @param settings of the stack, by full key, in place of its file's
 * @throws {UserError} with Pulumi's own error lines when the update fails
 */
export async function deploy(environment: Environment, settings: Record<string, unknown>, progress: Progress): Promise<UpOutcome> {
  writeStackConfig(settings);
  const outcome = await update(await openStack(environment), "up", progress.say);
  writeFileSync(paths.kubeconfig, outcome.outputs.kubeconfig!.value as string, { mode: 0o600 });
  return outcome;
}
