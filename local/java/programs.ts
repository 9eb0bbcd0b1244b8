import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { cp, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { withDiskSpace } from "../lib/disk";
import { withLock } from "../lib/lock";
import type { Progress } from "../lib/progress";
import { javaCache, runMaven } from "./maven";

/** GiB for libraries, plugins and what is built. */
const spaceForBuild = 1;

/** Where a project's program is built, below its folder. */
const built = join("target", "app");

/** The program of a Maven project, in the cache: a folder with `app.jar`, if the project has classes of its own, and its libraries in `lib/`. */
export function programFolder(project: string): string {
  return join(javaCache, "programs", `${basename(project)}-${hashOf(project, ["pom.xml", "src/main"])}`);
}

/** Builds the project's program, unless the cache has it. The second build with the same pom.xml asks no registry. */
export async function ensureProgram(project: string, progress: Progress): Promise<string> {
  const folder = programFolder(project);
  if (!existsSync(folder)) {
    await exclusive(project, progress, async () => {
      if (existsSync(folder)) return;
      await progress.step(`Building the Java program ${basename(project)}`, () => build(project, ["package", "-Dmaven.test.skip=true"]));
    });
  }
  return folder;
}

/** Runs the project's tests, and puts its program into the cache. Tests that have passed with the same files are not run again, as Go does it. */
export async function testProgram(project: string, progress: Progress): Promise<void> {
  const name = basename(project);
  const passed = join(javaCache, "tested", `${name}-${hashOf(project, ["pom.xml", "src"])}`);
  if (existsSync(passed)) return progress.say(`The tests of the Java program ${name} have passed before (cached: ${passed}).`);
  await exclusive(project, progress, () => progress.step(`Testing the Java program ${name}`, () => build(project, ["verify"])));
  await mkdir(dirname(passed), { recursive: true });
  await writeFile(passed, "");
}

const exclusive = <T>(project: string, progress: Progress, work: () => Promise<T>): Promise<T> =>
  withLock(
    join(javaCache, ".lock"),
    () => withDiskSpace(javaCache, spaceForBuild, `building ${basename(project)}`, work),
    () => progress.say("Waiting for another process that builds Java programs …"),
  );

/** Maven works on a copy: nothing that it writes is in the checkout. */
async function build(project: string, goals: readonly string[]): Promise<void> {
  const work = join(javaCache, "work", basename(project));
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  for (const name of ["pom.xml", "src"])
    if (existsSync(join(project, name))) await cp(join(project, name), join(work, name), { recursive: true });
  // What Maven fetches follows from the pom and from the goal.
  const fetched = join(javaCache, "repository", `.fetched-${goals[0]}-${hashOf(project, ["pom.xml"])}`);
  const folder = programFolder(project);
  await runMaven(work, goals, existsSync(fetched));
  await mkdir(dirname(fetched), { recursive: true });
  await writeFile(fetched, "");
  await mkdir(join(javaCache, "programs"), { recursive: true });
  // One that is there already was made from the same files, and an image may be copying it just now.
  if (!existsSync(folder)) await rename(join(work, built), folder);
  await rm(work, { recursive: true });
}

/** Every file below a path, by name; of a path that is not there, none. */
function filesBelow(path: string): string[] {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

function hashOf(project: string, names: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of names.flatMap((name) => filesBelow(join(project, name))))
    hash.update(`\0${relative(project, file)}\0`).update(readFileSync(file));
  return hash.digest("hex").slice(0, 12);
}
