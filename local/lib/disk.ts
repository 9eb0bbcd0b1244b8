import { mkdirSync, statfsSync } from "node:fs";
import { ExecError } from "./exec";
import { UserError } from "./errors";

const gib = 1024 ** 3;

/**
 * Runs `work`, which writes to `folder`, unless less than `needed` GiB are free there. A disk that gets full on the way
 * is reported in the same terms.
 *
 * @param what what needs the space, e.g. "building kubernetes"
 */
export async function withDiskSpace<T>(folder: string, needed: number, what: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(folder, { recursive: true });
  if (freeSpace(folder) < needed) throw full(folder, needed, what);
  try {
    return await work();
  } catch (error) {
    if (isDiskFull(error)) throw full(folder, needed, what);
    throw error;
  }
}

/** Whether an error, or the output of a failed command, says that a disk is full. */
export function isDiskFull(error: unknown): boolean {
  if ((error as NodeJS.ErrnoException).code === "ENOSPC") return true;
  return error instanceof ExecError && /no space left on device/i.test(error.stderr + error.stdout);
}

/** GiB that an ordinary user may still write. */
function freeSpace(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return (bavail * bsize) / gib;
}

function full(folder: string, needed: number, what: string): UserError {
  return new UserError(
    `The disk is full: ${what} needs about ${needed} GiB, and ${freeSpace(folder).toFixed(1)} GiB are free on the file system of ${folder}. ` +
      "Free some space there, or set MKS_BATCH_CACHE to a folder on a bigger disk.",
  );
}
