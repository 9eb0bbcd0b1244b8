/**
 * What is known of tasks that came to an end. It lives in the bucket beside the results, so that it outlives Job, cluster and Pulumi state:
 *
 * - `<resultsPrefix>records/<fingerprint>.json`: one {@link TaskRecord}, written once as the task ends
 * - `<resultsPrefix>logs/<fingerprint>/<pod>.log`: the log of each attempt, see logs/
 * - `<resultsPrefix>summary.json`: all rows of the last run in one object, so that a later run need not read every record
 */
import { forEach } from "./concurrency";
import { type Price } from "./cost";
import { type Store } from "./store";

/** How one attempt at a task, a pod, went. Times are ISO 8601 in UTC. */
export interface Attempt {
  readonly pod: string;
  readonly node?: string;
  readonly start?: string;
  readonly end?: string;
  readonly exitCode?: number;
  /** e.g. "OOMKilled: used more than its memory (1Gi)", or what the program left in /dev/termination-log. */
  readonly reason?: string;
  /** That it used more than its memory, and was killed for it. */
  readonly outOfMemory?: true;
  /** Last lines of its log, if it failed; or why its log could not be read. */
  readonly log?: string;
  /** Where its whole log is in the bucket. */
  readonly logKey?: string;
}

export interface Output {
  readonly key: string;
  readonly bytes: number;
}

/** How one task went, as a row of a table. */
export interface Row {
  readonly name: string;
  readonly fingerprint: string;
  readonly status: "succeeded" | "failed" | "unfinished";
  /** How many pods tried. */
  readonly attempts: number;
  /** Of the last attempt, as are the following ones. */
  readonly start?: string;
  readonly end?: string;
  readonly node?: string;
  readonly exitCode?: number;
  /** Why it failed. */
  readonly reason?: string;
  /** Where the log is in the bucket. */
  readonly logKey?: string;
  /** How much memory it had, a Kubernetes quantity such as `1Gi`. */
  readonly memory?: string;
  /** That it was killed since it used more than that. */
  readonly outOfMemory?: true;
  /** What it says that it wrote into the bucket. */
  readonly outputs: readonly Output[];
}

export interface TaskRecord extends Omit<Row, "attempts"> {
  readonly attempts: readonly Attempt[];
  readonly job: { readonly name: string; readonly uid: string; readonly index: number };
  /** The `retryFailed` text under which it ran. */
  readonly retry?: string;
}

/** What is kept of a record in memory and in the summary. */
export interface RecordedRow extends Row {
  readonly etag: string;
  readonly jobUid: string;
  readonly retry?: string;
  /** Where and when the attempts before the last one ran. */
  readonly earlier?: readonly Span[];
}

/** When a node worked on a task. Times are ISO 8601 in UTC. */
export interface Span {
  readonly node?: string;
  readonly start?: string;
  readonly end?: string;
}

/** How many requests to the store are under way at a time. */
const parallel = 32;

/** A summary that lacks fewer records is not rewritten while they come: to read so many one by one takes a second or two. */
const fewRecords = 1_000;

/** Milliseconds between two words on how far the reading is. */
const tellEvery = 5_000;

export interface Summary {
  readonly tasks: readonly RecordedRow[];
  /** How many tasks there were, with a record or without. */
  readonly total?: number;
  /** What a node's hour cost when they ran. */
  readonly price?: Price;
  /** Fingerprints that tasks without a record had before, by their names: they are changed and not new. */
  readonly replaced?: Readonly<Record<string, string>>;
}

export class Records {
  private readonly rows = new Map<string, RecordedRow>();
  /** The rows of the last run. */
  last: readonly RecordedRow[] = [];
  /** What a node's hour costs; undefined while not known. */
  price: Price | undefined;
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
    const [summary] = await Promise.all([
      store.get(records.summaryKey),
      store.list(`${prefix}records/`, ({ key, etag }) => etags.set(key.slice(prefix.length + 8, -5), etag)),
    ]);
    const known = new Map<string, RecordedRow>();
    const { tasks: last = [], price, replaced = {} }: Partial<Summary> = summary ? (JSON.parse(summary) as Summary) : {};
    records.last = last;
    records.price = price;
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
    const summary: Summary = { tasks, total: all.length, price: this.price, ...(Object.keys(replaced).length > 0 && { replaced }) };
    // Of a text, the S3 client would make several copies: 10 MiB for 10,000 tasks.
    await this.store.put(this.summaryKey, Buffer.from(JSON.stringify(summary)));
  }

  private get summaryKey(): string {
    return `${this.prefix}summary.json`;
  }
}

const recordKey = (prefix: string, fingerprint: string): string => `${prefix}records/${fingerprint}.json`;

/** A task's whole record, if there is one. */
export async function readRecord(store: Store, prefix: string, fingerprint: string): Promise<TaskRecord | undefined> {
  const text = await store.get(recordKey(prefix, fingerprint));
  return text === undefined ? undefined : (JSON.parse(text) as TaskRecord);
}

/** All records of the tasks of the last run, in its order; those that are gone are left out. */
export async function loadRecords(store: Store, prefix: string): Promise<TaskRecord[]> {
  const rows = (await readSummary(store, prefix))?.tasks ?? [];
  const records = new Map<string, TaskRecord>();
  await forEach(rows, parallel, async ({ fingerprint }) => {
    const record = await readRecord(store, prefix, fingerprint);
    if (record) records.set(fingerprint, record);
  });
  return rows.flatMap(({ fingerprint }) => records.get(fingerprint) ?? []);
}

/** The last run's tasks that had ended, and how many there were; undefined before the first run has ended. */
export async function readSummary(store: Store, prefix: string): Promise<Summary | undefined> {
  const text = await store.get(`${prefix}summary.json`);
  return text === undefined ? undefined : (JSON.parse(text) as Summary);
}

function recordedRow({ job, attempts, ...row }: TaskRecord, etag: string): RecordedRow {
  const earlier = attempts.slice(0, -1).map(({ node, start, end }) => ({ node, start, end }));
  return { ...row, attempts: attempts.length, jobUid: job.uid, etag, ...(earlier.length > 0 && { earlier }) };
}
