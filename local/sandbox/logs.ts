import { existsSync, readdirSync, renameSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";

/** Size from which a log is cut, in bytes. */
const limit = 20 * 1024 ** 2;

/** Days after which the log of a process that is gone, such as a removed node's, is deleted. */
const lifetime = 3;

/** Deletes logs that nothing has been written to for days. */
export function prune(folder: string): void {
  const oldest = Date.now() - lifetime * 86_400_000;
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (statSync(file).mtimeMs < oldest) rmSync(file, { force: true });
  }
}

/** Before a process starts: keeps a long log as `<file>.1` and begins a new one. */
export function rotate(file: string): void {
  if (existsSync(file) && statSync(file).size > limit) renameSync(file, `${file}.1`);
}

/** While a process writes to its log (it appends): empties one that has grown too long. */
export function bound(file: string): void {
  if (existsSync(file) && statSync(file).size > limit) truncateSync(file);
}
