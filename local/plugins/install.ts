/**
 * The Pulumi plugins of the program: the official ones where they are installed or can be downloaded, else our stand-ins.
 * Each stand-in is a folder here: `language` is the Node.js language host and `dynamic` the SDK's host of dynamic providers,
 * the others are resource plugins; `protocol` is what they share. See docs/architecture.md, "Plugins".
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, link, mkdir, readlink, realpath, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { paths } from "../lib/paths";
import type { Progress } from "../lib/progress";
import { bundles } from "./bundle";
import { download, hasOfficial, marker, pluginFolder, type PluginSpec } from "./official";

export interface Plugins {
  /** PULUMI_HOME: where the engine finds the resource plugins. */
  readonly pulumiHome: string;
  /** The folder of the `pulumi` to run: the engine looks for the language host beside its own binary. */
  readonly binDir: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Makes sure that `pulumi` has every plugin that the program needs. Quick when nothing has changed.
 *
 * Official plugins are downloaded unless the environment variable MKS_BATCH_DOWNLOADS is "off".
 */
export async function ensurePlugins(progress: Progress, options: { pulumiBinary: string }): Promise<Plugins> {
  const home = paths.pulumiHome;
  const pulumiBinary = await realpath(options.pulumiBinary);
  const missing: PluginSpec[] = [];
  for (const spec of specs()) if (!(await hasOfficial(home, spec)) && !(await obtain(spec))) missing.push(spec);

  async function obtain(spec: PluginSpec): Promise<boolean> {
    // Where a stand-in is in place the download has failed before: it is not waited for with every command.
    if (process.env.MKS_BATCH_DOWNLOADS === "off" || existsSync(join(pluginFolder(home, spec), marker))) return false;
    return download(pulumiBinary, home, spec, progress);
  }

  const binDir = existsSync(join(dirname(pulumiBinary), "pulumi-language-nodejs")) ? dirname(pulumiBinary) : join(home, "bin");
  const ownHost = binDir !== dirname(pulumiBinary);
  if (missing.length > 0 || ownHost) {
    const folder = await bundles();
    const placed = await Promise.all(missing.map((spec) => placeStandIn(folder, home, spec)));
    if (ownHost) placed.push(await placeLanguageHost(folder, binDir, pulumiBinary));
    if (placed.includes(true)) {
      const names = [...missing.map((spec) => spec.name), ...(ownHost ? ["Node.js language host"] : [])];
      progress.say(`Pulumi works with our stand-ins for the official plugins: ${names.join(", ")}`);
    }
  }

  return {
    pulumiHome: home,
    binDir,
    env: {
      PULUMI_HOME: home,
      PULUMI_BACKEND_URL: `file://${await folder(paths.pulumiState)}`,
      PULUMI_CONFIG_PASSPHRASE_FILE: await passphrase(paths.passphrase),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      ...(missing.length > 0 && { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" }),
      // An official language host on PATH would be preferred to ours, with a warning on each command.
      ...(ownHost && { PULUMI_IGNORE_AMBIENT_PLUGINS: "true" }),
    },
  };
}

/** The plugins that the installed SDKs ask for, in exactly their versions. */
function specs(): PluginSpec[] {
  return ["@pulumi/kubernetes", "@ovhcloud/pulumi-ovh", "@pulumi/random"].map((name) => {
    const manifest = JSON.parse(readFileSync(join(paths.root, "node_modules", name, "package.json"), "utf8")) as {
      version: string;
      pulumi: PluginSpec;
    };
    return { ...manifest.pulumi, version: manifest.pulumi.version ?? manifest.version };
  });
}

/** Answers whether anything had to be changed. */
async function placeStandIn(from: string, home: string, spec: PluginSpec): Promise<boolean> {
  const to = await folder(pluginFolder(home, spec));
  // The marker first: a folder that has the plugin but no marker counts as official.
  if (!existsSync(join(to, marker))) await writeFile(join(to, marker), "");
  await place(join(__dirname, "launcher.sh"), join(to, `pulumi-resource-${spec.name}`));
  return place(join(from, `${spec.name}.js`), join(to, "plugin.js"));
}

async function placeLanguageHost(from: string, binDir: string, pulumiBinary: string): Promise<boolean> {
  await folder(binDir);
  const changed = await place(join(from, "language.js"), join(binDir, "pulumi-language-nodejs"));
  await place(join(__dirname, "launcher.sh"), join(binDir, "pulumi-resource-pulumi-nodejs"));
  await place(join(from, "dynamic.js"), join(binDir, "plugin.js"));
  // Not a symbolic link: the engine looks beside the file that a link points to.
  const copy = join(binDir, "pulumi");
  const [ours, theirs] = await Promise.all([stat(copy).catch(() => undefined), stat(pulumiBinary)]);
  const same = ours && (ours.ino === theirs.ino || (ours.size === theirs.size && ours.mtimeMs >= theirs.mtimeMs));
  if (!same) {
    await replace(copy, (to) => link(pulumiBinary, to).catch(() => copyFile(pulumiBinary, to)));
  }
  return changed;
}

/** Links `to` to `target`. Answers whether it was not so before. */
async function place(target: string, to: string): Promise<boolean> {
  if ((await readlink(to).catch(() => undefined)) === target) return false;
  await replace(to, (path) => symlink(target, path));
  return true;
}

/** Puts a new file in place of an old one, which may be in use, at one stroke. */
async function replace(path: string, make: (path: string) => Promise<void>): Promise<void> {
  const next = join(dirname(path), `.${basename(path)}.${process.pid}`);
  await rm(next, { force: true });
  await make(next);
  await rename(next, path);
}

async function folder(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  return path;
}

/** The key of the secrets in the state: random, made once, readable by its owner only. */
async function passphrase(file: string): Promise<string> {
  await folder(dirname(file));
  if (!existsSync(file)) await replace(file, (path) => writeFile(path, randomBytes(32).toString("hex"), { mode: 0o600 }));
  return file;
}
