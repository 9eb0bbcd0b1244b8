/** `mks-batch report`: a page about a batch Job, in one file that needs no other and no network. */
import { randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { billingOf, type Cost } from "../../batch/cost";
import { messageOf } from "../../common/errors";
import { type Parameters } from "../../batch/spec";
import { type TaskRecord } from "../../batch/records";
import { type Store } from "../../batch/storage/store";
import { usageError } from "../terminal/errors";
import { loadMedia, mediaLimit } from "./media";
import { modelOf } from "./model";
import { render } from "./render";

export interface ReportOptions {
  readonly parameters: Pick<Parameters, "name" | "image" | "pool" | "cpu" | "memory" | "resultsPrefix"> & {
    readonly store: { readonly bucket: string };
    readonly prices?: Pick<Parameters["prices"], "billing">;
  };
  /** Of the tasks that have ended; see `loadRecords`. */
  readonly records: readonly TaskRecord[];
  /** Names of the tasks without a record. */
  readonly unfinished?: readonly string[];
  /** @default by the billing of the parameters, without a price */
  readonly cost?: Cost;
  /** Where the tasks' outputs are read from. */
  readonly store: Pick<Store, "getBytes">;
  /** The page is complete when it appears under this name; what was there before is replaced. */
  readonly file: string;
  /** Images and videos that are embedded, in bytes in all. @default 20 MB */
  readonly mediaBytes?: number;
  readonly now?: Date;
}

export interface Report {
  readonly file: string;
  readonly bytes: number;
  /** Images and videos of the tasks: in the page, and left out of it since they would make it too large or are gone. */
  readonly embedded: number;
  readonly leftOut: number;
}

/**
 * @throws {StoreError} when the bucket cannot be read
 * @throws {CliError} when the file cannot be written
 */
export async function writeReport(options: ReportOptions): Promise<Report> {
  const { parameters, records, unfinished, cost, store, file, mediaBytes = mediaLimit, now = new Date() } = options;
  const { name, image, pool, cpu, memory, resultsPrefix, prices } = parameters;
  const media = await loadMedia(store, records, mediaBytes);
  const subject = { name, image, pool, cpu, memory, bucket: parameters.store.bucket, prefix: resultsPrefix };
  const page = Buffer.from(render(subject, modelOf({ records, unfinished, cost, billing: billingOf(prices ?? {}), now }), media, now));
  await replaceFile(file, page);
  return { file, bytes: page.length, embedded: media.pictures.length, leftOut: media.left.length + media.gone.length };
}

async function replaceFile(file: string, content: Buffer): Promise<void> {
  const partial = `${file}.${randomBytes(4).toString("hex")}.part`;
  try {
    await writeFile(partial, content, { flag: "wx" });
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw usageError([`cannot write the report to ${file}: ${messageOf(error)}`]);
  }
}
