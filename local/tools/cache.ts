import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { withLock } from "../lib/lock";
import { paths } from "../lib/paths";
import type { Progress } from "../lib/progress";
import { buildArguments, moduleFolder, sourcesOf, type Platform } from "./build";
import { families, toolsOf, type BuiltTool, type FamilyName } from "./catalog";

const folder = join(paths.cache, "tools");

/**
 * The folder of a family's programs. Its name says what they are made from (the Go module and the build's flags), so
 * that any change of these asks for new ones. The version of Go is not part of it: programs that a slightly older Go
 * built are as good, and building them again takes many minutes. Those for another platform than this machine's are apart.
 */
function familyFolder(family: FamilyName, platform?: Platform): string {
  const hash = createHash("sha256").update(JSON.stringify(buildArguments(family)));
  for (const file of sourcesOf(family)) hash.update(`\0${file}\0`).update(readFileSync(join(moduleFolder(family), file)));
  const name = `${family}-${families[family].version}-${hash.digest("hex").slice(0, 12)}`;
  return join(folder, platform ? `${name}-${platform.os}-${platform.arch}` : name);
}

/** The cached program, if it is there. A folder gets its name only once it is complete. */
export function cached(family: FamilyName, tool: BuiltTool, platform?: Platform): string | undefined {
  const path = join(familyFolder(family, platform), "bin", tool);
  return existsSync(path) ? path : undefined;
}

/**
 * Puts a family into the cache, unless another process has done it by the time that this one gets the lock.
 *
 * @param make fills an empty folder with the family's programs
 * @param platform @default this machine's
 */
export async function fillCache<T>(
  family: FamilyName,
  make: (bin: string) => Promise<T>,
  progress: Progress,
  platform?: Platform,
): Promise<T | "cache"> {
  return withLock(
    join(folder, `.${family}.lock`),
    async () => {
      if (toolsOf(family).every((tool) => cached(family, tool, platform))) return "cache";
      await removeLeftovers(family);
      const temporary = join(folder, `.${family}.${process.pid}`);
      await mkdir(temporary, { recursive: true });
      const result = await make(join(temporary, "bin"));
      await rm(familyFolder(family, platform), { recursive: true, force: true });
      await rename(temporary, familyFolder(family, platform));
      return result;
    },
    () => progress.say(`Waiting for another process that makes ${family} …`),
  );
}

/** What a process that was killed half-way has left. The lock is held: nobody works in these folders. */
async function removeLeftovers(family: FamilyName): Promise<void> {
  const leftovers = (await readdir(folder)).filter((name) => name.startsWith(`.${family}.`) && name !== `.${family}.lock`);
  await Promise.all(leftovers.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}
