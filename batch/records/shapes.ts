/** What a record, and the summary, are made of. */
import { type Price } from "../cost";

/** How one attempt at a task, a pod, went. Times are ISO 8601 in UTC. */
export interface Attempt {
  readonly pod: string;
  readonly node?: string;
  readonly start?: string;
  readonly end?: string;
  readonly exitCode?: number;
  /** Which image it ran, e.g. `registry/fit:1@sha256:…`; undefined where the node does not tell a digest. */
  readonly image?: string;
  /** e.g. "OOMKilled: used more than its memory (1Gi)", or what the program left in /dev/termination-log. */
  readonly reason?: string;
  /** What else there is to know of it, e.g. that its outputs could not be read. */
  readonly note?: string;
  /** Key of the object in which it lists its outputs, if they are more than a termination message holds. */
  readonly outputsKey?: string;
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
  /** What else there is to know of it. */
  readonly note?: string;
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

export interface Summary {
  readonly tasks: readonly RecordedRow[];
  /** How many tasks there were, with a record or without. */
  readonly total?: number;
  /** What a node's hour cost when they ran. */
  readonly price?: Price;
  /** The image that the last task ran; see {@link Attempt.image}. */
  readonly image?: string;
  /** When nodes worked on what was cancelled before its end: it has no record, and is paid. */
  readonly stopped?: readonly Span[];
  /** Fingerprints that tasks without a record had before, by their names: they are changed and not new. */
  readonly replaced?: Readonly<Record<string, string>>;
}

const statuses: readonly unknown[] = ["succeeded", "failed", "unfinished"];
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === "string";

const isRow = (value: unknown): value is Record<string, unknown> =>
  isObject(value) && isText(value.name) && isText(value.fingerprint) && statuses.includes(value.status) && isList(value.outputs, isObject);

const isList = (value: unknown, is: (item: unknown) => boolean): boolean => Array.isArray(value) && value.every(is);

/** Whether a value from the bucket has the shape of a record, as far as this program relies on it. By hand: a schema takes too long for 100,000 of them. */
export const isRecord = (value: unknown): value is TaskRecord =>
  isRow(value) && isList(value.attempts, isObject) && isObject(value.job) && isText(value.job.uid);

/** As {@link isRecord}. */
export const isSummary = (value: unknown): value is Summary =>
  isObject(value) &&
  isList(value.tasks, (row) => isRow(row) && isText(row.etag) && typeof row.attempts === "number") &&
  (value.image === undefined || isText(value.image)) &&
  (value.replaced === undefined || isObject(value.replaced));
