import { join, relative } from "node:path";
import { build } from "esbuild";
import { main } from "../lib/errors";
import { paths } from "../lib/paths";
import { createProgress, type Progress } from "../lib/progress";
import { programImages, type ImageDefinition } from "./definitions";

/**
 * Bundles each image's program with its dependencies into `images/<name>/dist/main.cjs`, one file that the Dockerfile
 * copies. The same sources give the same bytes on every machine.
 */
export async function bundleImages(images: readonly ImageDefinition[] = programImages()): Promise<void> {
  await Promise.all(images.map(bundle));
}

async function bundle({ folder, entry }: ImageDefinition): Promise<void> {
  await build({
    entryPoints: [entry!],
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

async function run(progress: Progress): Promise<void> {
  const images = programImages();
  await bundleImages(images);
  for (const { folder } of images) progress.say(`bundled ${relative(paths.root, join(folder, "dist", "main.cjs"))}`);
}

if (require.main === module) main(() => run(createProgress()));
