/** What is known of the tasks of one Job, in memory. */
import { forEach } from "../concurrency";
import { type Price } from "../cost";
import { bookkeeping } from "../keys";
import { type Store } from "../store";
import { parallel, readRecord, recordKey, summaryKey } from "./read";
import { type RecordedRow, type Span, type Summary, type TaskRecord } from "./shapes";

/** A summary that lacks fewer records is not rewritten while they come: to read so many one by one takes a second or two. */
const fewRecords = 1_000;

/** Milliseconds between two words on how far the reading is. */
const tellEvery = 5_000;

export class Records {
  private readonly rows = new Map<string, RecordedRow>();
  /** The rows of the last run. */
  last: readonly RecordedRow[] = [];
  /** What a node's hour costs; undefined while not known. */
  price: Price | undefined;
  /** When nodes worked on what was cancelled before its end. */
  stopped: readonly Span[] = [];
  /** Fingerprint that each task had in the last run, by the task's name. */
  private readonly before = new Map<string, string>();
  /** How many rows the summary in the bucket lacks. */
  private unsaved = 0;

  private constructor(
    private readonly store: Store,
    private readonly prefix: string,
  ) {}

  /** Reads what is recorded of the tasks with the given fingerprints. @param say told how far it is, when there is much to read */
  static async load(store: Store, prefix: string, fingerprints: Iterable<string>, say?: (text: string) => void): Promise<Records> {
    const records = new Records(store, prefix);
    const etags = new Map<string, string>();
    const recordsPrefix = `${prefix}${bookkeeping.records}`;
    const [summary] = await Promise.all([
      store.get(summaryKey(prefix)),
      store.list(recordsPrefix, ({ key, etag }) => etags.set(key.slice(recordsPrefix.length, -".json".length), etag)),
    ]);
    const known = new Map<string, RecordedRow>();
    const { tasks: last = [], price, stopped = [], replaced = {} }: Partial<Summary> = summary ? (JSON.parse(summary) as Summary) : {};
    records.last = last;
    records.price = price;
    records.stopped = stopped;
    for (const [name, fingerprint] of Object.entries(replaced)) records.before.set(name, fingerprint);
    for (const row of last) {
      known.set(row.fingerprint, row);
      records.before.set(row.name, row.fingerprint);
    }
    const unread: string[] = [];
    for (const fingerprint of fingerprints) {
      const etag = etags.get(fingerprint);
      const row = known.get(fingerprint);
      if (row && row.etag === etag) records.rows.set(fingerprint, row);
      else if (etag) unread.push(fingerprint);
    }
    records.unsaved = unread.length;
    if (unread.length >= fewRecords) say?.(`reading ${unread.length} records`);
    let [read, toldAt] = [0, Date.now()];
    await forEach(unread, parallel, async (fingerprint) => {
      const record = await readRecord(store, prefix, fingerprint);
      if (record) records.rows.set(fingerprint, recordedRow(record, etags.get(fingerprint)!));
      read++;
      if (Date.now() - toldAt < tellEvery) return;
      toldAt = Date.now();
      say?.(`reading ${unread.length} records: ${read} read`);
    });
    return records;
  }

  row(fingerprint: string): RecordedRow | undefined {
    return this.rows.get(fingerprint);
  }

  /** Whether the last run had a task of this name with another fingerprint. */
  changed(task: { readonly name: string; readonly fingerprint: string }): boolean {
    const before = this.before.get(task.name);
    return before !== undefined && before !== task.fingerprint;
  }

  /** Writes a task's record. If another process just did so, that one holds: both tell of the same task. */
  async write(record: TaskRecord): Promise<void> {
    const { fingerprint } = record;
    const expected = this.rows.get(fingerprint)?.etag ?? "absent";
    const etag = await this.store.put(recordKey(this.prefix, fingerprint), JSON.stringify(record, null, 1), expected);
    // Without an ETag the row is not taken from the summary next time, but from the record that won.
    this.rows.set(fingerprint, recordedRow(record, etag ?? ""));
    this.unsaved++;
  }

  /** Whether the summary lacks so many rows that a process which takes over from here would spend its time on reading records. */
  get summaryIsOld(): boolean {
    return this.unsaved >= Math.max(fewRecords, this.rows.size / 10);
  }

  /** Rewrites the summary. Of tasks without a record it keeps only what they were before. */
  async saveSummary(all: readonly { readonly name: string; readonly fingerprint: string }[]): Promise<void> {
    this.unsaved = 0;
    const tasks = all.flatMap(({ fingerprint }) => this.rows.get(fingerprint) ?? []);
    const replaced = Object.fromEntries(
      all.filter((task) => !this.rows.has(task.fingerprint) && this.changed(task)).map(({ name }) => [name, this.before.get(name)!]),
    );
    const { price, stopped } = this;
    const summary: Summary = {
      ...{ tasks, total: all.length, price },
      ...(stopped.length > 0 && { stopped }),
      ...(Object.keys(replaced).length > 0 && { replaced }),
    };
    // Of a text, the S3 client would make several copies: 10 MiB for 10,000 tasks.
    await this.store.put(summaryKey(this.prefix), Buffer.from(JSON.stringify(summary)));
  }
}

function recordedRow({ job, attempts, ...row }: TaskRecord, etag: string): RecordedRow {
  const earlier = attempts.slice(0, -1).map(({ node, start, end }) => ({ node, start, end }));
  return { ...row, attempts: attempts.length, jobUid: job.uid, etag, ...(earlier.length > 0 && { earlier }) };
}
