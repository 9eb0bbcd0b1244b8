import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version as kubernetesVersion } from "@pulumi/kubernetes/package.json";
import { version as ovhVersion } from "@ovhcloud/pulumi-ovh/package.json";
import { version as randomVersion } from "@pulumi/random/package.json";
import { startDynamicHost } from "../dynamic/ahead";
import { marker, pluginFolder, type PluginSpec } from "../official";
import type { Provider } from "../protocol/provider";
import { serve } from "../protocol/server";

/** Each stand-in, loaded when it is served. */
const standIns: readonly (PluginSpec & { load: () => Promise<Provider> })[] = [
  { name: "ovh", version: ovhVersion, load: async () => (await import("../ovh/provider")).ovhProvider(ovhVersion) },
  { name: "random", version: randomVersion, load: async () => (await import("../random/provider")).randomProvider(randomVersion) },
  {
    name: "kubernetes",
    version: kubernetesVersion,
    load: async () => (await import("../kubernetes/provider")).kubernetesProvider(kubernetesVersion),
  },
];

/** The offers that nobody has taken yet: their files, and what is in them. */
const offers = new Map<string, string>();

/**
 * Serves an instance of each stand-in within the language host, while the program is loading: as a process of its own each takes
 * 0.1 s to start, one after the other, which is a third of an update without changes. Its port is offered in a file, which the
 * plugin's launcher (../launcher.sh) takes; without an offer it starts a process. The host of dynamic providers runs the program's
 * code, and has a process of its own.
 *
 * @param directory of the program
 */
export async function serveAhead(directory: string, engine: string): Promise<void> {
  const home = process.env.PULUMI_HOME;
  if (home === undefined) return;
  mkdirSync(join(home, "ahead"), { recursive: true });
  const dynamic = startDynamicHost(directory, engine).then(
    (port) => port !== undefined && offer(home, "pulumi-nodejs", port),
    () => undefined,
  );
  for (const { name, version, load } of standIns) {
    if (!existsSync(join(pluginFolder(home, { name, version }), marker))) continue;
    offer(home, name, String(await serve(await load())));
  }
  await dynamic;
}

function offer(home: string, name: string, port: string): void {
  // The launcher's parent is ours: the engine. Two engines do not take each other's offers.
  const file = join(home, "ahead", `${process.ppid}-${name}`);
  writeFileSync(file, `${port}\n`);
  offers.set(file, `${port}\n`);
}

/** Takes the offers back, but for those of another language host of the same engine. */
export function withdraw(): void {
  for (const [file, port] of offers) {
    try {
      if (readFileSync(file, "utf8") === port) rmSync(file);
    } catch {
      // Taken.
    }
  }
}
