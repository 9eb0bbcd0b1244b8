import { existsSync } from "node:fs";
import { mkdir, readdir, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { exec } from "../lib/exec";
import type { Progress } from "../lib/progress";

export interface PluginSpec {
  readonly name: "kubernetes" | "ovh" | "random";
  /** Without a leading `v`. */
  readonly version: string;
  /** Where it is downloaded from, if not from Pulumi itself. */
  readonly server?: string;
}

/** Marks a plugin folder as one of our stand-ins. */
export const marker = "stand-in";

/** How long the download of one official plugin may take, in milliseconds. */
const downloadTimeout = 60_000;

export const pluginFolder = (home: string, { name, version }: PluginSpec): string => join(home, "plugins", `resource-${name}-v${version}`);

const executable = (folder: string, { name }: PluginSpec): string => join(folder, `pulumi-resource-${name}`);

/** An official plugin is in the folder. Pulumi keeps a `.partial` file beside one whose installation has not ended. */
const isOfficial = (folder: string, spec: PluginSpec): boolean =>
  existsSync(executable(folder, spec)) && !existsSync(join(folder, marker)) && !existsSync(`${folder}.partial`);

/** Whether `home` has the official plugin; one that the user has (in `$PULUMI_HOME` or `~/.pulumi`) is linked there first. */
export async function hasOfficial(home: string, spec: PluginSpec): Promise<boolean> {
  const folder = pluginFolder(home, spec);
  if (isOfficial(folder, spec)) return true;
  const own = pluginFolder(process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"), spec);
  if (own === folder || !isOfficial(own, spec)) return false;
  // The engine does not follow a linked folder, but it does follow linked files.
  await mkdir(folder, { recursive: true });
  for (const file of await readdir(own)) if (!existsSync(join(folder, file))) await symlink(join(own, file), join(folder, file));
  return true;
}

/** Tries to install the official plugin with the CLI. */
export async function download(pulumi: string, home: string, spec: PluginSpec, progress: Progress): Promise<boolean> {
  const args = ["plugin", "install", "resource", spec.name, spec.version, ...(spec.server ? ["--server", spec.server] : [])];
  try {
    await progress.step(`Downloading the official ${spec.name} plugin ${spec.version}`, () =>
      exec(pulumi, args, { timeout: downloadTimeout, env: { ...process.env, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" } }),
    );
  } catch {
    return false;
  }
  return isOfficial(pluginFolder(home, spec), spec);
}
