/** How a batch Job stands. Reads only. */
import { type Cluster, type Job, type Selector } from "../../kubernetes/cluster";
import { findJobs, isLaunched, isRecorded, type Run } from "../jobs/launch";
import { type Parameters } from "../spec";
import { parseIndexes } from "../jobs/indexes";
import { selector } from "../jobs/manifest";
import { jobEventSelector, podWarningSelector, jobEventOf, podWarningOf } from "../watch/events";
import { Records, readSummary, type Row } from "../records";
import { type Counts, rowOf } from "./result";
import { type JobEntry } from "../records/registry";
import { type Store } from "../storage/store";
import { listTasks, type Task } from "../spec/tasks";
import { type Progress } from "../watch/progress";
import { finished } from "../jobs/condition";
import { type Ended } from "../watch/run-state";
import { Tracker } from "../watch/tracker";
import { listPods } from "../watch/watch";

/** A task in a table, also while it is at work. */
export interface ObservedRow extends Omit<Row, "status"> {
  readonly status: Row["status"] | "running" | "pending";
}

/** A pod that has not ended. */
export interface LivePod {
  /** Index in the rows. */
  readonly task: number;
  readonly pod: string;
  readonly phase: "Pending" | "Running";
  readonly node?: string;
}

export interface Observation {
  /** As that of a result; `running` while a Job is at work. */
  readonly status: "complete" | "failed" | "unfinished" | "running";
  /** Of all tasks, those that ended before included. */
  readonly progress: Progress;
  /** Every task, in order. */
  readonly rows: readonly ObservedRow[];
  /** Names of the Kubernetes Jobs that are there. */
  readonly jobs: readonly string[];
  readonly pending: Progress["waiting"];
  readonly pods: readonly LivePod[];
  /** How many tasks have ended whose end is not in the bucket yet; `attach` records them. */
  readonly unrecorded: number;
}

export async function observe(
  parameters: Parameters,
  { cluster, store, say }: { readonly cluster: Cluster; readonly store: Store; readonly say?: (text: string) => void },
): Promise<Observation> {
  const tasks = await listTasks(parameters, store);
  const fingerprints = tasks.map(({ fingerprint }) => fingerprint);
  const [records, found] = await Promise.all([
    Records.load(store, parameters.resultsPrefix, fingerprints, say),
    findJobs(cluster, parameters.namespace, parameters.name),
  ]);
  const runs = found.flatMap(({ job, tasks }): Run[] => (tasks && isLaunched(job) && !isRecorded(job) ? [{ job, tasks }] : []));
  // One that lost its ConfigMaps, too, whatever it works on.
  const atWork = found.some(({ job }) => isLaunched(job) && !finished(job));
  const tracker = await trackNow(runs, cluster, parameters);
  return observationOf({ tasks, records, tracker, atWork, jobs: found.map(({ job }) => job.metadata.name) });
}

export interface Observed {
  readonly tasks: readonly Pick<Task, "name" | "fingerprint">[];
  readonly records: Records;
  /** Of the Jobs that are not recorded. */
  readonly tracker: Tracker;
  readonly atWork: boolean;
  readonly jobs: readonly string[];
}

export function observationOf({ tasks, records, tracker, atWork, jobs }: Observed): Observation {
  const indexOf = new Map(tasks.map(({ fingerprint }, i) => [fingerprint, i]));
  const rows: ObservedRow[] = tasks.map((task) => rowOf(task, records));
  const ended = tracker.takeEnded().filter(({ task, job }) => records.row(task.fingerprint)?.jobUid !== job.uid);
  for (const one of ended) setRow(rows, indexOf.get(one.task.fingerprint), endedRow(one));
  const pods: LivePod[] = [];
  for (const { task, pod } of tracker.live()) {
    const index = indexOf.get(task.fingerprint);
    if (index === undefined) continue;
    const { name, node, start, waiting } = pod;
    pods.push({ task: index, pod: name, phase: waiting ? "Pending" : "Running", node });
    if (rows[index]?.status !== "succeeded") setRow(rows, index, { status: waiting ? "pending" : "running", node, start });
  }
  const having = (status: ObservedRow["status"]) => rows.filter((row) => row.status === status).length;
  const [succeeded, failed] = [having("succeeded"), having("failed")];
  const { running, waiting } = tracker.progress();
  const settled = succeeded + failed === rows.length;
  return {
    status: atWork ? "running" : !settled ? "unfinished" : failed > 0 ? "failed" : "complete",
    progress: { total: rows.length, succeeded, failed, running, waiting },
    rows,
    jobs,
    pending: waiting,
    pods,
    unrecorded: ended.length,
  };
}

function setRow(rows: ObservedRow[], index: number | undefined, values: Partial<ObservedRow>): void {
  const row = index === undefined ? undefined : rows[index];
  if (row) rows[index!] = { ...row, exitCode: undefined, reason: undefined, note: undefined, end: undefined, logKey: undefined, ...values };
}

function endedRow({ status, attempts, outputs, memory }: Ended): Partial<ObservedRow> {
  const { node, start, end, exitCode, reason, note, outOfMemory } = attempts.at(-1) ?? {};
  return { status, attempts: attempts.length, node, start, end, exitCode, reason, note, memory, outOfMemory, outputs };
}

/** @param of the pods @default those of the batch Job */
export async function trackNow(
  runs: readonly Run[],
  cluster: Cluster,
  parameters: Pick<Parameters, "name" | "namespace">,
  of?: Selector,
): Promise<Tracker> {
  const tracker = new Tracker(runs);
  if (runs.length === 0) return tracker;
  tracker.replacePods(await listPods(cluster, parameters, of));
  tracker.replaceJobs(runs.map(({ job }) => job));
  if (tracker.over) tracker.settleAll();
  // Events only explain, and may be kept from us.
  const jobEvents = cluster.list("events", parameters.namespace, jobEventSelector, jobEventOf);
  const warnings = cluster.list("events", parameters.namespace, podWarningSelector, podWarningOf);
  await Promise.all([
    jobEvents.then(({ items }) => items.forEach((view) => tracker.setEvent(view))),
    warnings.then(({ items }) => items.forEach((view) => tracker.setWarning(view))),
  ]).catch(() => undefined);
  return tracker;
}

export interface Overview {
  readonly status: Observation["status"];
  readonly counts: Omit<Counts, "skipped">;
}

/** How a Job of the registry stands, from two requests for most: for lists of many. */
export async function overview({ parameters }: JobEntry, { cluster, store }: { cluster: Cluster; store: Store }): Promise<Overview> {
  const [summary, { items: jobs }] = await Promise.all([
    readSummary(store, parameters.resultsPrefix),
    cluster.list("jobs", parameters.namespace, selector(parameters.name), (job) => job),
  ]);
  const active = jobs.filter((job) => isLaunched(job) && !isRecorded(job));
  const sum = (of: (job: Job) => number) => active.reduce((total, job) => total + of(job), 0);
  // What the process that watches such a Job has recorded so far is among what the Job itself tells.
  const uids = new Set(active.map(({ metadata }) => metadata.uid));
  const recorded = (status: Row["status"]) => summary?.tasks.filter((row) => row.status === status && !uids.has(row.jobUid)).length ?? 0;
  const succeeded = recorded("succeeded") + sum(({ status }) => parseIndexes(status?.completedIndexes).length);
  const failed = recorded("failed") + sum(({ status }) => parseIndexes(status?.failedIndexes).length);
  const total = Math.max(
    summary?.total ?? (await listTasks(parameters, store)).length,
    sum(({ spec }) => spec.completions ?? 0),
  );
  const counts = { total, succeeded: Math.min(succeeded, total), failed: Math.min(failed, total) };
  if (active.some((job) => !finished(job))) return { status: "running", counts };
  const settled = summary !== undefined && counts.succeeded + counts.failed >= total;
  return { status: !settled ? "unfinished" : counts.failed > 0 ? "failed" : "complete", counts };
}
