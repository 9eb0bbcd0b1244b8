import { poll } from "../../common/poll";
import { type Cluster, type Metadata } from "../../kubernetes/cluster";
import { forEach } from "../../common/concurrency";
import { BatchError } from "../../common/errors";

/** How long a deleted Job's pods may take to end, in milliseconds. */
const patience = 10 * 60_000;
const pause = 500;

/** Deletes Jobs, or CronJobs, with their pods and ConfigMaps, and resolves when they are gone: until then a task may still be running. */
export async function removeJobs(
  cluster: Cluster,
  jobs: readonly { readonly metadata: Metadata }[],
  kind: "jobs" | "cronjobs" = "jobs",
): Promise<void> {
  await forEach(jobs, 4, async ({ metadata }) => {
    const { name, namespace = "", uid = "" } = metadata;
    await cluster.remove(kind, namespace, name, uid);
    await untilGone(cluster, kind, metadata);
  });
}

/**
 * Deletes a Job that was not launched, or a suspended CronJob, and resolves when it is gone; unless it has changed since it was read, for then it may be at
 * work.
 */
export async function withdraw(
  cluster: Cluster,
  { metadata }: { readonly metadata: Metadata },
  kind: "jobs" | "cronjobs" = "jobs",
): Promise<void> {
  const { name, namespace = "", uid = "", resourceVersion } = metadata;
  if (await cluster.remove(kind, namespace, name, uid, resourceVersion)) await untilGone(cluster, kind, metadata);
}

async function untilGone(cluster: Cluster, kind: "jobs" | "cronjobs", { name, namespace = "", uid }: Metadata): Promise<void> {
  const isGone = async (): Promise<true | undefined> => (await cluster.get(kind, namespace, name))?.metadata.uid !== uid || undefined;
  const overdue = (): never => {
    throw new BatchError(`Job ${name} was deleted, but its pods have not ended after 10 minutes; look at them with kubectl`);
  };
  await poll(isGone, { timeout: patience, pause, overdue });
}
