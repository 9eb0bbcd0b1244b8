import { join } from "node:path";
import { UserError } from "../lib/errors";
import { exec, ExecError } from "../lib/exec";
import { paths } from "../lib/paths";
import { findCommand } from "../tools/search";

/** Everything of Java in the cache: Maven's repository, the programs and the folders in which they are built. */
export const javaCache = join(paths.cache, "java");

/** Half an hour: a slow mirror takes some minutes for 200 MB of libraries and plugins. */
const patience = 1_800_000;

/** What is needed to build, and the Debian packages that have it. */
const needed = { mvn: "maven", javac: "openjdk-17-jdk-headless" } as const;

/** @throws {UserError} that names all that is missing */
export function requireMaven(find: (name: string) => string | undefined = findCommand): string {
  const missing = (Object.keys(needed) as (keyof typeof needed)[]).filter((name) => !find(name));
  if (missing.length === 0) return find("mvn")!;
  const packages = missing.map((name) => needed[name]).join(" ");
  throw new UserError(
    `The Java programs are built by Maven and a JDK of version 17 or later, and this machine has no ${missing.join(" and no ")}. ` +
      `Install them, on Debian with: sudo apt-get install --no-install-recommends ${packages}`,
  );
}

/**
 * Runs Maven on the project in `folder`, with its repository in the cache.
 *
 * @param offline asks no registry: all that the project needs was fetched before
 * @throws {UserError} with the end of what Maven said
 */
export async function runMaven(
  folder: string,
  goals: readonly string[],
  offline: boolean,
  onOutput?: (text: string) => void,
): Promise<void> {
  const repository = `-Dmaven.repo.local=${join(javaCache, "repository")}`;
  const args = ["--batch-mode", "--no-transfer-progress", "-Dstyle.color=never", repository, ...(offline ? ["--offline"] : []), ...goals];
  try {
    await exec(requireMaven(), args, { cwd: folder, timeout: patience, onOutput });
  } catch (error) {
    if (!(error instanceof ExecError)) throw error;
    throw new UserError(`Maven cannot build ${folder} (mvn ${goals.join(" ")}):\n${faultsOf(error.stdout) || error.message}`);
  }
}

/** The lines that Maven marks as errors, and what follows each: the rest is hundreds of lines of progress. */
const faultsOf = (output: string): string =>
  output
    .split("\n")
    .filter((line) => line.startsWith("[ERROR]"))
    .slice(0, 40)
    .join("\n");
