/** What tasks have written into the bucket. */
import { bookkeeping, type ObservedRow, type Parameters, type Store, type StoredObject } from "../../batch";
import { forEach } from "../../common/concurrency";

export interface ResultObject extends StoredObject {
  /** Task that says that it wrote it. */
  readonly task?: string;
}

/** Objects that tasks say they wrote, and all under the Job's prefix that is not its book-keeping; by key. */
export async function listResults(
  store: Store,
  { resultsPrefix }: Pick<Parameters, "resultsPrefix">,
  rows: readonly ObservedRow[],
): Promise<ResultObject[]> {
  const told = new Map(rows.flatMap(({ name, outputs }) => outputs.map(({ key }) => [key, name] as const)));
  const found = new Map<string, ResultObject>();
  const own = Object.values(bookkeeping).map((name) => resultsPrefix + name);
  await store.list(resultsPrefix, (object) => {
    if (!own.some((prefix) => object.key.startsWith(prefix)) && !object.key.endsWith("/"))
      found.set(object.key, { ...object, task: told.get(object.key) });
  });
  // One listing a folder: outputs mostly lie side by side.
  const folders = new Set([...told.keys()].filter((key) => !found.has(key)).map((key) => key.slice(0, key.lastIndexOf("/") + 1)));
  await forEach(folders, 8, async (folder) => {
    await store.list(
      folder,
      (object) => {
        const task = told.get(object.key);
        if (task !== undefined) found.set(object.key, { ...object, task });
      },
      () => undefined,
    );
  });
  return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}
