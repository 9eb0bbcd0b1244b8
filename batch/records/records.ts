/** What is known of the tasks of one Job, in memory. */
import { plural } from "../../common/text";
import { Backoff } from "../../common/backoff";
import { forEach } from "../../common/concurrency";
import { type Price, type Span } from "../cost";
import { bookkeeping } from "../storage/keys";
import { type Store, StoreError } from "../storage/store";
import { parallel, readRecord, readSummary, recordKey, summaryKey } from "./read";
import { type RecordedRow, type Summary, type TaskRecord } from "./shapes";

/** A summary that lacks fewer records is not rewritten while they come: to read so many one by one takes a second or two. */
const fewRecords = 1_000;

/** How long other processes may keep writing the same record, in milliseconds. */
const contention = 60_000;

/** Milliseconds between two words on how far the reading is. */
const tellEvery = 5_000;

export class Records {
  private readonly rows = new Map<string, RecordedRow>();
  /** The rows of the last run. */
  last: readonly RecordedRow[] = [];
  /** What a node's hour costs; undefined while not known. */
  price: Price | undefined;
  /** The image that the last task ran; undefined while not known. */
  image: string | undefined;
  /** When nodes worked on what was cancelled before its end. */
  stopped: readonly Span[] = [];
  /** Fingerprint that each task had in the last run, by the task's name. */
  private readonly before = new Map<string, string>();
  /** How many rows the summary in the bucket lacks. */
  private unsaved = 0;

  private constructor(
    private readonly store: Store,
    private readonly prefix: string,
    private readonly say: (text: string) => void,
  ) {}

  /** Reads what is recorded of the tasks with the given fingerprints; undefined: of all that there are. @param say told how far it is, when there is much to read */
  static async load(
    store: Store,
    prefix: string,
    fingerprints: Iterable<string> | undefined,
    say: (text: string) => void = () => undefined,
  ): Promise<Records> {
    const records = new Records(store, prefix, say);
    const [summary, etags] = await Promise.all([readSummary(store, prefix), records.list()]);
    const { tasks: last = [], price, image, stopped = [], replaced = {} }: Partial<Summary> = summary ?? {};
    records.last = last;
    records.price = price;
    records.image = image;
    records.stopped = stopped;
    for (const [name, fingerprint] of Object.entries(replaced)) records.before.set(name, fingerprint);
    for (const row of last) {
      records.rows.set(row.fingerprint, row);
      records.before.set(row.name, row.fingerprint);
    }
    const wanted = new Set(fingerprints ?? etags.keys());
    for (const fingerprint of records.rows.keys()) if (!wanted.has(fingerprint)) records.rows.delete(fingerprint);
    records.unsaved = await records.update(wanted, etags);
    return records;
  }

  /** Reads again what others have recorded of these tasks since. */
  async refresh(fingerprints: Iterable<string>): Promise<void> {
    const etags = await this.list();
    const wanted = [...fingerprints];
    const stale = wanted.filter((fingerprint) => this.rows.get(fingerprint)?.etag !== etags.get(fingerprint));
    // Whoever recorded so many has most likely written them into the summary, too.
    if (stale.length >= fewRecords) {
      const current = (await readSummary(this.store, this.prefix))?.tasks ?? [];
      for (const row of current) if (row.etag === etags.get(row.fingerprint)) this.rows.set(row.fingerprint, row);
    }
    this.unsaved += await this.update(wanted, etags);
  }

  /** ETags of all records, by their fingerprints. */
  private async list(): Promise<Map<string, string>> {
    const etags = new Map<string, string>();
    const folder = `${this.prefix}${bookkeeping.records}`;
    await this.store.list(folder, ({ key, etag }) => etags.set(key.slice(folder.length, -".json".length), etag));
    return etags;
  }

  /** Makes the rows of these tasks what the bucket has. Answers how many records it read for that. */
  private async update(fingerprints: Iterable<string>, etags: ReadonlyMap<string, string>): Promise<number> {
    const unread: string[] = [];
    for (const fingerprint of fingerprints) {
      const etag = etags.get(fingerprint);
      if (this.rows.get(fingerprint)?.etag === etag) continue;
      this.rows.delete(fingerprint);
      if (etag !== undefined) unread.push(fingerprint);
    }
    if (unread.length >= fewRecords) this.say(`reading ${plural(unread.length, "record")}`);
    let [read, toldAt] = [0, Date.now()];
    await forEach(unread, parallel, async (fingerprint) => {
      const record = await readRecord(this.store, this.prefix, fingerprint);
      if (record) this.rows.set(fingerprint, recordedRow(record, etags.get(fingerprint)!));
      read++;
      if (Date.now() - toldAt < tellEvery) return;
      toldAt = Date.now();
      this.say(`reading ${plural(unread.length, "record")}: ${read} read`);
    });
    return unread.length;
  }

  row(fingerprint: string): RecordedRow | undefined {
    return this.rows.get(fingerprint);
  }

  all(): RecordedRow[] {
    return [...this.rows.values()];
  }

  /** Deletes what is recorded of a task, its logs included. */
  async remove(fingerprint: string): Promise<void> {
    const logs: string[] = [];
    await this.store.list(`${this.prefix}${bookkeeping.logs}${fingerprint}/`, ({ key }) => logs.push(key));
    // The record last: as long as it is there, another call finds what is left.
    for (const key of [...logs, recordKey(this.prefix, fingerprint)]) await this.store.remove(key);
    this.rows.delete(fingerprint);
  }

  /** Whether the last run had a task of this name with another fingerprint. */
  changed(task: { readonly name: string; readonly fingerprint: string }): boolean {
    const before = this.before.get(task.name);
    return before !== undefined && before !== task.fingerprint;
  }

  /**
   * Writes a task's record. When another process was quicker, its record is read, and stands if it tells of the same Job, or of a success where this one does
   * not, or of a later end.
   */
  async write(record: TaskRecord): Promise<void> {
    const { fingerprint } = record;
    const key = recordKey(this.prefix, fingerprint);
    const text = JSON.stringify(record, null, 1);
    let expected = this.rows.get(fingerprint)?.etag ?? "absent";
    const backoff = new Backoff(contention);
    do {
      const etag = await this.store.put(key, text, expected);
      if (etag !== undefined) return this.keep(record, etag);
      let present: string | undefined;
      await this.store.list(key, (object) => {
        if (object.key === key) present = object.etag;
      });
      expected = present ?? "absent";
      const other = await readRecord(this.store, this.prefix, fingerprint);
      if (other && !isBetter(record, other)) return this.keep(other, expected);
    } while (await backoff.next());
    throw new StoreError(`cannot write ${key}: other processes keep writing it`);
  }

  private keep(record: TaskRecord, etag: string): void {
    this.rows.set(record.fingerprint, recordedRow(record, etag));
    this.image = record.attempts.at(-1)?.image ?? this.image;
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
    const { price, image, stopped } = this;
    const summary: Summary = {
      ...{ tasks, total: all.length, price, image },
      ...(stopped.length > 0 && { stopped }),
      ...(Object.keys(replaced).length > 0 && { replaced }),
    };
    await this.store.put(summaryKey(this.prefix), encode(summary));
  }
}

/** How many rows are written at a time. */
const rowsAtOnce = 100;

/** A summary's JSON, 10 MiB for 10,000 tasks: never as a text, of which V8 and the S3 client would make copies. */
function encode({ tasks, ...rest }: Summary): Buffer {
  function* pieces(): Generator<string> {
    yield `{"tasks":[`;
    for (let i = 0; i < tasks.length; i += rowsAtOnce)
      yield (i > 0 ? "," : "") + JSON.stringify(tasks.slice(i, i + rowsAtOnce)).slice(1, -1);
    yield `],${JSON.stringify(rest).slice(1)}`;
  }
  let bytes = 0;
  for (const piece of pieces()) bytes += Buffer.byteLength(piece);
  const buffer = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const piece of pieces()) at += buffer.write(piece, at);
  return buffer;
}

/** Whether a record is to replace another one of the same task. */
function isBetter(record: TaskRecord, other: TaskRecord): boolean {
  if (record.job.uid === other.job.uid) return false;
  if (record.status !== other.status) return record.status === "succeeded";
  return (record.end ?? "") > (other.end ?? "");
}

function recordedRow({ job, attempts, ...row }: TaskRecord, etag: string): RecordedRow {
  const earlier = attempts.slice(0, -1).map(({ node, start, end }) => ({ node, start, end }));
  return { ...row, attempts: attempts.length, jobUid: job.uid, etag, ...(earlier.length > 0 && { earlier }) };
}
