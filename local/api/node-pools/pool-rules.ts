import { isDeepStrictEqual } from "node:util";
import { nodesWithAntiAffinity } from "../../../common/plans";
import type { NodeRecord, PoolRecord } from "../state/model";
import type { PoolStatus, PoolView } from "../state/pools";
import { badRequest } from "../request/errors";
import { invalid } from "../request/validate";

/** What a PUT may repeat and not change. */
interface ImmutableFields {
  readonly name?: string;
  readonly flavor?: string;
  readonly flavorName?: string;
  readonly antiAffinity?: boolean;
  readonly availabilityZones?: readonly string[];
  readonly monthlyBilled?: boolean;
}

interface Size {
  readonly desiredNodes: number;
  readonly minNodes: number;
  readonly maxNodes: number;
  readonly antiAffinity: boolean;
}

/** @throws {ApiError} 400 that names every fault of the sizes at once */
export function checkPoolSize({ desiredNodes, minNodes, maxNodes, antiAffinity }: Size, planLimit: number): void {
  const faults: Record<string, string> = {};
  if (maxNodes > planLimit) faults.maxNodes = `maxNodes (${maxNodes}) must be less than or equal to ${planLimit} on this plan`;
  else if (antiAffinity && maxNodes > nodesWithAntiAffinity) {
    faults.maxNodes = `maxNodes (${maxNodes}) must be less than or equal to ${nodesWithAntiAffinity} with antiAffinity`;
  }
  if (minNodes > maxNodes) faults.minNodes = `minNodes (${minNodes}) must be less than or equal to maxNodes (${maxNodes})`;
  if (desiredNodes < minNodes)
    faults.desiredNodes = `desiredNodes (${desiredNodes}) must be greater than or equal to minNodes (${minNodes})`;
  if (desiredNodes > maxNodes) faults.desiredNodes = `desiredNodes (${desiredNodes}) must be less than or equal to maxNodes (${maxNodes})`;
  if (Object.keys(faults).length > 0) throw invalid(faults);
}

/** @throws {ApiError} 400 that names every immutable field whose value is not the pool's */
export function checkImmutable(pool: PoolRecord, { flavorName, ...body }: ImmutableFields): void {
  const given: [keyof ImmutableFields, unknown, unknown][] = [
    ["name", body.name, pool.name],
    ["flavor", body.flavor, pool.flavor],
    ["flavorName", flavorName, pool.flavor],
    ["antiAffinity", body.antiAffinity, pool.antiAffinity],
    ["availabilityZones", body.availabilityZones, pool.availabilityZones],
    ["monthlyBilled", body.monthlyBilled, pool.monthlyBilled],
  ];
  const changed = given.filter(([, value, now]) => value !== undefined && !isDeepStrictEqual(value, now));
  if (changed.length > 0)
    throw invalid(Object.fromEntries(changed.map(([field]) => [field, "cannot be changed after the pool's creation"])));
}

/**
 * Which nodes go when a pool shrinks by `excess`: first those that the request names, in its order, then any. OVHcloud
 * does not say which it takes without names, so the choice is random: nobody shall rely on an order.
 *
 * @param names node ids, names, instance ids or provider ids (`openstack:///<instance id>`)
 * @throws {ApiError} 400 when a name is no node of the pool
 */
export function chooseVictims(live: readonly NodeRecord[], excess: number, names: readonly string[], random: () => number): NodeRecord[] {
  if (excess <= 0) return [];
  const find = (name: string): NodeRecord | undefined => {
    const id = name.replace(/^openstack:\/\/\//, "");
    return live.find((node) => node.id === id || (node.instanceId === id && id !== "") || node.name === name);
  };
  const unknown = names.filter((name) => !find(name));
  if (unknown.length > 0) throw badRequest(`nodesToRemove: no such node in this pool: ${unknown.join(", ")}`);
  const named = new Set(names.flatMap((name) => find(name) ?? []));
  const others = live
    .filter((node) => !named.has(node))
    .map((node) => ({ node, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ node }) => node);
  return [...named, ...others].slice(0, excess);
}

/** The pool as clients see it: its status and counts follow from its nodes. */
export function poolView(pool: PoolRecord, nodes: readonly NodeRecord[], projectId: string): PoolView {
  const availableNodes = nodes.filter((node) => node.status === "READY").length;
  return {
    id: pool.id,
    projectId,
    name: pool.name,
    flavor: pool.flavor,
    status: status(pool, nodes),
    sizeStatus: nodes.length > pool.desiredNodes ? "OVER_CAPACITY" : availableNodes < pool.desiredNodes ? "UNDER_CAPACITY" : "CAPACITY_OK",
    autoscale: pool.autoscale,
    monthlyBilled: pool.monthlyBilled,
    antiAffinity: pool.antiAffinity,
    desiredNodes: pool.desiredNodes,
    minNodes: pool.minNodes,
    maxNodes: pool.maxNodes,
    currentNodes: nodes.length,
    availableNodes,
    upToDateNodes: nodes.filter((node) => node.templateRevision === pool.templateRevision).length,
    autoscaling: pool.autoscaling,
    template: pool.template,
    availabilityZones: pool.availabilityZones,
    attachFloatingIps: pool.attachFloatingIps,
    createdAt: pool.createdAt,
    updatedAt: pool.updatedAt,
    revision: pool.revision,
  };
}

/** Whether no node has yet to boot or to appear. */
export function isSettled(pool: PoolRecord, nodes: readonly NodeRecord[]): boolean {
  const live = nodes.filter((node) => node.status !== "DELETING");
  return live.length >= pool.desiredNodes && !live.some((node) => node.status === "INSTALLING");
}

function status(pool: PoolRecord, nodes: readonly NodeRecord[]): PoolStatus {
  if (pool.deleting) return "DELETING";
  if (!pool.installed) return "INSTALLING";
  if (!isSettled(pool, nodes)) return "UPSCALING";
  if (nodes.length > pool.desiredNodes) return "DOWNSCALING";
  const has = (...statuses: NodeRecord["status"][]): boolean => nodes.some((node) => statuses.includes(node.status));
  if (has("DELETING")) return "DOWNSCALING";
  if (has("REDEPLOYING")) return "REDEPLOYING";
  if (has("UPDATING")) return "UPDATING";
  return has("ERROR", "FLAVOR_OUT_OF_STOCK_ERROR") ? "ERROR" : "READY";
}
