/** The page, from the records of the tasks. */
import { billingOf, type Cost } from "../batch/cost";
import { type Parameters } from "../batch/spec";
import { type TaskRecord } from "../batch/records";
import { type Store } from "../batch/storage/store";
import { loadMedia, mediaLimit } from "./media";
import { modelOf } from "./model";
import { render } from "./render";

export interface PageOptions {
  readonly parameters: Pick<Parameters, "name" | "image" | "pool" | "cpu" | "memory" | "resultsPrefix"> & {
    readonly store: { readonly bucket: string };
    readonly prices?: Pick<Parameters["prices"], "billing">;
  };
  /** Of the tasks that have ended. */
  readonly records: readonly TaskRecord[];
  /** Names of the tasks without a record. */
  readonly unfinished?: readonly string[];
  /** @default by the billing of the parameters, without a price */
  readonly cost?: Cost;
  /** Where the tasks' outputs are read from. */
  readonly store: Pick<Store, "getBytes">;
  /** Images and videos that are embedded, in bytes in all. @default 20 MB */
  readonly mediaBytes?: number;
  readonly now: Date;
}

export interface Page {
  /** HTML in UTF-8. */
  readonly content: Buffer;
  /** Images and videos of the tasks: in the page, and left out of it since they would make it too large or are gone. */
  readonly embedded: number;
  readonly leftOut: number;
}

/** @throws {StoreError} when the bucket cannot be read */
export async function renderPage(options: PageOptions): Promise<Page> {
  const { parameters, records, unfinished, cost, store, mediaBytes = mediaLimit, now } = options;
  const { name, image, pool, cpu, memory, resultsPrefix, prices } = parameters;
  const media = await loadMedia(store, records, mediaBytes);
  const subject = { name, image, pool, cpu, memory, bucket: parameters.store.bucket, prefix: resultsPrefix };
  const model = modelOf({ records, unfinished, cost, billing: billingOf(prices ?? {}), now });
  const content = Buffer.from(render(subject, model, media, now));
  return { content, embedded: media.pictures.length, leftOut: media.left.length + media.gone.length };
}
