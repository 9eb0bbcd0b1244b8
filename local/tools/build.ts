import { readdirSync } from "node:fs";
import { link, mkdir, rm } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { basename, join, relative } from "node:path";
import { plural } from "../../common/text";
import { isDiskFull, withDiskSpace } from "../lib/disk";
import { UserError } from "../lib/errors";
import { exec, ExecError } from "../lib/exec";
import { paths } from "../lib/paths";
import type { Progress } from "../lib/progress";
import { families, type Family, type FamilyName } from "./catalog";
import { Countdown, inMinutes } from "./estimate";

/** The folder of a family's Go module. */
export const moduleFolder = (family: FamilyName): string =>
  family === "karpenter" ? join(paths.root, "karpenter") : join(paths.root, "local", "tools", "go", family);

/** What beside a program lies in its module's folder: tests, what they read, and texts. */
const besideSources = /_test\.go$|\.(md|yaml)$|(^|\/)(testdata|fake)\//;

/** The files that a family's programs are made of, relative to its module's folder, in an order that is always the same. */
export const sourcesOf = (family: FamilyName): string[] =>
  readdirSync(moduleFolder(family), { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => relative(moduleFolder(family), join(item.parentPath, item.name)))
    .filter((file) => !besideSources.test(file))
    .sort();

/**
 * What `go build` is asked for; part of the cache key of what comes out. The linker leaves debug information out of the programs (-s -w), so
 * the compiler need not write it either, which is a tenth of its work.
 */
export function buildArguments(family: FamilyName): string[] {
  const { variables, notInlined = [] }: Family = families[family];
  const linker = ["-s", "-w", ...variables.flatMap((variable) => ["-X", variable])];
  const flags = ["all=-dwarf=false", ...notInlined.map((pattern) => `${pattern}=-l -dwarf=false`)];
  const compiler = flags.flatMap((value) => ["-gcflags", value]);
  return ["build", "-mod=readonly", "-trimpath", "-buildvcs=false", ...compiler, "-ldflags", linker.join(" ")];
}

const packagesOf = (family: FamilyName): string[] => [
  ...new Set(Object.values((families[family] as Family).tools).map((tool) => tool.package)),
];

/** What programs are built for, in Go's words. */
export interface Platform {
  readonly os: string;
  readonly arch: string;
}

/**
 * Memory instead of time: a compiler that ends after a second need not collect its garbage, which is a quarter of its work; only what
 * grows beyond its part of the machine's memory does. Go compiles as many packages at once as there are cores; where these are few,
 * compilers with several threads each would only wait for each other.
 *
 * @see https://pkg.go.dev/runtime#hdr-Environment_Variables
 */
export function thrift(memory: number, cores: number): { GOGC: string; GOMEMLIMIT: string; GOMAXPROCS: string } {
  const mebibytes = Math.round(memory / cores / 2 / 2 ** 20);
  return { GOGC: "off", GOMEMLIMIT: `${Math.min(4096, Math.max(1024, mebibytes))}MiB`, GOMAXPROCS: cores > 4 ? "" : "1" };
}

/** The user's own GOFLAGS, workspace or target must not change what is built. Empty ones are as Go has them, of this machine. */
const environment = (platform?: Platform): NodeJS.ProcessEnv => ({
  ...process.env,
  ...thrift(totalmem(), availableParallelism()),
  CGO_ENABLED: "0",
  GOFLAGS: "",
  GOWORK: "off",
  GOOS: platform?.os ?? "",
  GOARCH: platform?.arch ?? "",
});

/** GiB that the biggest family's modules, compiled packages and programs take. */
const spaceForBuild = 6;

/** An hour: a slow machine with one core needs more than half of it for Kubernetes. */
const patience = 3_600_000;

export interface BuildOptions {
  /** @default this machine's */
  readonly platform?: Platform;
  /** Of all that is built in a row. @default of this family */
  readonly countdown?: Countdown;
}

/**
 * Builds a family from its committed go.mod and go.sum into `folder`.
 *
 * @throws {UserError} when there is no Go that can build it, or its modules cannot be had
 */
export async function build(family: FamilyName, folder: string, progress: Progress, how: BuildOptions = {}): Promise<void> {
  const { platform, countdown = new Countdown([family]) } = how;
  const label = `${family} ${families[family].version}${platform ? ` for ${platform.os}/${platform.arch}` : ""}`;
  const options = { cwd: moduleFolder(family), env: environment(platform), timeout: patience };
  await mkdir(folder, { recursive: true });
  await withDiskSpace(folder, spaceForBuild, `building ${label}`, async () => {
    let fetched = 0;
    const listed = await progress.step(
      `Fetching the Go modules of ${label}`,
      () =>
        exec("go", ["list", "-mod=readonly", "-deps", ...packagesOf(family)], {
          ...options,
          onOutput: (text) => (fetched += text.split("go: downloading").length - 1),
        }).catch((error: unknown) => {
          throw cannotBuild(family, error);
        }),
      () => `${fetched} modules`,
    );
    const total = listed.trim().split("\n").length;
    let compiled = 0;
    await progress.step(
      `Building ${label}`,
      () =>
        exec("go", [...buildArguments(family), "-v", "-p", String(availableParallelism()), "-o", `${folder}/`, ...packagesOf(family)], {
          ...options,
          // With -v, go prints the name of each package as it compiles it.
          onOutput: (text) => (compiled += text.split("\n").length - 1),
        }),
      () => {
        countdown.note(family, compiled / total);
        return `${compiled} of at most ${plural(total, "package")} compiled, ${inMinutes(countdown.seconds())} of builds left`;
      },
    );
    await namePrograms(family, folder);
  });
}

/** Gives each program the name of its tool, or of each of its tools: Go names it after the package's folder, or after the module, which is called as the family. */
async function namePrograms(family: FamilyName, folder: string): Promise<void> {
  const { tools }: Family = families[family];
  const misnamed = new Set<string>();
  for (const [name, { package: path }] of Object.entries(tools)) {
    const program = path === "." ? family : basename(path);
    if (program === name) continue;
    await link(join(folder, program), join(folder, name));
    misnamed.add(program);
  }
  for (const program of misnamed) await rm(join(folder, program));
}

/** No Go, one that is too old and may not fetch a newer one, or no way to the modules: only the user can mend these. */
function cannotBuild(family: FamilyName, error: unknown): unknown {
  if (!(error instanceof ExecError) || isDiskFull(error)) return error;
  const { version, tools } = families[family];
  return new UserError(
    `${family} ${version} is neither installed nor could be downloaded, and Go cannot build it:\n` +
      `${error.stderr.trim().slice(-1000)}\n` +
      `Install Go 1.26 or later from https://go.dev/dl/ and see that it reaches its module proxy, ` +
      `or install version ${version} of ${Object.keys(tools).join(", ")} so that they are found on PATH. Then run the command again.`,
  );
}
