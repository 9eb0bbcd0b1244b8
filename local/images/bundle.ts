import { join, relative } from "node:path";
import { build } from "esbuild";
import { ensureProgram, programFolder } from "../java/programs";
import { UserError, main } from "../lib/errors";
import { withLock } from "../lib/lock";
import { paths } from "../lib/paths";
import { createProgress, type Progress } from "../lib/progress";
import { ensureTools, ensureToolsFor, type Platform, type Tools } from "../tools";
import { placeContent, placeFile, placeFolder } from "./dist";
import { imageGroups, programImages, type ImageDefinition, type ImageGroup, type ImageTool } from "./definitions";

/**
 * Fills each image's `dist/`, which the Dockerfile copies from: its program, bundled with its dependencies into one file `main.cjs`, its tools,
 * and its Java program with its libraries. The same sources give the same bundle on every machine.
 *
 * @param platform of the tools @default this machine's, for the local cloud
 */
export async function bundleImages(
  images: readonly ImageDefinition[],
  progress: Progress = createProgress(),
  platform?: Platform,
): Promise<void> {
  const wanted = [...new Set(images.flatMap((image) => image.tools ?? []))];
  const tools = await (platform ? ensureToolsFor(platform, progress, wanted) : ensureTools(progress, wanted));
  // One after the other: each build uses every core.
  for (const { folder, maven } of images) if (maven) await ensureProgram(folder, progress);
  await withLock(join(paths.cache, "images", ".bundle.lock"), async () => {
    await Promise.all(images.map((image) => fill(image, tools)));
  });
}

async function fill({ folder, entry, tools: names = [], maven }: ImageDefinition, tools: Tools<ImageTool>): Promise<void> {
  const dist = join(folder, "dist");
  if (entry) await placeContent(await bundle(entry), dist, "main.cjs");
  for (const name of names) await placeFile(tools[name], dist, name);
  if (maven) await placeFolder(programFolder(folder), dist, "app");
}

async function bundle(entry: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    write: false,
    // Paths in the bundle's comments are relative to it.
    absWorkingDir: paths.root,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    // A running program keeps its source in memory. Names stay, for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: "warning",
  });
  return outputFiles[0]!.contents;
}

/** What the nodes of MKS are: it has no flavor of another architecture. */
const clusterPlatform: Platform = { os: "linux", arch: "amd64" };

/** For images to be pushed. @param groups names of groups whose images are wanted too */
async function run(groups: readonly string[], progress: Progress): Promise<void> {
  const unknown = groups.filter((name) => !imageGroups.includes(name as ImageGroup));
  if (unknown.length > 0) throw new UserError(`There is no group of images ${unknown.join(", ")}; there is: ${imageGroups.join(", ")}`);
  const images = programImages(groups as ImageGroup[]);
  await bundleImages(images, progress, clusterPlatform);
  for (const { folder, entry, tools = [], maven } of images) {
    for (const file of [...(entry ? ["main.cjs"] : []), ...tools, ...(maven ? ["app"] : [])])
      progress.say(`made ${relative(paths.root, join(folder, "dist", file))}`);
  }
}

if (require.main === module) main(() => run(process.argv.slice(2), createProgress()));
