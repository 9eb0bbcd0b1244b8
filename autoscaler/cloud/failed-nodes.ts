import { setTimeout as sleep } from "node:timers/promises";
import { type Pool, type Snapshot } from "../state/model";
import { type OvhClient, type OvhNode } from "./ovh";

/** How often pools are looked at whose nodes have not all come, and the longest wait after errors, in milliseconds. */
const period = 15_000;
const longestWait = 120_000;

const failedStatus = /ERROR/;

/**
 * Looks at the nodes that OVHcloud has for pools that wait for some: one that is out of stock or has failed never joins the cluster, and only
 * the API tells so.
 */
export class FailedNodes {
  private readonly found = new Map<string, { readonly failed: readonly string[]; readonly problem: string }>();

  /** @param wanted names of the pools that wait for nodes */
  constructor(
    private readonly ovh: Pick<OvhClient, "nodesOf">,
    private readonly wanted: () => readonly string[],
    private readonly onChange: () => void,
    private readonly onError: (message: string) => void,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    for (let wait = period; !signal.aborted;) {
      wait = (await this.look()) ? period : Math.min(wait * 2, longestWait);
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Looks once; false when it could not. */
  async look(): Promise<boolean> {
    const names = this.wanted();
    for (const name of this.found.keys()) if (!names.includes(name)) this.found.delete(name);
    try {
      for (const name of names) this.note(name, await this.ovh.nodesOf(name));
      return true;
    } catch (error) {
      this.onError(`looking for failed nodes: ${(error as Error).message}`);
      return false;
    }
  }

  /** The failed nodes of the pool were removed. */
  forget(pool: string): void {
    this.found.delete(pool);
  }

  /** Adds to a snapshot's pools what was found. */
  complete(snapshot: Snapshot): Snapshot {
    if (this.found.size === 0) return snapshot;
    return { ...snapshot, pools: snapshot.pools.map((pool): Pool => ({ ...pool, ...this.found.get(pool.name) })) };
  }

  private note(pool: string, nodes: readonly OvhNode[]): void {
    const failed = nodes.filter(({ status }) => failedStatus.test(status));
    if (failed.length === 0) return void this.found.delete(pool);
    const statuses = [...new Set(failed.map(({ status }) => status))].sort().join(", ");
    const ids = failed.map(({ id, instanceId }) => (instanceId ? `openstack:///${instanceId}` : id));
    const isNew = ids.join() !== this.found.get(pool)?.failed.join();
    this.found.set(pool, { failed: ids, problem: `${failed.length} of its nodes: ${statuses}` });
    if (isNew) this.onChange();
  }
}

/** Names of the pools that have fewer nodes in the cluster than they should. */
export function waitingPools({ pools, nodes }: Snapshot): string[] {
  const counts = new Map<string, number>();
  for (const { pool, deleting } of nodes) if (pool !== undefined && !deleting) counts.set(pool, (counts.get(pool) ?? 0) + 1);
  return pools.flatMap(({ name, desired }) => ((counts.get(name) ?? 0) < desired ? [name] : []));
}
