import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { plural } from "../../common/text";
import { isDiskFull, withDiskSpace } from "../lib/disk";
import { UserError } from "../lib/errors";
import { exec, ExecError } from "../lib/exec";
import { paths } from "../lib/paths";
import type { Progress } from "../lib/progress";
import { families, type Family, type FamilyName } from "./catalog";

/** The folder of a family's Go module. */
export const moduleFolder = (family: FamilyName): string => join(paths.root, "local", "tools", "go", family);

/** What `go build` is asked for; part of the cache key of what comes out. */
export function buildArguments(family: FamilyName): string[] {
  const linker = ["-s", "-w", ...families[family].variables.flatMap((variable) => ["-X", variable])];
  return ["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", linker.join(" ")];
}

const packagesOf = (family: FamilyName): string[] => Object.values((families[family] as Family).tools).map((tool) => tool.package);

/** What programs are built for, in Go's words. */
export interface Platform {
  readonly os: string;
  readonly arch: string;
}

/** The user's own GOFLAGS, workspace or target must not change what is built. Empty ones are as Go has them, of this machine. */
const environment = (platform?: Platform): NodeJS.ProcessEnv => ({
  ...process.env,
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

/**
 * Builds a family from its committed go.mod and go.sum into `folder`.
 *
 * @param platform @default this machine's
 * @throws {UserError} when there is no Go that can build it, or its modules cannot be had
 */
export async function build(family: FamilyName, folder: string, progress: Progress, platform?: Platform): Promise<void> {
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
        exec("go", [...buildArguments(family), "-v", "-o", `${folder}/`, ...packagesOf(family)], {
          ...options,
          // With -v, go prints the name of each package as it compiles it.
          onOutput: (text) => (compiled += text.split("\n").length - 1),
        }),
      () => `${compiled} of at most ${plural(total, "package")} compiled`,
    );
  });
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
