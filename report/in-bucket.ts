/** The page in the bucket, beside the results: for those who have no terminal at the Job's end. */
import { type Cluster } from "../kubernetes/cluster";
import { type Parameters } from "../batch/spec";
import { bookkeeping } from "../batch/storage/keys";
import { type Store } from "../batch/storage/store";
import { type Known, renderReport } from "./report";

/** Images and videos that are embedded, in bytes in all: the controller holds the page in memory several times. */
const mediaBytes = 4_000_000;

export interface SaveOptions {
  readonly cluster: Cluster;
  readonly store: Store;
  /** @default the Job's summary in the bucket */
  readonly known?: Known;
  readonly now?: Date;
}

/**
 * Writes the page about a Job to `<resultsPrefix>report.html`, in the place of the one of an earlier run.
 * @returns the key
 * @throws {StoreError} when the bucket cannot be read or written
 */
export async function saveReport(parameters: Parameters, { cluster, store, known, now = new Date() }: SaveOptions): Promise<string> {
  const { content } = await renderReport(parameters, { cluster, store, known, mediaBytes, now });
  const key = parameters.resultsPrefix + bookkeeping.report;
  await store.put(key, content);
  return key;
}
