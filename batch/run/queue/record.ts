/** Records the runs of a queue as they end. Each is a task of its own, whose fingerprint is the uid of its Job. */
import { forEach } from "../../../common/concurrency";
import { BatchError } from "../../../common/errors";
import { type Cluster, type Job } from "../../../kubernetes/cluster";
import { finished } from "../../jobs/condition";
import { isRecorded } from "../../jobs/launch";
import { queueSelector } from "../../jobs/manifest/marks";
import { controllerRuns } from "../../jobs/submission";
import { Records } from "../../records";
import { saveQueue } from "../../records/queues";
import { loadJob } from "../../records/registry";
import { type QueueSettings } from "../../spec/queue";
import { type Store } from "../../storage/store";
import { Recorder, type RecorderDuties } from "../../watch/recorder";
import { harvestRuns, release } from "../../watch/watch";
import { createPool } from "../session";
import { queueRun, settingsOn } from "./queue";

interface Clients {
  readonly cluster: Cluster;
  readonly store: Store;
}

/** A task of a queue is tried again by no other Job: another run takes the item. */
const rules = { retryFailed: false, outOfMemory: undefined, retries: 0, finalExitCodes: [] };

/** Records all runs of a queue that have ended, and lets their Jobs go. Of any number of processes that do so at the same time, each writes the same. */
export async function recordQueue(
  { namespace, name }: Pick<QueueSettings, "namespace" | "name">,
  { cluster, store }: Clients,
  duties?: RecorderDuties,
): Promise<void> {
  const { items: jobs } = await cluster.list("jobs", namespace, queueSelector(name), (job) => (isDue(job) ? job : undefined));
  const settings = jobs.map(settingsOn).findLast(Boolean);
  if (!settings) return;
  // The two would have the same records.
  if (await loadJob(store, name)) throw new BatchError(`the queue '${name}' has the name of a batch Job of the bucket; rename one of them`);
  const records = await Records.load(store, settings.resultsPrefix, undefined);
  const recorder = new Recorder(cluster, store, records, { ...settings, ...rules }, undefined, duties);
  const runs = jobs.map(queueRun);
  await harvestRuns(runs, cluster, settings, recorder, queueSelector(name));
  records.price = (await createPool(cluster, settings).priced()).price ?? records.price;
  await prune(records, settings.keepRuns);
  await records.saveSummary(records.all());
  await saveQueue(store, settings);
  await release(cluster, settings, runs);
}

const isDue = (job: Job): boolean => finished(job) !== undefined && !isRecorded(job);

/** Deletes the oldest runs beyond a number. */
async function prune(records: Records, keep: number): Promise<void> {
  const newest = records.all().sort((a, b) => ((a.end ?? "") < (b.end ?? "") ? 1 : -1));
  await forEach(newest.slice(keep), 16, ({ fingerprint }) => records.remove(fingerprint));
}

/** Records what has ended, where no controller does. */
export async function collectQueue(settings: QueueSettings, clients: Clients): Promise<void> {
  if (!(await controllerRuns(clients.cluster, settings.namespace))) await recordQueue(settings, clients);
}
