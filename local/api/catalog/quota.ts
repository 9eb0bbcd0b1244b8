import { flavors, type Flavor } from "./catalog";
import type { Context } from "../context/context";
import { preconditionFailed } from "../request/errors";

/** What a project may use in one region. */
export interface Limits {
  readonly cores: number;
  readonly instances: number;
  /** GB */
  readonly ram: number;
}

/** An established project's limits: two full pools of 100 nodes with 4 vCPUs fit, and not many more. */
export const defaultLimits: Limits = { cores: 1000, instances: 250, ram: 4000 };

export function limits(context: Context): Limits {
  return { ...defaultLimits, ...definedOnly(context.faults.quota() ?? {}) };
}

/** What the nodes of a region use; those being deleted count until they are gone. */
export function usage(context: Context, region: string): Limits {
  const { clusters, pools, nodes } = context.store.state;
  const used = { cores: 0, instances: 0, ram: 0 };
  for (const node of Object.values(nodes)) {
    const pool = pools[node.poolId];
    if (!pool || clusters[pool.clusterId]?.region !== region) continue;
    const flavor = flavors.find(({ name }) => name === pool.flavor);
    used.instances++;
    used.cores += flavor?.vCPUs ?? 0;
    used.ram += flavor?.ram ?? 0;
  }
  return used;
}

/** @throws {ApiError} 412 when `more` nodes of the flavor do not fit into the region's quota */
export function checkQuota(context: Context, region: string, flavor: Flavor, more: number): void {
  if (more <= 0) return;
  const limit = limits(context);
  const used = usage(context, region);
  const needs = [
    ["VCPUs", "vCPUs", limit.cores, used.cores, more * flavor.vCPUs],
    ["RAM", "RAM", limit.ram, used.ram, more * flavor.ram],
    ["Instances", "instances", limit.instances, used.instances, more],
  ] as const;
  for (const [code, name, maximum, current, needed] of needs) {
    if (current + needed > maximum) {
      throw preconditionFailed(
        `[Insufficient${code}Quota] Cannot perform operation: current ${name} quota is insufficient ` +
          `(region ${region}: limit ${maximum}, used ${current}, needed ${needed})`,
      );
    }
  }
}

function definedOnly(values: Partial<Limits>): Partial<Limits> {
  const { cores, instances, ram } = values;
  return { ...(cores !== undefined && { cores }), ...(instances !== undefined && { instances }), ...(ram !== undefined && { ram }) };
}
