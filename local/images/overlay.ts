import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../lib/errors";
import { exec, ExecError } from "../lib/exec";
import type { Tools } from "../tools";
import { contained } from "./buildah";

/**
 * Containers' file systems are overlay mounts. Tries one in `folder`.
 *
 * @throws {UserError} when the kernel or the file system of `folder` cannot do it, or this process may not mount
 */
export async function requireOverlay(tools: Tools<"setpriv" | "unshare">, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const trial = await mkdtemp(join(folder, ".overlay-"));
  try {
    const script =
      'cd "$1" && mkdir lower upper work merged && mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged && touch merged/file';
    await exec(...contained(tools, "sh", ["-c", script, "sh", trial]), { timeout: 20_000 });
  } catch (error) {
    if (!(error instanceof ExecError)) throw error;
    throw new UserError(
      `Overlay mounts do not work in ${folder}: ${error.stderr.trim()}\n` +
        "Containers need them. The kernel must have overlayfs (modprobe overlay), this process must be root with the right to mount " +
        "(in a container: --privileged), and the folder must be on a disk such as ext4 or xfs, not on an overlay itself " +
        "(MKS_BATCH_CACHE moves the cache; the checkout must be on such a disk too).",
    );
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}
