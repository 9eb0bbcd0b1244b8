/** The page about a Job, from what the bucket has of it. */
import { actualCost, billingOf, createPool, listTasks, type Parameters, type Price, readSummary, type Span, type Store } from "../batch";
import { type RecordedRow, type TaskRecord } from "../batch/records";
import { type Cluster } from "../kubernetes/cluster";
import { type Page, renderPage } from "./page";
import { recordsOf } from "./records";

/** What a process knows of a Job that runs or follows it, as a session of batch/ has it. */
export interface Known {
  /** All tasks, in their order. */
  readonly tasks: readonly { readonly name: string; readonly fingerprint: string }[];
  readonly records: {
    row(fingerprint: string): RecordedRow | undefined;
    readonly price: Price | undefined;
    readonly stopped: readonly Span[];
  };
}

export interface ReportContext {
  /** Tells what a node's hour costs where the bucket does not. @default then without a price */
  readonly cluster?: Cluster;
  readonly store: Store;
  /** Saves a process that has it the memory of having it twice: 100 MB for 100,000 tasks. @default the Job's summary in the bucket */
  readonly known?: Known;
  /** Images and videos that are embedded, in bytes in all. @default 20 MB */
  readonly mediaBytes?: number;
  readonly now: Date;
}

export interface Report extends Page {
  /** Number of the Job's tasks, those without a record included. */
  readonly tasks: number;
}

/** What a page is about. */
type Subject = Pick<Parameters, "name" | "image" | "pool" | "cpu" | "memory" | "resultsPrefix" | "prices"> & {
  readonly store: Pick<Parameters["store"], "bucket">;
};

/**
 * Renders the page about a Job, from the records in the bucket: what has ended and is not recorded counts as not ended.
 * @throws {StoreError} when the bucket cannot be read
 */
export const renderReport = (parameters: Parameters, { known, ...context }: ReportContext): Promise<Report> =>
  renderKnown(parameters, async () => known ?? (await knownOf(parameters, context.store)), context);

/** Renders the page about anything that has records, such as a queue. @param known called once @throws {StoreError} when the bucket cannot be read */
export async function renderKnown(
  subject: Subject,
  known: () => Promise<Known>,
  { cluster, store, mediaBytes, now }: Omit<ReportContext, "known">,
): Promise<Report> {
  const { records, unfinished, stopped, ...found } = await load(subject.resultsPrefix, store, known);
  // The price at the time of the run, as `cost` has it.
  const price = found.price ?? (cluster && (await createPool(cluster, subject).priced()).price);
  const ran = [...records.flatMap(({ attempts }) => attempts), ...stopped];
  const cost = actualCost(ran, { price, billing: billingOf(subject.prices) }, now);
  const page = await renderPage({ parameters: subject, records, unfinished, cost, store, mediaBytes, now });
  return { ...page, tasks: records.length + unfinished.length };
}

interface Loaded extends Pick<Known["records"], "price" | "stopped"> {
  readonly records: readonly TaskRecord[];
  /** Names of the tasks without a record. */
  readonly unfinished: readonly string[];
}

/** A function of its own, so that tasks and rows are given up before the page is made. */
async function load(prefix: string, store: Store, known: () => Promise<Known>): Promise<Loaded> {
  const { tasks, records } = await known();
  const rows: RecordedRow[] = [];
  const unfinished: string[] = [];
  for (const { name, fingerprint } of tasks) {
    const row = records.row(fingerprint);
    if (row) rows.push(row);
    else unfinished.push(name);
  }
  const { price, stopped } = records;
  return { records: await recordsOf(rows, store, prefix), unfinished, price, stopped };
}

async function knownOf(parameters: Parameters, store: Store): Promise<Known> {
  const [tasks, summary] = await Promise.all([listTasks(parameters, store), readSummary(store, parameters.resultsPrefix)]);
  const rows = new Map(summary?.tasks.map((row) => [row.fingerprint, row]));
  return { tasks, records: { row: (fingerprint) => rows.get(fingerprint), price: summary?.price, stopped: summary?.stopped ?? [] } };
}
