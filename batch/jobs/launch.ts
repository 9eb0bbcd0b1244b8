/**
 * Launching may be cut off at any point, and any number of processes may do it at once, with the same tasks or with others.
 *
 * The Job is created suspended, then the ConfigMaps that it owns (so that they go with it). It is launched by one request, which resumes it and marks it as
 * launched. A Job without that mark never ran: the next launch completes it, or deletes it when its tasks are other ones.
 *
 * No task runs twice at a time: before that request a process lists the Jobs of the name. It gives way to each launched one that shares a task with its own.
 * It touches each that is not launched yet. It then launches its own Job only as the list had it: whoever was touched since its list looks again. Of two
 * processes that touch each other's Job at the same time neither goes on; in any other order, the later one sees the earlier one's Job launched. All that
 * these rules need is in the Jobs, so that a process may die at any moment and holds nobody up.
 *
 * A CronJob is under the same rules: suspended, it is as a Job that is not launched, and to resume it is to launch it; see schedule.ts.
 */
import { type Cluster, type ConfigMap, type Job, type Metadata } from "../../kubernetes/cluster";
import { randomUUID } from "node:crypto";
import { Backoff } from "../../common/backoff";
import { forEach } from "../../common/concurrency";
import { findCronJob } from "./cron-job";
import { BatchError } from "../../common/errors";
import { annotations, labels, manifests, readTaskIndex, selector, type TaskRef } from "./manifest";
import { type Parameters } from "../spec";
import { bytesOf } from "../records/plan";
import { memoryOf } from "./outcome";
import { removeJobs, withdraw } from "./remove";
import { type Task, taskList, taskSet } from "../spec/tasks";
import { footprintOf, type Site } from "./window";

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

/** How long other processes may be in the way of a launch, in milliseconds. */
const patience = 10 * 60_000;

/**
 * Launches a Job that runs `tasks`. Answers undefined when there is something to be looked at first: another process was quicker with one of the tasks, or
 * the Job of that name is at work or has results to be read.
 * @param isDue asked before anything is deleted or launched, whether all the tasks still have to run
 * @param site decides how many pods it has at a time. @default as many as its user allows
 */
export async function launch(
  cluster: Cluster,
  parameters: Parameters,
  name: string,
  tasks: readonly Task[],
  isDue: () => Promise<boolean>,
  site?: Site,
): Promise<Run | undefined> {
  const { namespace } = parameters;
  const { job, configMaps } = manifests(parameters, name, tasks, footprintOf(parameters, tasks.length, site));
  const created = (await cluster.create("jobs", job)) ?? (await takeOver(cluster, parameters, name, tasks, isDue));
  if (!created || !(await createOwned(cluster, configMaps, "Job", created))) return undefined;
  const { uid } = created.metadata;
  const mine = new Set(tasks.map(({ fingerprint }) => fingerprint));
  const backoff = new Backoff(patience);
  do {
    const found = await findJobs(cluster, namespace, parameters.name);
    const own = found.find(({ job }) => job.metadata.uid === uid)?.job;
    if (!own || isLaunched(own) || own.metadata.deletionTimestamp) return undefined;
    const cronJob = await findCronJob(cluster, parameters);
    if (cronJob && !cronJob.spec.suspend) {
      await withdraw(cluster, own);
      throw new BatchError(
        `'${parameters.name}' has got a schedule while this run began: whoever gave it one wants its tasks to run at other times; run it again to end the schedule`,
      );
    }
    // What a Job without its ConfigMaps runs is not known: it may be anything.
    const rivals = found.filter(({ job, tasks }) => job !== own && (tasks?.some(({ fingerprint }) => mine.has(fingerprint)) ?? true));
    if (rivals.some(({ job }) => isLaunched(job) && !isRecorded(job)) || !(await isDue())) {
      await withdraw(cluster, own);
      return undefined;
    }
    const waiting = rivals.map(({ job }) => job).filter((rival) => !isLaunched(rival));
    const untouched = (await touch(cluster, "jobs", waiting)) && (await touch(cluster, "cronjobs", cronJob ? [cronJob] : []));
    const launched =
      untouched &&
      (await cluster.patch("jobs", namespace, name, {
        metadata: { uid, resourceVersion: own.metadata.resourceVersion, annotations: { [annotations.launched]: "true" } },
        spec: { suspend: false },
      }));
    if (launched) return { job: launched, tasks };
  } while (await backoff.next());
  throw new BatchError(
    `Job ${name} was not launched: for ${backoff.described}, other processes were launching Jobs of '${parameters.name}'`,
  );
}

/**
 * Changes Jobs that are not launched, or a CronJob that is suspended, so that those who are about to launch or resume them look again. Answers false when one
 * has changed since it was read.
 */
export async function touch(
  cluster: Cluster,
  kind: "jobs" | "cronjobs",
  objects: readonly { readonly metadata: Metadata }[],
): Promise<boolean> {
  for (const { metadata } of objects) {
    const { name, namespace = "", uid, resourceVersion } = metadata;
    // A patch that changes nothing would leave the version as it is.
    const patch = { metadata: { uid, resourceVersion, annotations: { [annotations.touched]: randomUUID() } } };
    if (!(await cluster.patch(kind, namespace, name, patch))) return false;
  }
  return true;
}

/** Makes room for a Job whose name is taken. Answers the Job that is there if it was created for the same and only its launch is missing. */
async function takeOver(
  cluster: Cluster,
  { namespace, name, memory }: Parameters,
  jobName: string,
  tasks: readonly Task[],
  isDue: () => Promise<boolean>,
): Promise<Job | undefined> {
  const job = await cluster.get("jobs", namespace, jobName);
  if (!job) return undefined;
  if (job.metadata.labels?.[labels.job] !== name) {
    throw new BatchError(`name: there is a Job '${jobName}' in namespace '${namespace}' that is none of '${name}'; rename one of them`);
  }
  const same =
    job.metadata.annotations?.[annotations.tasks] === taskList(tasks) && bytesOf(memoryOf(job.spec.template?.spec)) === bytesOf(memory);
  if (!isLaunched(job) && !job.metadata.deletionTimestamp && same) return job;
  if (!isLaunched(job)) await withdraw(cluster, job);
  else if (isRecorded(job) && (await isDue())) await removeJobs(cluster, [job]);
  return undefined;
}

/** Whether the end of all the Job's tasks is in the bucket. */
export const isRecorded = (job: Job): boolean => job.metadata.annotations?.[annotations.recorded] === "true";

export const isLaunched = (job: Job): boolean => job.metadata.annotations?.[annotations.launched] === "true";

/** How long the garbage collector may take to remove what a deleted Job owned, in milliseconds. */
const collected = 60_000;

/** Creates the ConfigMaps of a Job or CronJob, which go with it. Those that are there stay. Answers false when the owner is gone. */
export async function createOwned(
  cluster: Cluster,
  configMaps: readonly ConfigMap[],
  kind: "Job" | "CronJob",
  { metadata: { name: ownerName, uid = "" } }: { readonly metadata: Metadata },
): Promise<boolean> {
  const ownerReferences = [{ apiVersion: "batch/v1", kind, name: ownerName, uid, controller: true, blockOwnerDeletion: true }];
  let present = true;
  await forEach(configMaps, 4, async (manifest) => {
    const { name, namespace = "" } = manifest.metadata;
    const owned = { ...manifest, metadata: { ...manifest.metadata, ownerReferences } };
    const backoff = new Backoff(collected);
    do {
      if (await cluster.create("configmaps", owned)) return;
      const existing = await cluster.get("configmaps", namespace, name);
      if (existing?.metadata.ownerReferences?.some((reference) => reference.uid === uid)) return;
      // It belongs to another owner of the same name: to a deleted one that the garbage collector has not come round to yet, or to one that came after ours.
      const owner = await cluster.get(kind === "Job" ? "jobs" : "cronjobs", namespace, ownerName);
      if (owner?.metadata.uid !== uid) {
        present = false;
        return;
      }
      if (existing) await cluster.remove("configmaps", namespace, name, existing.metadata.uid ?? "");
    } while (present && (await backoff.next()));
    if (present) throw new BatchError(`the ConfigMap ${name} of a deleted Job is still there; look at it with kubectl -n ${namespace}`);
  });
  return present;
}

/** A Job in the cluster. Its tasks may be unknown while it is not launched, or when it has lost its ConfigMaps. */
export interface FoundJob {
  readonly job: Job;
  readonly tasks: readonly TaskRef[] | undefined;
}

/** Uids of all Jobs of this batch Job in the cluster. */
export async function jobUids(cluster: Cluster, { namespace, name }: Pick<Parameters, "namespace" | "name">): Promise<Set<string>> {
  return new Set((await cluster.list("jobs", namespace, selector(name), ({ metadata }) => metadata.uid)).items);
}

/** All Jobs of this batch Job in the cluster. */
export async function findJobs(cluster: Cluster, namespace: string, name: string): Promise<FoundJob[]> {
  const { items: jobs } = await cluster.list("jobs", namespace, selector(name), (job) => job);
  if (jobs.length === 0) return [];
  const configMaps = new Map<string, ConfigMap[]>();
  for (const configMap of (await cluster.list("configmaps", namespace, selector(name), (one) => one)).items) {
    const { ownerReferences = [], labels: { [labels.scheduled]: scheduled, [labels.run]: run } = {} } = configMap.metadata;
    // All Jobs that a CronJob makes of the same tasks share its ConfigMaps.
    for (const owner of scheduled ? [run ?? ""] : ownerReferences.map(({ uid }) => uid))
      configMaps.set(owner, [...(configMaps.get(owner) ?? []), configMap]);
  }
  return jobs.map((job) => {
    const { uid = "", labels: { [labels.scheduled]: scheduled, [labels.run]: run } = {} } = job.metadata;
    return { job, tasks: readTaskIndex(job, configMaps.get(scheduled ? (run ?? "") : uid) ?? []) };
  });
}
