/**
 * Launching is create-only and may be cut off at any point: the Job is created suspended, then the ConfigMaps that it owns (so that they go with it),
 * then it is resumed and marked as launched. A Job without that mark never ran: the next launch completes it, or deletes it when its tasks are other ones.
 */
import { type Cluster, type ConfigMap, type Job, type Metadata } from "./cluster";
import { removeJobs } from "./remove";
import { forEach } from "./concurrency";
import { BatchError } from "./errors";
import { annotations, labels, manifests, readTaskIndex, selector, type TaskRef } from "./manifest";
import { type Parameters } from "./parameters";
import { bytesOf } from "./plan";
import { memoryOf } from "./outcome";
import { type Task, taskList, taskSet } from "./tasks";

/** A Kubernetes Job and its tasks, in the order of the Job's indexes. */
export interface Run {
  readonly job: Job;
  readonly tasks: readonly TaskRef[];
}

/**
 * `<name>-<10 hex digits of the set of all tasks>`: whoever launches the same set finds the Job that is there.
 * @param memory of the Job's pods, where it is not the `memory` parameter: such a Job is one of its own
 */
export const jobName = (parameters: Parameters, all: readonly Task[], memory = parameters.memory): string =>
  `${parameters.name}-${taskSet(all, memory === parameters.memory ? "" : memory)}`;

/** Launches a Job that runs `tasks`. Answers undefined when a Job of that name has results to be read first, or is at work. */
export async function launch(cluster: Cluster, parameters: Parameters, name: string, tasks: readonly Task[]): Promise<Run | undefined> {
  const { job, configMaps } = manifests(parameters, name, tasks);
  const created = (await cluster.create("jobs", job)) ?? (await takeOver(cluster, parameters, name, tasks));
  if (!created) return undefined;
  await createOwned(cluster, configMaps, "Job", created);
  const launched = await cluster.patch("jobs", parameters.namespace, name, {
    metadata: { uid: created.metadata.uid, annotations: { [annotations.launched]: "true" } },
    spec: { suspend: false },
  });
  return launched && { job: launched, tasks };
}

/** Makes room for a Job whose name is taken. Answers the Job that is there if it was created for the same and only its launch is missing. */
async function takeOver(
  cluster: Cluster,
  { namespace, name, memory }: Parameters,
  jobName: string,
  tasks: readonly Task[],
): Promise<Job | undefined> {
  const job = await cluster.get("jobs", namespace, jobName);
  if (!job) return undefined;
  if (job.metadata.labels?.[labels.job] !== name) {
    throw new BatchError(`name: there is a Job '${jobName}' in namespace '${namespace}' that is none of '${name}'; rename one of them`);
  }
  const same =
    job.metadata.annotations?.[annotations.tasks] === taskList(tasks) && bytesOf(memoryOf(job.spec.template?.spec)) === bytesOf(memory);
  if (!isLaunched(job) && !job.metadata.deletionTimestamp && same) return job;
  if (!isLaunched(job) || isRecorded(job)) await removeJobs(cluster, [job]);
  return undefined;
}

/** Whether the end of all the Job's tasks is in the bucket. */
export const isRecorded = (job: Job): boolean => job.metadata.annotations?.[annotations.recorded] === "true";

export const isLaunched = (job: Job): boolean => job.metadata.annotations?.[annotations.launched] === "true";

/** Creates the ConfigMaps of a Job or CronJob, which go with it. Those that are there stay. */
export async function createOwned(
  cluster: Cluster,
  configMaps: readonly ConfigMap[],
  kind: "Job" | "CronJob",
  { metadata: { name: ownerName, uid = "" } }: { readonly metadata: Metadata },
): Promise<void> {
  const ownerReferences = [{ apiVersion: "batch/v1", kind, name: ownerName, uid, controller: true, blockOwnerDeletion: true }];
  await forEach(configMaps, 4, async (manifest) => {
    const { name, namespace = "" } = manifest.metadata;
    const owned = { ...manifest, metadata: { ...manifest.metadata, ownerReferences } };
    while (!(await cluster.create("configmaps", owned))) {
      const existing = await cluster.get("configmaps", namespace, name);
      if (existing?.metadata.ownerReferences?.some((reference) => reference.uid === uid)) return;
      // It belonged to a deleted owner of the same name, and the garbage collector has not come round yet.
      if (existing) await cluster.remove("configmaps", namespace, name, existing.metadata.uid ?? "");
    }
  });
}

/** A Job in the cluster. Its tasks may be unknown while it is not launched, or when it has lost its ConfigMaps. */
export interface FoundJob {
  readonly job: Job;
  readonly tasks: readonly TaskRef[] | undefined;
}

/** All Jobs of this batch Job in the cluster. */
export async function findJobs(cluster: Cluster, namespace: string, name: string): Promise<FoundJob[]> {
  const jobs: Job[] = [];
  const configMaps = new Map<string, ConfigMap[]>();
  await cluster.list("jobs", namespace, selector(name), (job) => jobs.push(job));
  if (jobs.length === 0) return [];
  await cluster.list("configmaps", namespace, selector(name), (configMap) => {
    const { ownerReferences = [], labels: { [labels.scheduled]: scheduled, [labels.run]: run } = {} } = configMap.metadata;
    // All Jobs that a CronJob makes of the same tasks share its ConfigMaps.
    for (const owner of scheduled ? [run ?? ""] : ownerReferences.map(({ uid }) => uid))
      configMaps.set(owner, [...(configMaps.get(owner) ?? []), configMap]);
  });
  return jobs.map((job) => {
    const { uid = "", labels: { [labels.scheduled]: scheduled, [labels.run]: run } = {} } = job.metadata;
    return { job, tasks: readTaskIndex(job, configMaps.get(scheduled ? (run ?? "") : uid) ?? []) };
  });
}
