/** Pods that outlive their Job: after `kubectl delete job` they may take half a minute to end, or, with `--cascade=orphan`, run to their end. */
import { poll } from "../../common/poll";
import { type Cluster } from "../../kubernetes/cluster";
import { BatchError } from "../../common/errors";
import { jobUids } from "./launch";
import { selector } from "./manifest";
import { type Parameters } from "../spec";
import { viewPod } from "./pods";
import { plural, verb } from "../../common/text";

const pause = 500;

/** How long they are waited for, in milliseconds; one on a node that is gone stays until the cluster has noticed. */
const patience = 10 * 60_000;

/** Waits until no pod of a deleted Job is left that may still run: its task must not run twice at the same time. @throws {BatchError} when one stays */
export async function waitForStragglers(cluster: Cluster, parameters: Parameters, say: (text: string) => void): Promise<void> {
  let pods: string[] | undefined;
  const look = async (): Promise<true | undefined> => {
    const isFirst = pods === undefined;
    pods = await stragglers(cluster, parameters);
    if (pods.length === 0) return true;
    if (isFirst) say(`${plural(pods.length, "pod")} of a Job that was deleted still ${verb(pods.length, "run")}: waiting for the end`);
    return undefined;
  };
  const overdue = (): never => {
    const left = pods ?? [];
    throw new BatchError(
      `the Job of ${left.slice(0, 3).join(", ")} was deleted, but ${plural(left.length, "pod")} did not end within 10 minutes; ` +
        `look at them with kubectl -n ${parameters.namespace} describe pods`,
    );
  };
  await poll(look, { timeout: patience, pause, overdue });
}

async function stragglers(cluster: Cluster, { namespace, name }: Parameters): Promise<string[]> {
  const unfinished = { ...selector(name), fields: "status.phase!=Succeeded,status.phase!=Failed" };
  const { items: pods } = await cluster.list("pods", namespace, unfinished, viewPod);
  if (pods.length === 0) return [];
  const jobs = await jobUids(cluster, { namespace, name });
  return pods.filter(({ jobUid }) => !jobs.has(jobUid)).map((pod) => pod.name);
}
