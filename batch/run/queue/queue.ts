/** The queues that there are: in the cluster as ScaledJobs, and in the bucket as long as there are records of their runs. */
import { type Cluster, ClusterError, type Job, type ScaledJob } from "../../../kubernetes/cluster";
import { type Run } from "../../jobs/launch";
import { annotations, labels } from "../../jobs/manifest/marks";
import { listQueues, loadQueue } from "../../records/queues";
import { type QueueSettings, readSettings } from "../../spec/queue";
import { type Store } from "../../storage/store";

export interface Queue {
  readonly settings: QueueSettings;
  /** Undefined when it is not in the cluster any more. */
  readonly scaledJob?: ScaledJob;
}

interface Clients {
  readonly cluster: Cluster;
  readonly store: Store;
}

/** The settings that a ScaledJob has, and each Job that KEDA makes of it; undefined for another's. */
export function settingsOn({ metadata }: Pick<Job, "metadata">): QueueSettings | undefined {
  const text = metadata.labels?.[labels.queue] === "true" ? metadata.annotations?.[annotations.queue] : undefined;
  if (text === undefined) return undefined;
  try {
    const settings = readSettings(JSON.parse(text));
    return settings?.name === metadata.labels?.[labels.job] && settings?.namespace === metadata.namespace ? settings : undefined;
  } catch {
    return undefined;
  }
}

/** Where there is no KEDA there are no ScaledJobs; who may not read them sees what the bucket has. */
async function unlessAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ClusterError && (error.status === 403 || error.status === 404)) return undefined;
    throw error;
  }
}

export async function findQueue({ cluster, store }: Clients, namespace: string, name: string): Promise<Queue | undefined> {
  const scaledJob = await unlessAbsent(cluster.get("scaledjobs", namespace, name));
  const settings = scaledJob && settingsOn(scaledJob);
  if (settings) return { settings, scaledJob };
  const entry = await loadQueue(store, name);
  return entry?.namespace === namespace ? { settings: entry } : undefined;
}

/** All queues of a namespace, by name. */
export async function findQueues({ cluster, store }: Clients, namespace: string): Promise<Queue[]> {
  const queues = new Map<string, Queue>();
  for (const name of await listQueues(store)) {
    const settings = await loadQueue(store, name);
    if (settings?.namespace === namespace) queues.set(name, { settings });
  }
  const selected = { labels: `${labels.queue}=true` };
  const listed = await unlessAbsent(cluster.list("scaledjobs", namespace, selected, (one) => one));
  for (const scaledJob of listed?.items ?? []) {
    const settings = settingsOn(scaledJob);
    if (settings) queues.set(settings.name, { settings, scaledJob });
  }
  return [...queues.values()].sort((a, b) => (a.settings.name < b.settings.name ? -1 : 1));
}

/** A Job of a queue, whose one task has no name but the Job's own. */
export const queueRun = (job: Job): Run => ({ job, tasks: [{ name: job.metadata.name, fingerprint: job.metadata.uid ?? "" }] });
