import { plural, verb } from "../../common/text";
import { type KubeClient } from "../../kubernetes/client";
import { ClusterError } from "../../kubernetes/cluster";
import { type Pod } from "../state/model";

/**
 * Asks for the pods to be evicted, one after the other: their disruption budgets decide, and each gets the time to end that it has. Those that
 * stay, most often for a budget, are asked for again by a later decision; that is no failure, which would keep everything else waiting.
 * @returns what came of it, for the log
 * @throws when the API server cannot be reached
 */
export async function evict(client: KubeClient, pods: readonly Pod[]): Promise<string> {
  const refusals: string[] = [];
  for (const { id } of pods) {
    const [namespace = "", name = ""] = id.split("/");
    const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { namespace, name } };
    try {
      await client.call({ method: "POST", path: `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, body });
    } catch (error) {
      if (!(error instanceof ClusterError) || error.status === undefined) throw error;
      // 404: it is gone already.
      if (error.status !== 404) refusals.push(error.message);
    }
  }
  return refusals.length === 0
    ? "done"
    : `${refusals.length} of ${plural(pods.length, "pod")} ${verb(refusals.length, "stay")} for now: ${refusals[0]}`;
}
