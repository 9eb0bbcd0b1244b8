/** The container images of the local cloud, built from the Dockerfiles under `images/`, and what nodes start from. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import { programFolder } from "../java/programs";
import { withDiskSpace } from "../lib/disk";
import { withLock } from "../lib/lock";
import { paths } from "../lib/paths";
import type { Progress } from "../lib/progress";
import { baseKey, baseReference, ensureBase } from "./base";
import { Buildah, type BuildTools } from "./buildah";
import { bundleImages } from "./bundle";
import {
  dnsImage,
  pauseImage,
  programImages,
  systemImages,
  type Image,
  type ImageDefinition,
  type ImageGroup,
  type ImageSet,
} from "./definitions";
import { requireOverlay } from "./overlay";

export { cloneGoldenRoot, ensureGoldenRoot } from "./golden";

const cache = join(paths.cache, "images");
const workFolder = join(cache, "work");

/** GiB for the Debian base, the layers and the archives. */
const spaceForImages = 4;

/** Days after which an archive that no checkout asked for is deleted. */
const archiveLifetime = 7;

/**
 * Builds the images whose Dockerfile, program or base has changed, and answers them all. When nothing has changed it
 * takes a second, for bundling the programs.
 */
export async function ensureImages(tools: BuildTools, groups: readonly ImageGroup[], progress: Progress): Promise<ImageSet> {
  const definitions = [...systemImages, ...programImages(groups)];
  await bundleImages(definitions, progress);
  const built = definitions.map((definition) => {
    const reference = imageReference(definition.name);
    return { definition, key: imageKey(definition, reference), name: definition.name, reference };
  });
  // Nodes have the base under its public name, too, for a first Job: the local cloud reaches no registry but its own.
  const base = { definition: undefined, key: baseKey(), name: "base", reference: baseReference };
  const wanted = [...built, base].map((image) => ({ ...image, archive: join(cache, `${image.name}-${image.key}.tar`) }));
  if (!wanted.every(({ archive }) => existsSync(archive))) {
    await withStorage(tools, progress, (buildah) => buildImages(wanted, buildah, progress));
  }
  const now = new Date();
  await Promise.all(wanted.map(({ archive }) => utimes(archive, now, now)));
  const hash = createHash("sha256")
    .update(wanted.map(({ key }) => key).join())
    .digest("hex")
    .slice(0, 12);
  const images = wanted.map(({ name, reference, archive }) => ({ name, reference, archive }));
  return { images, pause: imageReference(pauseImage.name), dns: imageReference(dnsImage.name), hash };
}

/**
 * Builds the Dockerfile of a user's folder on the same base as this project's images. The last build of each reference is kept,
 * so that the next one goes on from there.
 *
 * @param use e.g. pushes it somewhere
 */
export async function buildImage(
  folder: string,
  reference: string,
  tools: BuildTools,
  progress: Progress,
  use: (buildah: Buildah) => Promise<void>,
): Promise<void> {
  await withStorage(tools, progress, async (buildah) => {
    await progress.step(`Building ${reference}`, () => buildah.build(folder, reference));
    await use(buildah);
    await buildah.prune();
  });
}

/** Runs `work` when no other process uses buildah's storage, and when that has the base image. */
async function withStorage(tools: BuildTools, progress: Progress, work: (buildah: Buildah) => Promise<void>): Promise<void> {
  await requireOverlay(tools, cache);
  const buildah = new Buildah(tools, join(cache, "buildah"));
  const build = async (): Promise<void> => {
    await rm(workFolder, { recursive: true, force: true });
    await mkdir(workFolder, { recursive: true });
    await ensureBase(buildah, tools, workFolder, progress);
    await work(buildah);
  };
  await withLock(
    join(cache, ".lock"),
    () => withDiskSpace(cache, spaceForImages, "building images", build),
    () => progress.say("Waiting for another process that builds images …"),
  );
}

async function buildImages(
  wanted: readonly (Image & { definition: ImageDefinition | undefined })[],
  buildah: Buildah,
  progress: Progress,
): Promise<void> {
  for (const { definition, name, reference, archive } of wanted) {
    if (existsSync(archive)) continue;
    let instruction = "";
    await progress.step(
      `Building the image ${name}`,
      async () => {
        const show = (text: string): void => void (instruction = /STEP [^:]+/.exec(text)?.[0].toLowerCase() ?? instruction);
        if (definition) await buildah.build(definition.folder, reference, show);
        instruction = "writing the archive";
        await buildah.save(reference, join(workFolder, "archive.tar"));
        await rename(join(workFolder, "archive.tar"), archive);
      },
      () => instruction,
    );
  }
  await buildah.prune();
  await removeOldArchives();
}

async function removeOldArchives(): Promise<void> {
  const oldest = Date.now() - archiveLifetime * 86_400_000;
  for (const file of await readdir(cache)) {
    if (file.endsWith(".tar") && (await stat(join(cache, file))).mtimeMs < oldest) await rm(join(cache, file));
  }
}

/** Changes with whatever the image is made from: the base, its Dockerfile, its bundled or Java program, its tools and its files. */
function imageKey({ folder, entry, tools = [], maven = false, files = [] }: ImageDefinition, reference: string): string {
  const hash = createHash("sha256").update(baseKey()).update(reference);
  const dist = [...(entry ? ["main.cjs"] : []), ...tools].map((file) => join("dist", file));
  // The folder's name in the cache says what the Java program is made from.
  if (maven) hash.update(basename(programFolder(folder)));
  for (const file of ["Dockerfile", ...dist, ...files]) hash.update("\0").update(readFileSync(join(folder, file)));
  return hash.digest("hex").slice(0, 12);
}

/** By which nodes know an image. @param name its folder under `images/`, or one of `systemImages` */
export function imageReference(name: string): string {
  const { version } = JSON.parse(readFileSync(join(paths.root, "package.json"), "utf8")) as { version: string };
  return `localhost/ovh-mks-batch/${name}:${version}`;
}
