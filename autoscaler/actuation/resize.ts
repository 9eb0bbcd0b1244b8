import { isDeepStrictEqual } from "node:util";
import { type KubeClient } from "../../kubernetes/client";
import { ClusterError } from "../../kubernetes/cluster";
import { type Pool } from "../state/model";
import { type RawPool } from "../state/raw";
import { orderAnnotation, readPool } from "../state/snapshot";

export const poolsPath = "/apis/kube.cloud.ovh.com/v1alpha1/nodepools";

/** How often an order is sent in all, when each time OVHcloud has just written its progress to the pool. */
const maxTries = 5;

interface ResizeDependencies {
  /** Takes in the pool as the API server has it. */
  readonly written: (raw: RawPool) => void;
  readonly now: () => number;
  readonly leading: () => boolean;
}

/**
 * Asks for another size of a pool, with the version of it that the decision was made on: whoever changed it meanwhile wins, and the next decision
 * sees that. @throws {ClusterError} 409 when it has changed
 */
export function createResize(
  client: KubeClient,
  { written, now, leading }: ResizeDependencies,
): (pool: Pool, desired: number) => Promise<void> {
  const send = async (pool: Pool, desiredNodes: number): Promise<void> => {
    const ordered = desiredNodes > pool.desired && { annotations: { [orderAnnotation]: new Date(now()).toISOString() } };
    const body = { metadata: { resourceVersion: pool.resourceVersion, ...ordered }, spec: { desiredNodes } };
    written(await client.call<RawPool>({ method: "PATCH", path: `${poolsPath}/${pool.name}`, body }));
  };

  const newest = async ({ name }: Pool): Promise<Pool | undefined> => {
    const raw = await client.find<RawPool>(poolsPath, name);
    if (raw) written(raw);
    return raw && readPool(raw);
  };

  return async (pool, desired) => {
    for (let [seen, attempt] = [pool, 1]; ; attempt++) {
      try {
        return await send(seen, desired);
      } catch (error) {
        const changed = error instanceof ClusterError && error.status === 409;
        // Fewer nodes are right only for the nodes that were seen; more are right whatever has come up meanwhile.
        if (!changed || desired < pool.desired || attempt === maxTries || !leading()) throw error;
        const found = await newest(pool);
        if (!found || !onlyProgressed(pool, found)) throw error;
        seen = found;
      }
    }
  };
}

/** Whether a pool differs only in what OVHcloud writes to it while its nodes come up. */
function onlyProgressed(before: Pool, after: Pool): boolean {
  const lasting = (pool: Pool): Pool => ({ ...pool, resourceVersion: "", granted: undefined, failed: undefined });
  return isDeepStrictEqual(lasting(before), lasting(after));
}
