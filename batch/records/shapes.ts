/** What a record, and the summary, are made of. */
import { type Price, type Span } from "../cost";

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

type Is = (value: unknown) => boolean;
const statuses: readonly unknown[] = ["succeeded", "failed", "unfinished"];
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const isText: Is = (value) => typeof value === "string";
const isNumber: Is = (value) => typeof value === "number";
const isTime: Is = (value) => typeof value === "string" && !Number.isNaN(Date.parse(value));
const isList = (value: unknown, is: Is): boolean => Array.isArray(value) && value.every(is);

/** Whether those of the fields that an object has are as they should be. */
const fits = (value: Record<string, unknown>, fields: readonly (readonly [name: string, is: Is])[]): boolean =>
  fields.every(([name, is]) => value[name] === undefined || is(value[name]));

const span = [
  ["node", isText],
  ["start", isTime],
  ["end", isTime],
] as const;
const ended = [...span, ["exitCode", isNumber], ...["reason", "note", "logKey"].map((name) => [name, isText] as const)] as const;
const attempt = [...ended, ...["image", "outputsKey", "log"].map((name) => [name, isText] as const)] as const;
const isSpan: Is = (value) => isObject(value) && fits(value, span);
const isAttempt: Is = (value) => isObject(value) && isText(value.pod) && fits(value, attempt);
const isOutput: Is = (value) => isObject(value) && isText(value.key) && isNumber(value.bytes);
const row = [...ended, ["memory", isText], ["retry", isText], ["earlier", (value: unknown) => isList(value, isSpan)]] as const;

const isRow = (value: unknown): value is Record<string, unknown> =>
  isObject(value) &&
  isText(value.name) &&
  isText(value.fingerprint) &&
  statuses.includes(value.status) &&
  isList(value.outputs, isOutput) &&
  fits(value, row);

/** Whether a value from the bucket has the shape of a record, as far as this program relies on it. By hand: a schema takes too long for 100,000 of them. */
export const isRecord = (value: unknown): value is TaskRecord =>
  isRow(value) && isList(value.attempts, isAttempt) && isObject(value.job) && isText(value.job.uid);

const summary = [
  ["total", isNumber],
  ["price", (value: unknown) => isObject(value) && isNumber(value.nodeHour) && fits(value, [["currency", isText]])],
  ["image", isText],
  ["stopped", (value: unknown) => isList(value, isSpan)],
  ["replaced", (value: unknown) => isObject(value) && Object.values(value).every(isText)],
] as const;

/** As {@link isRecord}. */
export const isSummary = (value: unknown): value is Summary =>
  isObject(value) && isList(value.tasks, (task) => isRow(task) && isText(task.etag) && isNumber(task.attempts)) && fits(value, summary);
