import { existsSync } from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { withDiskSpace } from "../lib/disk";
import { exec, ExecError } from "../lib/exec";
import { withLock } from "../lib/lock";
import type { Progress } from "../lib/progress";
import type { ImageSet } from "./definitions";
import { withContainerd, type ContainerdTools, type Ctr } from "./containerd";
import { requireOverlay } from "./overlay";

/** GiB for the images' layers, packed and unpacked. */
const spaceForRoot = 2;

/**
 * The folders whose files containerd writes once, under a temporary name, and never changes: the content store's blobs,
 * and the snapshots of layers, which are lower directories of overlay mounts. All other files are databases and the like.
 */
const immutable = ["io.containerd.content.v1.content/blobs", "io.containerd.snapshotter.v1.overlayfs/snapshots"];

/** Where a root is made, below the folder of images. */
export const unfinishedRoot = (workDir: string): string => join(workDir, "golden", ".new");

/**
 * Makes a containerd root folder that has all images imported and unpacked, which each node's root is cloned from:
 * `<workDir>/golden/<hash of the images>`. It begins as the root of other images, so that only what has changed is unpacked; nodes that were cloned
 * from that one keep their files.
 */
export async function ensureGoldenRoot(images: ImageSet, tools: ContainerdTools, workDir: string, progress: Progress): Promise<string> {
  const roots = join(workDir, "golden");
  const golden = join(roots, images.hash);
  if (existsSync(golden)) return golden;
  await requireOverlay(tools, roots);
  return withLock(join(roots, ".lock"), async () => {
    if (existsSync(golden)) return golden;
    const temporary = unfinishedRoot(workDir);
    // What a killed process has left may be half of something.
    await rm(temporary, { recursive: true, force: true });
    const [start, ...others] = (await readdir(roots)).filter((name) => name !== ".lock");
    for (const name of others) await rm(join(roots, name), { recursive: true, force: true });
    if (start !== undefined) await rename(join(roots, start), temporary);
    await progress.step("Unpacking the images for the nodes", () =>
      withDiskSpace(roots, spaceForRoot, "unpacking the images", () => withContainerd(tools, temporary, (ctr) => importAll(images, ctr))),
    );
    await rename(temporary, golden);
    return golden;
  });
}

async function importAll({ images }: ImageSet, ctr: Ctr): Promise<void> {
  for (const { archive } of images) await ctr("images", "import", "--snapshotter", "overlayfs", archive);
  const wanted = new Set(images.map(({ reference }) => reference));
  const others = (await ctr("images", "list", "--quiet")).split("\n").filter((name) => name !== "" && !wanted.has(name));
  // A node has no image that it was not given.
  if (others.length > 0) await ctr("images", "remove", "--sync", ...others);
  for (const { reference } of images) {
    // REF TYPE DIGEST STATUS SIZE UNPACKED
    const line = (await ctr("images", "check", "--snapshotter", "overlayfs", `name==${reference}`)).trim().split("\n")[1] ?? "";
    if (!/ complete .* true$/.test(line.replace(/\s+/g, " ").trim()))
      throw new Error(`containerd has not unpacked ${reference}: ${line || "not found"}`);
  }
}

/**
 * Gives a node a containerd root of its own at `target`, within a second: big files that never change are hard links to
 * the golden root's, all others are copies. Where hard links are not possible (another file system), all are copies.
 * Does nothing when `target` is there.
 */
export async function cloneGoldenRoot(golden: string, target: string): Promise<void> {
  if (existsSync(target)) return;
  const temporary = `${target}.new`;
  await rm(temporary, { recursive: true, force: true });
  try {
    await exec("cp", ["-al", golden, temporary]);
  } catch (error) {
    if (!(error instanceof ExecError)) throw error;
    await rm(temporary, { recursive: true, force: true });
    await withDiskSpace(join(target, ".."), spaceForRoot, "a node", () => exec("cp", ["-a", "--reflink=auto", golden, temporary]));
  }
  for (const file of await mutableFiles(golden))
    await exec("cp", ["-a", "--remove-destination", join(golden, file), join(temporary, file)]);
  await rename(temporary, target);
}

async function mutableFiles(root: string, folder = ""): Promise<string[]> {
  if (immutable.includes(folder)) return [];
  const items = await readdir(join(root, folder), { withFileTypes: true });
  const files = await Promise.all(
    items.map(async (item) => {
      const path = join(folder, item.name);
      if (item.isDirectory()) return mutableFiles(root, path);
      return item.isFile() ? [path] : [];
    }),
  );
  return files.flat();
}
