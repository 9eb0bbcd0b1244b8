import { type Context } from "../context";
import { download, type Outcome } from "../download";
import { exitCodes, type ExitCode, usageError } from "../errors";
import { type Register } from "../program";
import { rowsOf } from "../recorded";
import { bytes } from "../report/format";
import { listResults, type ResultObject } from "../results";
import { table } from "../table";

interface ResultsOptions {
  readonly download?: string;
  readonly force?: boolean;
}

type Listed = ResultObject & { readonly outcome?: Outcome; readonly file?: string };

export function registerResults(register: Register): void {
  register<ResultsOptions>("results", "what the tasks wrote into the bucket", async (context, options, [name = ""]) => {
    if (options.force && options.download === undefined) throw usageError(["--force: needs --download"]);
    const { parameters } = await context.job(name);
    const store = await context.connection.store();
    const found = await listResults(store, parameters, await rowsOf(context, parameters));
    const listed: readonly Listed[] =
      options.download === undefined ? found : await fetchAll(context, found, options.download, options.force ?? false);
    const json = listed.map(({ task, key, bytes, modified, outcome, file }) => ({ task, key, bytes, modified, outcome, file }));
    context.print({ name, results: json }, () => textOf(listed));
    return statusOf(listed);
  })
    .argument("<name>", "Job")
    .option("--download <folder>", "fetch them into this folder, each at its key; what is there is not fetched again")
    .option("--force", "overwrite files that are newer than the objects");
}

async function fetchAll(context: Context, objects: readonly ResultObject[], folder: string, force: boolean): Promise<Listed[]> {
  const outcomes = new Map<string, { outcome: Outcome; file?: string }>();
  await download(await context.connection.store(), objects, { folder, force }, ({ key }, outcome, file) => {
    outcomes.set(key, { outcome, file });
    if (outcome === "downloaded") context.note(`${key} → ${file}`);
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
  const rows = listed.map(({ key, task, bytes: size, modified, outcome }) => [
    key,
    task,
    bytes(size),
    modified,
    (outcome && problems[outcome]) ?? outcome,
  ]);
  const total = listed.reduce((sum, { bytes }) => sum + bytes, 0);
  return `${table(["key", "task", "size", "written", "outcome"], rows)}\n${listed.length} objects, ${bytes(total)}`;
}

const statusOf = (listed: readonly Listed[]): ExitCode =>
  listed.some(({ outcome }) => outcome === "unsafe" || outcome === "missing") ? exitCodes.failed : exitCodes.done;
