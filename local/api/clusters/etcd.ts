import { etcdBytesOfNodes, etcdBytesOfPlan } from "../catalog/catalog";
import type { Context } from "../context/context";
import type { NodePools } from "../node-pools/node-pools";
import type { EtcdQuota, EtcdQuotas } from "../state/backends";
import type { Clusters } from "./clusters";

/**
 * `GET /cloud/project/{id}/kube/{id}/metrics/etcdUsage`: how many bytes a cluster's etcd may hold, and how many it holds. Clusters of the plan Free share an
 * etcd, those of Standard have one each.
 *
 * @see https://docs.ovhcloud.com/en/guides/public-cloud/containers-orchestration/managed-kubernetes/understanding-mks-architecture
 */
export class Etcd implements EtcdQuotas {
  constructor(
    private readonly context: Context,
    private readonly clusters: Clusters,
    private readonly pools: NodePools,
  ) {
    pools.onChange((clusterId) => this.countNodes(clusterId));
  }

  /** @throws {ApiError} 404 for an unknown cluster, 409 for one whose Kubernetes does not run */
  async usage(clusterId: string): Promise<{ quota: number; usage: number }> {
    this.clusters.serving(clusterId);
    const { bytes, of } = this.now(clusterId);
    return { quota: bytes, usage: await this.context.cluster.etcdUsage(clusterId, of) };
  }

  fileOf(clusterId: string): number {
    const { plan } = this.clusters.record(clusterId);
    return etcdBytesOfPlan[this.context.etcdQuota === "plan" ? plan : "standard"];
  }

  now(clusterId: string): EtcdQuota {
    const { plan, mostNodes = 0 } = this.clusters.record(clusterId);
    const { etcdQuota } = this.context;
    if (plan === "standard" || etcdQuota === "plan") return { bytes: etcdBytesOfPlan[plan], of: "file" };
    if (etcdQuota === "off") return { bytes: etcdBytesOfPlan.standard, of: "objects" };
    const nodes = Math.max(mostNodes, this.nodes(clusterId));
    return { bytes: Math.min(etcdBytesOfPlan.free, etcdBytesOfNodes(nodes)), of: "objects" };
  }

  /** "The quota … will never be decreased (even if all nodes are removed)". */
  private countNodes(clusterId: string): void {
    const cluster = this.context.store.state.clusters[clusterId];
    const nodes = this.nodes(clusterId);
    if (!cluster || nodes <= (cluster.mostNodes ?? 0)) return;
    cluster.mostNodes = nodes;
    this.context.store.changed();
  }

  /** Nodes that have been ready: one that is ordered and never boots adds nothing. */
  private nodes(clusterId: string): number {
    return this.pools.allNodes(clusterId).filter(({ deployedAt }) => deployedAt !== undefined).length;
  }
}
