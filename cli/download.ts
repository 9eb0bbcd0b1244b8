/** Bringing objects of the bucket onto the disk. May be cut off and called again: what is there is not fetched twice. */
import { mkdir, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { forEach } from "../batch/concurrency";
import { type Store, type StoredObject } from "../batch/store";

/** Objects that are fetched at a time. */
const parallel = 8;

/** What became of an object: `kept` is a file that was changed after the object was, `unsafe` a key that would lead out of the folder. */
export type Outcome = "downloaded" | "present" | "kept" | "unsafe" | "missing";

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

/** @param onEach called as each object is done with */
export async function download(
  store: Store,
  objects: readonly StoredObject[],
  { folder, force }: { readonly folder: string; readonly force: boolean },
  onEach: (object: StoredObject, outcome: Outcome, file: string | undefined) => void,
): Promise<void> {
  await forEach(objects, parallel, async (object) => {
    const file = fileFor(folder, object.key);
    onEach(object, file === undefined ? "unsafe" : await fetchOne(store, object, file, force), file);
  });
}

async function fetchOne(store: Store, object: StoredObject, file: string, force: boolean): Promise<Outcome> {
  const local = await stat(file).catch(() => undefined);
  const decision = decide(local && { bytes: local.size, modified: local.mtimeMs }, object, force);
  if (decision !== "download") return decision;
  await mkdir(dirname(file), { recursive: true });
  if (!(await store.download(object.key, file))) return "missing";
  const modified = new Date(object.modified);
  await utimes(file, modified, modified);
  return "downloaded";
}
