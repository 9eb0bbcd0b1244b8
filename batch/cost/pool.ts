/** What a node of a pool is: its flavor, what it has for pods, and its price. */
import { type CatalogFlavor, nodeHourIn } from "../../common/catalog";
import { parseQuantity } from "../../common/quantity";
import { type Provisioner } from "../../common/provisioner";
import { leftForPods, maxPods } from "../../common/reserved";
import { type Cluster, ClusterError, type Node, type NodePool, type Taint } from "../../kubernetes/cluster";
import { messageOf } from "../../common/errors";
import { readCatalog } from "./catalog";
import { type PriceSettings } from "./config";

/** Amounts by Kubernetes resource: CPUs, bytes, pieces. */
export type Amounts = Readonly<Record<string, number>>;

export const gpuResource = "nvidia.com/gpu";

export interface Price {
  /** Of a node's hour, without tax. */
  readonly nodeHour: number;
  /** e.g. EUR; undefined for a price that the user gives, in whatever currency. */
  readonly currency?: string;
}

/** What the cluster tells of a pool. */
export interface PoolFacts {
  /** Who orders its nodes. With Karpenter neither its flavor nor its size is known beforehand. @default `autoscaler` */
  readonly provisioner?: Provisioner;
  /** Names of all pools; undefined when the cluster does not tell. */
  readonly pools?: readonly string[];
  readonly flavor?: string;
  readonly maxNodes?: number;
  /** How many nodes it is asked to have now. */
  readonly desiredNodes?: number;
  /** Its nodes are in a region of three availability zones, which has prices of its own. @default false */
  readonly threeZones?: boolean;
  /** Of its nodes. */
  readonly taints?: readonly Taint[];
  /** The most that any of its nodes has for pods; without a node, what one of its flavor has. */
  readonly allocatable?: Amounts;
  /** Whether that was read off a node. */
  readonly seen: boolean;
}

/** The same, and what OVHcloud's catalogue tells of its flavor. */
export interface PricedPool extends PoolFacts {
  readonly price?: Price;
  /** Why there is no price. */
  readonly unpriced?: string;
}

const none = { items: [] };
const flavorLabel = "node.kubernetes.io/instance-type";
const zoneLabel = "topology.kubernetes.io/zone";
/** What the zone of a region that has no other is called. */
const onlyZone = "nova";

/** Finds out about a pool, as far as the API server lets us. @throws {ClusterError} when it does not answer */
export async function poolFacts(cluster: Cluster, pool: string, provisioner: Provisioner = "autoscaler"): Promise<PoolFacts> {
  if (provisioner === "karpenter") return karpenterFacts(cluster, pool);
  const [{ items: pools } = none, { items: nodes } = none] = await Promise.all([
    unlessRefused(() => cluster.list("nodepools", undefined, {}, (one) => one)),
    unlessRefused(() => cluster.list("nodes", undefined, { labels: `nodepool=${pool}` }, (node) => node)),
  ]);
  const found = pools.find(({ metadata }) => metadata.name === pool);
  const zones = [...(found?.spec.availabilityZones ?? []), ...nodes.map(({ metadata }) => metadata.labels?.[zoneLabel] ?? onlyZone)];
  return {
    pools: pools.length > 0 ? pools.map(({ metadata }) => metadata.name) : undefined,
    flavor: found?.spec.flavor ?? nodes.map(({ metadata }) => metadata.labels?.[flavorLabel]).find(Boolean),
    maxNodes: found && maxNodesOf(found),
    ...(found?.spec.desiredNodes !== undefined && { desiredNodes: found.spec.desiredNodes }),
    ...(zones.some((zone) => zone !== onlyZone) && { threeZones: true }),
    taints: found?.spec.template?.spec?.taints,
    allocatable: largestOf(nodes),
    seen: nodes.length > 0,
  };
}

async function karpenterFacts(cluster: Cluster, pool: string): Promise<PoolFacts> {
  const pools = (await unlessRefused(() => cluster.list("karpenternodepools", undefined, {}, (one) => one)))?.items;
  const taints = pools?.find(({ metadata }) => metadata.name === pool)?.spec.template?.spec?.taints;
  return { provisioner: "karpenter", pools: pools?.map(({ metadata }) => metadata.name), taints, seen: false };
}

/** A pool that nobody scales stays as it is. */
const maxNodesOf = ({ spec: { maxNodes, desiredNodes, autoscale } }: NodePool): number | undefined =>
  autoscale === false && !maxNodes ? desiredNodes : maxNodes;

/** Adds what the catalogue, or the user, tells of the pool's flavor. Never throws: the answer tells why there is no price. */
export async function withPrice(facts: PoolFacts, settings: PriceSettings): Promise<PricedPool> {
  const { flavor, allocatable, threeZones = false, provisioner } = facts;
  if (provisioner === "karpenter") return { ...facts, unpriced: "Karpenter chooses the flavor of the pool's nodes when it orders them" };
  if (flavor === undefined) return { ...facts, unpriced: "the cluster does not tell the flavor of the pool's nodes" };
  const own = settings.nodeHour?.[flavor];
  const ownPrice = own === undefined ? undefined : { price: { nodeHour: own } };
  if (ownPrice && allocatable) return { ...facts, ...ownPrice };
  try {
    const { currency, flavors } = await readCatalog(settings);
    const found = flavors.get(flavor);
    const nodeHour = found && nodeHourIn(found, threeZones);
    const listed = nodeHour === undefined ? undefined : { price: { nodeHour, currency } };
    return {
      ...facts,
      // A node whose device plugin has not started yet tells of no GPU.
      allocatable: allocatable ? { ...(found && { [gpuResource]: found.gpus }), ...allocatable } : found && allocatableOf(found),
      ...(ownPrice ?? listed ?? { unpriced: `OVHcloud's price list has no flavor '${flavor}'; set prices.nodeHour` }),
    };
  } catch (error) {
    return { ...facts, ...(ownPrice ?? { unpriced: messageOf(error) }) };
  }
}

/** What a node of the flavor offers to pods. */
export function allocatableOf(flavor: CatalogFlavor): Amounts {
  const { millicores, memory, disk } = leftForPods(flavor);
  return {
    cpu: millicores / 1000,
    memory,
    ...(disk !== undefined && { "ephemeral-storage": disk }),
    pods: maxPods,
    [gpuResource]: flavor.gpus,
  };
}

/** The most of each resource that any of the nodes has. A device that the node has none of is not among its resources. */
export function largestOf(nodes: readonly Pick<Node, "status">[]): Amounts | undefined {
  if (nodes.length === 0) return undefined;
  const most: Record<string, number> = {};
  for (const { status } of nodes) {
    for (const [resource, text] of Object.entries(status?.allocatable ?? {})) {
      const amount = parseQuantity(text);
      if (amount) most[resource] = Math.max(most[resource] ?? 0, amount.milliValue / 1000);
    }
  }
  return most;
}

/** Answers undefined when the API server does not let us have it, or has no such kind. @throws {ClusterError} for other faults. */
async function unlessRefused<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ClusterError && (error.status === 404 || error.status === 403)) return undefined;
    throw error;
  }
}
