import { withCondition } from "../state/condition";
import { type KubeClient } from "../../kubernetes/client";
import { ClusterError } from "../../kubernetes/cluster";
import { type Pod } from "../state/model";
import { type Action } from "../state/action";
import { type OvhClient } from "../cloud/ovh";
import { type RawNode, type RawPod, type RawPool } from "../state/raw";
import { readPod } from "../state/read-pods";
import { createResize, poolsPath } from "./resize";
import { drainAnnotation, poolLabel, readNode } from "../state/snapshot";
import { softTaint } from "../scale-down/soft-taint";
import { plural, verb } from "../../common/text";
import { faultOf, type Removal } from "./checks";

/** A list whose place expires is begun anew, up to three times in all. */
const fresh = { tries: 3, silence: 60_000 };

export interface Actor {
  /** Carries an action out; answers what came of it, for the log. @throws {ClusterError | OvhError} 409 when the pool has changed meanwhile */
  carryOut(action: Exclude<Action, { type: "report" }>): Promise<string>;
}

/** What a write answered; the caches take it in at once. */
export interface Written {
  pool(raw: RawPool): void;
  node(raw: RawNode): void;
  /** Nodes of the pool that had failed were removed. */
  failed(pool: string): void;
}

/** @param ovh removes nodes by name; without it pools shrink through their custom resource */
export function createActor(
  client: KubeClient,
  ovh: Pick<OvhClient, "removeNodes"> | undefined,
  written: Written,
  { now = Date.now, leading = () => true, cutoff }: { now?: () => number; leading?: () => boolean; cutoff?: number } = {},
): Actor {
  const resize = createResize(client, { written: (raw) => written.pool(raw), now, leading });

  const mark = async (name: string, draining: boolean): Promise<void> => {
    const time = draining ? new Date(now()).toISOString() : null;
    const body = { metadata: { annotations: { [drainAnnotation]: time } }, spec: { unschedulable: draining ? true : null } };
    written.node(await client.call<RawNode>({ method: "PATCH", path: `/api/v1/nodes/${name}`, body }));
  };

  const taint = async (name: string, avoided: boolean): Promise<string> => {
    const node = await client.find<RawNode>("/api/v1/nodes", name);
    if (!node) return "called off: the node is gone";
    const others = (node.spec?.taints ?? []).filter(({ key }) => key !== softTaint.key);
    // The list of taints is replaced as a whole: not if somebody has changed the node since it was read.
    const body = {
      metadata: { resourceVersion: node.metadata.resourceVersion },
      spec: { taints: avoided ? [...others, softTaint] : others },
    };
    written.node(await client.call<RawNode>({ method: "PATCH", path: `/api/v1/nodes/${name}`, body }));
    return "done";
  };

  const tell = async (name: string, blocked: string | undefined): Promise<string> => {
    const found = await client.find<RawPool>(poolsPath, name);
    if (!found) return "called off: the pool is gone";
    // The list of conditions is replaced as a whole: not if somebody has changed the pool since it was read.
    const body = {
      metadata: { resourceVersion: found.metadata.resourceVersion },
      status: { conditions: withCondition(found.status?.conditions ?? [], blocked, now()) },
    };
    written.pool(await client.call<RawPool>({ method: "PATCH", path: `${poolsPath}/${name}/status`, body, tries: 1 }));
    return "done";
  };

  const remove = async (removal: Removal): Promise<string> => {
    const { pool, desired, nodes, failed = [] } = removal;
    const filters = [{ labelSelector: `${poolLabel}=${pool.name}` }, { fieldSelector: "status.phase!=Succeeded,status.phase!=Failed" }];
    const [freshNodes, freshPods] = await Promise.all([
      client.list("/api/v1/nodes", readNode, { query: filters[0], ...fresh }),
      client.list("/api/v1/pods", (raw: RawPod) => readPod(raw, undefined, cutoff), { query: filters[1], ...fresh }),
    ]);
    const fault = faultOf(removal, freshNodes.items, freshPods.items, ovh !== undefined);
    if (fault) return `called off: ${fault}`;
    // The lists may have taken longer than a Lease lasts.
    if (!leading()) return "called off: this replica leads no more";
    if (ovh && nodes.length + failed.length > 0)
      await ovh.removeNodes(pool.name, { from: pool.desired, to: desired }, [
        ...nodes.map(({ providerId, name }) => providerId ?? name),
        ...failed,
      ]);
    else await resize(pool, desired);
    if (failed.length > 0) written.failed(pool.name);
    return "done";
  };

  return {
    async carryOut(action) {
      switch (action.type) {
        case "resize":
          await resize(action.pool, action.desired);
          return "done";
        case "cordon":
        case "uncordon":
          await mark(action.node, action.type === "cordon");
          return "done";
        case "taint":
        case "untaint":
          return taint(action.node, action.type === "taint");
        case "evict":
          return evict(client, action.pods);
        case "condition":
          return tell(action.pool.name, action.blocked);
        case "remove":
          return remove(action);
      }
    },
  };
}

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
