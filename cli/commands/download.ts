/** Downloads objects of the bucket. After an interruption, the next call skips the files that are complete. */
import { mkdir, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { forEach } from "../../common/concurrency";
import { type Store, type StoredObject } from "../../batch/storage/store";

/** Objects that are fetched at a time. */
const parallel = 8;

/**
 * The result for an object. `kept`: the file was changed after the object. `unsafe`: the key would lead out of the folder. `unwritable`: no file can have
 * this name.
 */
export type Outcome = "downloaded" | "present" | "kept" | "unsafe" | "missing" | "unwritable";

export interface Fetched {
  readonly outcome: Outcome;
  readonly file?: string;
  /** Why there is no file. */
  readonly reason?: string;
}

export interface Local {
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** What to do about an object. A downloaded file has the object's size and time. */
export function decide(local: Local | undefined, { bytes, modified }: StoredObject, force: boolean): "download" | "present" | "kept" {
  if (!local) return "download";
  // The bucket tells seconds, some file systems no more.
  const age = Math.floor(local.modified / 1000) - Math.floor(Date.parse(modified) / 1000);
  if (age === 0 && local.bytes === bytes) return "present";
  return age > 0 && !force ? "kept" : "download";
}

/** The file for a key; undefined for one that is no path below the folder. */
export function fileFor(folder: string, key: string): string | undefined {
  const parts = key.split("/");
  return parts.some((part) => part === "" || part === "." || part === ".." || /[\0\\]/.test(part)) ? undefined : join(folder, ...parts);
}

/**
 * An object that cannot be written does not keep the others from it.
 * @param onEach called as each object is done with
 * @throws when the folder cannot be made, or the bucket does not answer
 */
export async function download(
  store: Store,
  objects: readonly StoredObject[],
  { folder, force }: { readonly folder: string; readonly force: boolean },
  onEach: (object: StoredObject, fetched: Fetched) => void,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const folders = new Set(objects.flatMap(({ key }) => foldersOf(key)));
  await forEach(objects, parallel, async (object) => {
    const file = fileFor(folder, object.key);
    if (file === undefined) onEach(object, { outcome: "unsafe" });
    else if (folders.has(object.key)) onEach(object, { outcome: "unwritable", file, reason: "other keys need a folder of that name" });
    else onEach(object, { file, ...(await fetchOne(store, object, file, force)) });
  });
}

/** e.g. "a" and "a/b" of "a/b/c" */
const foldersOf = (key: string): string[] => key.split("/").flatMap((_part, i, all) => (i > 0 ? [all.slice(0, i).join("/")] : []));

async function fetchOne(store: Store, object: StoredObject, file: string, force: boolean): Promise<Fetched> {
  try {
    return { outcome: await fetchInto(store, object, file, force) };
  } catch (error) {
    const code = fileFaultOf(error);
    if (code === undefined) throw error;
    return { outcome: "unwritable", reason: fileFaults[code] ?? code };
  }
}

const fileFaults: Readonly<Record<string, string>> = {
  EISDIR: "there is a folder of that name",
  ENOTDIR: "there is a file in the place of its folder",
  EEXIST: "there is a file in the place of its folder",
  ENAMETOOLONG: "the name is too long for this disk",
  EACCES: "no permission to write it",
  EROFS: "the disk cannot be written to",
  ENOSPC: "no space left on this disk",
};

/** The file system's code of a fault, also below the store's own words. */
function fileFaultOf(error: unknown): string | undefined {
  const { code, syscall, path, cause } = (error ?? {}) as NodeJS.ErrnoException;
  if (syscall !== undefined && path !== undefined) return code;
  return cause === undefined ? undefined : fileFaultOf(cause);
}

async function fetchInto(store: Store, object: StoredObject, file: string, force: boolean): Promise<Outcome> {
  const local = await stat(file).catch(() => undefined);
  if (local?.isDirectory()) throw Object.assign(new Error("is a folder"), { code: "EISDIR", syscall: "open", path: file });
  const decision = decide(local && { bytes: local.size, modified: local.mtimeMs }, object, force);
  if (decision !== "download") return decision;
  await mkdir(dirname(file), { recursive: true });
  if (!(await store.download(object.key, file))) return "missing";
  const modified = new Date(object.modified);
  await utimes(file, modified, modified);
  return "downloaded";
}
