import { isBookkeeping, type ObservedRow, type Parameters, type Store, type StoredObject } from "../../batch";
import { forEach } from "../../common/concurrency";
import { type Context, type Register } from "../connection/context";
import { plural } from "../../common/text";
import { download, type Fetched, type Outcome } from "./download";
import { exitCodes, type ExitCode, usageError } from "../terminal/errors";
import { rowsOf } from "./recorded";
import { bytes } from "../../common/format";
import { table } from "../terminal/table";

interface ResultsOptions {
  readonly download?: string;
  readonly force?: boolean;
}

interface ResultObject extends StoredObject {
  /** Task that says that it wrote it. */
  readonly task?: string;
}

type Listed = ResultObject & Partial<Fetched>;

export function registerResults(register: Register): void {
  register<ResultsOptions>("results", "list what the tasks wrote to the bucket, or download it", async (context, options, [name = ""]) => {
    if (options.force && options.download === undefined) throw usageError(["--force: needs --download"]);
    const { parameters } = await context.job(name);
    const store = await context.connection.store();
    const found = await listResults(store, parameters, await rowsOf(context, parameters));
    const listed: readonly Listed[] =
      options.download === undefined ? found : await fetchAll(context, found, options.download, options.force ?? false);
    const json = listed.map(({ task, key, bytes, modified, outcome, file, reason }) => ({
      task,
      key,
      bytes,
      modified,
      outcome,
      file,
      reason,
    }));
    context.print({ name, results: json }, () => textOf(listed));
    return statusOf(listed);
  })
    .argument("<name>", "Job")
    .option("--download <folder>", "fetch the results into this folder, each at its key; files that are complete are not fetched again")
    .option("--force", "overwrite files that are newer than the objects");
}

async function fetchAll(context: Context, objects: readonly ResultObject[], folder: string, force: boolean): Promise<Listed[]> {
  const outcomes = new Map<string, Fetched>();
  await download(await context.connection.store(), objects, { folder, force }, ({ key }, fetched) => {
    outcomes.set(key, fetched);
    if (fetched.outcome === "downloaded") context.note(`${key} → ${fetched.file}`);
  });
  return objects.map((object) => ({ ...object, ...outcomes.get(object.key) }));
}

const problems: Partial<Record<Outcome, string>> = {
  kept: "the file is newer; --force overwrites it",
  unsafe: "the key is no path below the folder",
  missing: "deleted meanwhile",
};

function textOf(listed: readonly Listed[]): string {
  if (listed.length === 0) return "no results in the bucket";
  const rows = listed.map(({ key, task, bytes: size, modified, outcome, reason }) => [
    key,
    task,
    bytes(size),
    modified,
    reason ?? (outcome && problems[outcome]) ?? outcome,
  ]);
  const total = listed.reduce((sum, { bytes }) => sum + bytes, 0);
  return `${table(["key", "task", "size", "written", "outcome"], rows)}\n${plural(listed.length, "object")}, ${bytes(total)}`;
}

const failures: readonly Outcome[] = ["unsafe", "missing", "unwritable"];

const statusOf = (listed: readonly Listed[]): ExitCode =>
  listed.some(({ outcome }) => outcome !== undefined && failures.includes(outcome)) ? exitCodes.failed : exitCodes.done;

/** Objects that tasks say they wrote, and all under the Job's prefix that is not its book-keeping; by key. */
async function listResults(
  store: Store,
  { resultsPrefix }: Pick<Parameters, "resultsPrefix">,
  rows: readonly ObservedRow[],
): Promise<ResultObject[]> {
  const isResult = (key: string): boolean => !isBookkeeping(key, resultsPrefix) && !key.endsWith("/");
  const told = new Map(rows.flatMap(({ name, outputs }) => outputs.flatMap(({ key }) => (isResult(key) ? [[key, name] as const] : []))));
  const found = new Map<string, ResultObject>();
  await store.list(resultsPrefix, (object) => {
    if (isResult(object.key)) found.set(object.key, { ...object, task: told.get(object.key) });
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
