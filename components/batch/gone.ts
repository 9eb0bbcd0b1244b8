/** Whether a Job's cluster is there at all: who deleted it in OVHcloud's control panel still has the Job in Pulumi's state. */
import { BatchError, messageOf } from "../../batch";
import { type Cluster, ClusterError } from "../../kubernetes/cluster";
import { type Timing } from "../../kubernetes/client";
import { type Inputs } from "./inputs";

/** The variable of Pulumi's Kubernetes provider, with its meaning. @see https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/ */
const variable = "PULUMI_K8S_DELETE_UNREACHABLE";

/** Until a cluster's first answer, in milliseconds. */
export const firstAnswer: Timing = { silence: 5_000, patience: 8_000 };

/**
 * Asks a cluster for a sign of life. Any answer is one, a refusal included.
 * @param cluster one that gives up after {@link firstAnswer}
 * @returns true when it does not answer and the variable says that what is on such a cluster counts as deleted
 * @throws {BatchError} when it does not answer, without the variable
 */
export async function isGone(cluster: Cluster, { namespace, name }: Inputs, say: (text: string) => void): Promise<boolean> {
  try {
    await cluster.get("jobs", namespace, name);
    return false;
  } catch (error) {
    if (!(error instanceof ClusterError) || error.status !== undefined) return false;
    const what = `the cluster does not answer (${messageOf(error)})`;
    if (process.env[variable] !== "true")
      throw new BatchError(`${what}; if it is gone for good, set ${variable}=true: then its Jobs count as deleted`);
    say(`${what}: with ${variable}=true the Job counts as deleted; its records and results stay in the bucket`);
    return true;
  }
}
