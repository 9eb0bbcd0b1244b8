import { cp, mkdir, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { build } from "esbuild";
import { UserError, main } from "../lib/errors";
import { paths } from "../lib/paths";
import { createProgress, type Progress } from "../lib/progress";
import { ensureTools, type Tools } from "../tools";
import { imageGroups, programImages, type ImageDefinition, type ImageGroup, type ImageTool } from "./definitions";

/**
 * Fills each image's `dist/`, which the Dockerfile copies from: its program, bundled with its dependencies into one file `main.cjs`, and its
 * tools. The same sources give the same bytes on every machine.
 */
export async function bundleImages(images: readonly ImageDefinition[], progress: Progress = createProgress()): Promise<void> {
  const tools = await ensureTools(progress, [...new Set(images.flatMap((image) => image.tools ?? []))]);
  await Promise.all(images.map((image) => Promise.all([bundle(image), copyTools(image, tools)])));
}

async function copyTools({ folder, tools: names }: ImageDefinition, tools: Tools<ImageTool>): Promise<void> {
  if (!names) return;
  await rm(join(folder, "dist"), { recursive: true, force: true });
  await mkdir(join(folder, "dist"), { recursive: true });
  for (const name of names) await cp(tools[name], join(folder, "dist", name), { dereference: true });
}

async function bundle({ folder, entry }: ImageDefinition): Promise<void> {
  if (!entry) return;
  await build({
    entryPoints: [entry],
    outfile: join(folder, "dist", "main.cjs"),
    // Paths in the bundle's comments are relative to it.
    absWorkingDir: paths.root,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    logLevel: "warning",
  });
}

/** @param groups names of groups whose images are wanted too */
async function run(groups: readonly string[], progress: Progress): Promise<void> {
  const unknown = groups.filter((name) => !imageGroups.includes(name as ImageGroup));
  if (unknown.length > 0) throw new UserError(`There is no group of images ${unknown.join(", ")}; there is: ${imageGroups.join(", ")}`);
  const images = programImages(groups as ImageGroup[]);
  await bundleImages(images, progress);
  for (const { folder, entry, tools = [] } of images) {
    for (const file of [...(entry ? ["main.cjs"] : []), ...tools]) progress.say(`made ${relative(paths.root, join(folder, "dist", file))}`);
  }
}

if (require.main === module) main(() => run(process.argv.slice(2), createProgress()));
