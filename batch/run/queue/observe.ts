/** How a queue stands: its runs that are recorded, those at work, and what KEDA says. Reads only. */
import { type Cluster } from "../../../kubernetes/cluster";
import { finished } from "../../jobs/condition";
import { isRecorded } from "../../jobs/launch";
import { queueSelector } from "../../jobs/manifest/marks";
import { Records, readSummary, type Row } from "../../records";
import { type Store } from "../../storage/store";
import { type Observation, observationOf, trackNow } from "../observe";
import { type Queue, queueRun } from "./queue";
import { type ScalerState, scalerState } from "./scaler";

interface Clients {
  readonly cluster: Cluster;
  readonly store: Store;
}

/** `idle`: nothing is at work; `failing`: KEDA cannot tell whether anything is to be; `deleted`: there is no ScaledJob. */
export type QueueStatus = "running" | "idle" | "paused" | "failing" | "deleted";

export interface QueueObservation extends Omit<Observation, "status"> {
  readonly status: QueueStatus;
  /** Undefined when it is not in the cluster any more. */
  readonly scaler?: ScalerState;
  /** What the rows were read from. */
  readonly records: Records;
}

/** With a row for each run that is kept, the oldest first. */
export async function observeQueue({ settings, scaledJob }: Queue, { cluster, store }: Clients): Promise<QueueObservation> {
  const { namespace, name, resultsPrefix } = settings;
  const of = queueSelector(name);
  // The Jobs first: one that is recorded meanwhile is among the records.
  const { items: jobs } = await cluster.list("jobs", namespace, of, (job) => job);
  const [records, scaler] = await Promise.all([
    Records.load(store, resultsPrefix, undefined),
    scaledJob && scalerState(cluster, scaledJob),
  ]);
  // The record of one that is recorded may have made room for later ones.
  const open = jobs.filter((job) => !isRecorded(job) && records.row(job.metadata.uid ?? "") === undefined).map(queueRun);
  const tracker = await trackNow(open, cluster, settings, of);
  const recorded = records.all().sort((a, b) => ((a.end ?? "") < (b.end ?? "") ? -1 : 1));
  const observed = observationOf({
    tasks: [...recorded, ...open.flatMap(({ tasks }) => tasks)],
    ...{ records, tracker },
    atWork: jobs.some((job) => !finished(job)),
    jobs: jobs.map(({ metadata }) => metadata.name),
  });
  return { ...observed, records, scaler, status: statusOf(observed.status === "running", scaler?.status) };
}

/** What is wrong comes before what goes on. */
function statusOf(atWork: boolean, scaler: ScalerState["status"] | undefined): QueueStatus {
  if (scaler === "failing") return "failing";
  if (atWork) return "running";
  if (scaler === undefined) return "deleted";
  return scaler === "paused" ? "paused" : "idle";
}

export interface QueueOverview {
  readonly status: QueueStatus;
  readonly counts: { readonly total: number; readonly succeeded: number; readonly failed: number };
}

/** From few requests, for lists of many. */
export async function queueOverview({ settings, scaledJob }: Queue, { cluster, store }: Clients): Promise<QueueOverview> {
  const [summary, { items: jobs }, scaler] = await Promise.all([
    readSummary(store, settings.resultsPrefix),
    cluster.list("jobs", settings.namespace, queueSelector(settings.name), (job) => job),
    scaledJob && scalerState(cluster, scaledJob),
  ]);
  const recorded = new Map(summary?.tasks.map(({ fingerprint, status }) => [fingerprint, status]));
  const having = (status: Row["status"]): number => [...recorded.values()].filter((one) => one === status).length;
  const open = jobs.filter((job) => !isRecorded(job) && !recorded.has(job.metadata.uid ?? ""));
  const ended = (type: string): number => open.filter((job) => finished(job)?.type === type).length;
  const counts = {
    total: recorded.size + open.length,
    succeeded: having("succeeded") + ended("Complete"),
    failed: having("failed") + ended("Failed"),
  };
  const atWork = open.some((job) => !finished(job));
  return { status: statusOf(atWork, scaler?.status), counts };
}
