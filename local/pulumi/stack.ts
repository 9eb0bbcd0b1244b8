import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type EngineEvent, LocalWorkspace, type OutputMap, PulumiCommand, type Stack, type UpResult } from "@pulumi/pulumi/automation";
import { parse, stringify } from "yaml";
import { exec } from "../lib/exec";
import { UserError } from "../lib/errors";
import { paths } from "../lib/paths";
import { type ResourceCounts, describeEvent } from "./events";

/** The stack that runs on the local cloud, unless another is asked for. */
export const stackName = "local";

export type Environment = NodeJS.ProcessEnv & { PULUMI_HOME: string; PATH: string };

/**
 * Copies the stack's file, such as Pulumi.local.yaml, beside the local cloud's state, with `overrides` in place of its values, and keeps the salt
 * that Pulumi added: the committed file is never written.
 *
 * @param overrides values by full key, e.g. `{"ovh-mks-batch:storage": {…}}`; objects are merged
 */
export function writeStackConfig(overrides: Record<string, unknown> = {}, name = stackName): void {
  mkdirSync(dirname(paths.stackConfig), { recursive: true });
  const committed = parse(readFileSync(join(paths.root, `Pulumi.${name}.yaml`), "utf8")) as { config?: Record<string, unknown> };
  const previous = existsSync(paths.stackConfig) ? (parse(readFileSync(paths.stackConfig, "utf8")) as { encryptionsalt?: string }) : {};
  const config: Record<string, unknown> = { ...committed.config };
  for (const [key, value] of Object.entries(overrides)) {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    config[key] = isObject ? { ...(config[key] as object | undefined), ...value } : value;
  }
  writeFileSync(paths.stackConfig, stringify({ ...previous, config }), { mode: 0o600 });
}

/** Opens a stack on the local cloud, and makes it first where it does not exist. */
export async function openStack(environment: Environment, name = stackName): Promise<Stack> {
  mkdirSync(paths.pulumiState, { recursive: true });
  const project = dirname(paths.stackConfig);
  copyFileSync(join(paths.root, "Pulumi.yaml"), join(project, "Pulumi.yaml"));
  const cli = (...args: string[]): Promise<string> =>
    exec("pulumi", [...args, "--non-interactive"], { cwd: project, env: environment, timeout: 60_000 });
  const stacks = JSON.parse(await cli("stack", "ls", "--json")) as { name: string }[];
  if (!stacks.some((stack) => stack.name.split("/").pop() === name)) await cli("stack", "init", name);
  const envVars = Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const command = await PulumiCommand.get({ root: dirname(dirname(await exec("sh", ["-c", "command -v pulumi"], { env: environment }))) });
  return LocalWorkspace.selectStack(
    { stackName: name, workDir: paths.root },
    { envVars, pulumiHome: environment.PULUMI_HOME, pulumiCommand: command },
  );
}

export interface UpOutcome {
  readonly counts: ResourceCounts;
  readonly outputs: OutputMap;
}

/**
 * Runs `pulumi up` (or `destroy`) and says what happens to each resource.
 *
 * @throws {UserError} with Pulumi's own error lines when the update fails
 */
export async function update(stack: Stack, operation: "up" | "destroy", say: (line: string) => void): Promise<UpOutcome> {
  const counts: ResourceCounts = { created: 0, updated: 0, deleted: 0, failed: 0 };
  const errors: string[] = [];
  const onEvent = (event: EngineEvent): void => {
    const described = describeEvent(event, counts);
    if (described?.error) errors.push(described.text);
    else if (described) say(described.text);
  };
  try {
    // To show secrets in the history of updates, Pulumi would read the stack's salt from Pulumi.local.yaml, and write one there.
    const result = await stack[operation]({ onEvent, configFile: paths.stackConfig, showSecrets: false });
    return { counts, outputs: "outputs" in result ? (result as UpResult).outputs : {} };
  } catch (error) {
    if (errors.length === 0) throw error;
    throw new UserError(`pulumi ${operation} failed:\n${errors.join("\n")}`);
  }
}
