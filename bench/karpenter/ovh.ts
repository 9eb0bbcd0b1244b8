/** What OVHcloud's API tells of nodes: what can be had, and what is paid. */
import { leftForPods } from "../../common/reserved";
import { callProject } from "../../local/daemon/project";
import { nodePool } from "../../local/demo/karpenter/cloud";
import type { Prices } from "../../local/demo/karpenter/prices";
import type { Offer } from "./bound";

export interface NamedOffer extends Offer {
  readonly flavor: string;
}

/** The flavors among which Karpenter's node pool chooses, as its provider reckons with them: size without what OVHcloud keeps, and price. */
export async function readOffers(clusterId: string, prices: Prices): Promise<NamedOffer[]> {
  const flavors = await callProject<{ name: string; state: string; vCPUs: number; ram: number }[]>("GET", `/kube/${clusterId}/flavors`);
  return flavors
    .filter(({ name, state }) => state === "available" && nodePool.families.includes(name.split("-")[0]!))
    .map(({ name, vCPUs, ram }) => ({ flavor: name, ...leftForPods({ vCPUs, ram }), price: prices.get(name) ?? NaN }));
}

export interface PaidNode {
  readonly flavor: string;
  /** When it was ordered, in milliseconds since 1970. */
  readonly orderedAt: number;
}

/** All nodes but those of the pool `system`, from their order until their removal is asked for. */
export async function readPaidNodes(clusterId: string): Promise<PaidNode[]> {
  const read = <T>(path: string): Promise<T[]> => callProject("GET", `/kube/${clusterId}/${path}`);
  const [nodes, pools] = await Promise.all([
    read<{ flavor: string; createdAt: string; status: string; nodePoolId: string }>("node"),
    read<{ id: string; name: string }>("nodepool"),
  ]);
  const system = pools.find(({ name }) => name === "system")?.id;
  return nodes
    .filter(({ nodePoolId, status }) => nodePoolId !== system && status !== "DELETING")
    .map(({ flavor, createdAt }) => ({ flavor, orderedAt: Date.parse(createdAt) }));
}
