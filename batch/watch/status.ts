/** Whether anything is going on, without reading how far it is. */
import { type Cluster } from "../../kubernetes/cluster";
import { findJobs, isLaunched } from "../jobs/launch";
import { type Parameters } from "../spec";
import { finished } from "../jobs/condition";

/** Whether a batch Job without a final result is at work in the cluster. */
export async function isAtWork(cluster: Cluster, { namespace, name }: Parameters): Promise<boolean> {
  const found = await findJobs(cluster, namespace, name);
  return found.some(({ job }) => isLaunched(job) && !finished(job) && !job.metadata.deletionTimestamp);
}
