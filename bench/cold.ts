import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { delimiter, join } from "node:path";
import { exec } from "../local/lib/exec";
import { paths } from "../local/lib/paths";
import { defaultTools } from "../local/tools";
import { familyNames, toolsOf } from "../local/tools/catalog";
import { timeCommand } from "./harness/cloud";
import type { Benchmark } from "./harness/result";

/** The tools' definitions that this project's are compared with. */
const seed = "b472364";

/** What was measured of it on this machine, so that it need not be measured each time. */
const record = join(__dirname, "results", "cold-before.json");

/** Days for which the record counts: what else the machine does, and its Go, may change. */
const recordDays = 30;

interface Measured {
  /** User and system time of all processes, in seconds. */
  readonly cpu: number;
  readonly seconds: number;
}

interface Before extends Measured {
  readonly commit: string;
  readonly measuredAt: string;
  readonly machine: string;
  readonly go: string;
  /** How it was measured. */
  readonly how: string;
}

const machine = (): string => `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`;

/** The families that `npm run demo` needs. */
const defaultFamilies = familyNames.filter((family) => toolsOf(family).some((tool) => (defaultTools as readonly string[]).includes(tool)));

/**
 * PATH without the tools that are to be built, which would be taken from there. A folder that has one of them, such as /usr/bin, is replaced by links to all
 * else in it.
 * @param links folder for those links
 */
function searchPathWithoutTools(links: string): string {
  const built: readonly string[] = familyNames.flatMap(toolsOf);
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => existsSync(folder));
  return folders
    .map((folder, i) => {
      if (!built.some((tool) => existsSync(join(folder, tool)))) return folder;
      const copy = join(links, String(i));
      mkdirSync(copy, { recursive: true });
      const others = readdirSync(folder).filter((file) => !built.includes(file) && !existsSync(join(copy, file)));
      for (const file of others) symlinkSync(join(folder, file), join(copy, file));
      return copy;
    })
    .join(delimiter);
}

/** The CPU time of a command and of all that it starts, as the shell that waits for it counts it. */
async function cpuOf(command: readonly string[], cwd: string, env: NodeJS.ProcessEnv, onOutput: (text: string) => void): Promise<Measured> {
  const start = process.hrtime.bigint();
  const output = await exec("bash", ["-c", '"$@" >&2 && times', "bash", ...command], { cwd, env, timeout: 4 * 3_600_000, onOutput });
  return { cpu: childrenSeconds(output), seconds: Number(process.hrtime.bigint() - start) / 1e9 };
}

/** The second line of the shell's `times`: user and system time of its children, e.g. "1m2.345s 0m6.789s". */
export function childrenSeconds(times: string): number {
  const found = [...(times.trim().split("\n")[1] ?? "").matchAll(/(\d+)m([\d.]+)s/g)];
  if (found.length !== 2) throw new Error(`\`times\` printed something else: ${times}`);
  return found.reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0);
}

/** Builds the default tools of a checkout from nothing but fetched modules, one family after the other, which share Go's build cache. */
async function buildTools(checkout: string, folder: string, what: string, say: (line: string) => void): Promise<Measured> {
  const env = {
    ...process.env,
    PATH: searchPathWithoutTools(join(folder, "path")),
    MKS_BATCH_DOWNLOADS: "off",
    MKS_BATCH_CACHE: join(folder, "cache"),
    GOCACHE: join(folder, "go-build"),
  };
  const sum = { cpu: 0, seconds: 0 };
  for (const family of defaultFamilies) {
    await fetchModules(join(checkout, "local", "tools", "go", family), env);
    const command = [process.execPath, "--import", "tsx", "local/tools/main.ts", ...toolsOf(family)];
    const { cpu, seconds } = await cpuOf(command, checkout, env, (text) => {
      const line = text.trim().split("\n").at(-1) ?? "";
      if (/ … .* \d+[05] s$/.test(line)) say(`${what}: ${line}`);
    });
    say(`${what}: ${family} took ${cpu.toFixed(0)} s of CPU time, ${seconds.toFixed(0)} s`);
    sum.cpu += cpu;
    sum.seconds += seconds;
  }
  return sum;
}

/** What is downloaded depends on the network, not on the build. */
async function fetchModules(module: string, env: NodeJS.ProcessEnv): Promise<void> {
  const hasTools = /^tool\b/m.test(readFileSync(join(module, "go.mod"), "utf8"));
  const packages = [...(hasTools ? ["tool"] : []), ...(existsSync(join(module, "main.go")) ? ["."] : [])];
  await exec("go", ["list", "-mod=readonly", "-deps", ...packages], {
    cwd: module,
    env: { ...env, GOWORK: "off", CGO_ENABLED: "0" },
  });
}

/** The seed's builds: as recorded on this machine, else measured. */
async function before(folder: string, say: (line: string) => void): Promise<Before> {
  const go = (await exec("go", ["version"])).trim();
  if (existsSync(record)) {
    const recorded = JSON.parse(readFileSync(record, "utf8")) as Before;
    const days = (Date.now() - Date.parse(recorded.measuredAt)) / 86_400_000;
    if (recorded.commit === seed && recorded.machine === machine() && recorded.go === go && days < recordDays) return recorded;
  }
  const checkout = join(folder, "checkout");
  mkdirSync(checkout);
  await exec("bash", ["-c", 'git archive "$1" | tar -x -C "$2"', "bash", seed, checkout], { cwd: paths.root });
  symlinkSync(join(paths.root, "node_modules"), join(checkout, "node_modules"));
  const measured = await buildTools(checkout, folder, `before (${seed})`, say);
  const result = { commit: seed, measuredAt: new Date().toISOString(), machine: machine(), go, how: "by this benchmark", ...measured };
  writeFileSync(record, JSON.stringify(result, null, 2) + "\n");
  return result;
}

export const cold: Benchmark = {
  name: "cold",
  description: "the first start: Go builds all default tools, and the images are made",
  async measure(say) {
    // Beside the cache, not in /tmp: images need a file system that allows device files.
    mkdirSync(paths.cache, { recursive: true });
    const folder = mkdtempSync(join(paths.cache, "bench-cold-"));
    try {
      mkdirSync(join(folder, "before"));
      mkdirSync(join(folder, "now"));
      const load = loadavg()[0]!.toFixed(1);
      const old = await before(join(folder, "before"), say);
      const now = await buildTools(paths.root, join(folder, "now"), "now", say);
      await timeCommand("local/cli.ts", ["down"], say);
      // With these tools, and without any image.
      const demo = await timeCommand("local/demo/main.ts", [], say, { MKS_BATCH_CACHE: join(folder, "now", "cache") });
      await timeCommand("local/cli.ts", ["down"], say);
      const against = `commit ${seed}: ${old.cpu.toFixed(0)} s, ${old.how}, ${old.measuredAt.slice(0, 10)}, same machine and Go`;
      const figure = { unit: "s", comparator: "<=", goal: null, against: `itself; load average ${load} at the beginning` } as const;
      return [
        { name: "cold-tools-cpu-ratio", value: now.cpu / old.cpu, unit: "ratio", comparator: "<=", goal: 0.7, against },
        { ...figure, name: "cold-tools-cpu-seconds", value: now.cpu },
        { ...figure, name: "cold-tools-seconds", value: now.seconds },
        { ...figure, name: "demo-without-images-seconds", value: demo },
        {
          ...figure,
          name: "cold-demo-seconds",
          value: now.seconds + demo,
          against: "the tools' builds and the demo without images, one after the other",
        },
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
