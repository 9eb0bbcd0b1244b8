import type { Call } from "../../protocol/provider";
import type { Properties } from "../../protocol/values";
import type { Api } from "../common/api";
import { project } from "../common/define";
import { ApiError } from "../common/errors";
import { timeouts, waitFor } from "../common/wait";

/** What the API says of a cluster, as far as the waits look at it. */
export interface Cluster {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly status: string;
  readonly version: string;
}

const pending = new Set(["INSTALLING", "UPDATING", "REDEPLOYING", "RESETTING", "UNKNOWN"]);

/** Resolves once the cluster is READY. A new cluster may answer 404 for a while. */
export async function clusterReady(api: Api, owner: Properties, id: string, call: Call, timeout: number): Promise<Cluster> {
  return waitFor(`the cluster ${id} is not READY: it`, call, timeout, async () => {
    const cluster = await api.find<Cluster>(project(owner, "kube", id));
    if (cluster?.status === "READY") return cluster;
    if (cluster && !pending.has(cluster.status)) throw new Error(`the cluster ${id} has status ${cluster.status}`);
    call.status(`cluster ${cluster?.status ?? "INSTALLING"}`);
    return undefined;
  });
}

/** Does something with a cluster that must not be busy with something else, such as another resource of the same program. */
export async function whenReady<T>(api: Api, owner: Properties, id: string, call: Call, action: () => Promise<T>): Promise<T> {
  const { value } = await waitFor(`the cluster ${id} is busy: it`, call, timeouts.clusterUpdate, async () => {
    await clusterReady(api, owner, id, call, timeouts.clusterUpdate);
    try {
      return { value: await action() };
    } catch (error) {
      if (error instanceof ApiError && error.status === 409 && /not READY/i.test(error.message)) return undefined;
      throw error;
    }
  });
  return value;
}

export const ignoreGone = (error: unknown): void => {
  if (!(error instanceof ApiError && error.status === 404)) throw error;
};
