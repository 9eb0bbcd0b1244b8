/**
 * An image's `dist/`, from which its Dockerfile copies. Another process may read it at the same time, e.g. to build the image: what is there
 * already stays as it is, and what is new takes its place at once. Only one process may write at a time.
 */
import { copyFile, mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

/** Where a file is written before it takes its place. No Dockerfile copies it. */
const unfinished = ".new";

/** Makes `dist/name` have this content. */
export async function placeContent(content: Uint8Array, dist: string, name: string): Promise<void> {
  const present = await readFile(join(dist, name)).catch(absent);
  if (present?.equals(content)) return;
  await place(dist, name, (file) => writeFile(file, content));
}

/** Makes `dist/name` a copy of the file `source`. One of the same size and time is taken for the same. */
export async function placeFile(source: string, dist: string, name: string): Promise<void> {
  const { size, mtime, atime } = await stat(source);
  const present = await stat(join(dist, name)).catch(absent);
  if (present?.size === size && present.mtime.getTime() === mtime.getTime()) return;
  await place(dist, name, async (file) => {
    await copyFile(source, file);
    await utimes(file, atime, mtime);
  });
}

/** Makes the folder `dist/name` have copies of the files below `source`, and no others. */
export async function placeFolder(source: string, dist: string, name: string): Promise<void> {
  const files = await filesBelow(source);
  for (const file of files) await placeFile(join(source, file), dist, join(name, file));
  for (const file of await filesBelow(join(dist, name))) if (!files.includes(file)) await rm(join(dist, name, file));
}

async function place(dist: string, name: string, write: (file: string) => Promise<unknown>): Promise<void> {
  const file = join(dist, unfinished);
  await mkdir(dirname(join(dist, name)), { recursive: true });
  await rm(file, { force: true });
  await write(file);
  await rename(file, join(dist, name));
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
