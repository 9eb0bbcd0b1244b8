/**
 * `/cloud/project/{id}/kube`: clusters and their settings.
 * Imports `node-pools/`, `networks/` and what these import.
 */
import { randomUUID } from "node:crypto";
import { plural } from "../../../common/text";
import { findRegion, kubernetes, type Region, regions } from "../catalog/catalog";
import { attempt, delayOf, nowText, type Context } from "../context/context";
import { conflict, notFound, notSupported } from "../request/errors";
import type { ClusterRecord, ClusterStatus } from "../state/model";
import type { Networks } from "../networks/networks";
import type { NodePools } from "../node-pools/node-pools";
import { clusterBodies, createClusterSchema } from "./schemas";
import { Tasks } from "../context/tasks";
import { invalid, parseBody } from "../request/validate";

/** How often the start of a cluster is tried before the cluster is in ERROR. */
const startTries = 2;

type Place = Pick<ClusterRecord, "plan" | "privateNetworkId" | "nodesSubnetId">;

/** The managed Kubernetes clusters: what the API says of them, and their life from INSTALLING to gone. */
export class Clusters {
  private readonly tasks: Tasks;

  constructor(
    private readonly context: Context,
    private readonly pools: NodePools,
    private readonly networks: Networks,
  ) {
    this.tasks = new Tasks((key, error) => context.log(`cluster ${key}: ${String(error)}`));
  }

  list(): string[] {
    return Object.keys(this.context.store.state.clusters);
  }

  get(id: string): Record<string, unknown> {
    const cluster = this.record(id);
    return {
      id,
      name: cluster.name,
      region: cluster.region,
      status: cluster.status,
      version: kubernetes.full,
      plan: cluster.plan,
      url: cluster.url,
      nodesUrl: cluster.url,
      updatePolicy: cluster.updatePolicy,
      nextUpgradeVersions: [],
      isUpToDate: true,
      controlPlaneIsUpToDate: true,
      kubeProxyMode: cluster.kubeProxyMode,
      customization: cluster.customization,
      privateNetworkId: cluster.privateNetworkId ?? null,
      privateNetworkConfiguration: cluster.privateNetworkConfiguration ?? null,
      nodesSubnetId: cluster.nodesSubnetId ?? null,
      loadBalancersSubnetId: cluster.loadBalancersSubnetId ?? null,
      ipAllocationPolicy: cluster.ipAllocationPolicy ?? null,
      auditLogsSubscribed: false,
      createdAt: cluster.createdAt,
      updatedAt: cluster.updatedAt,
    };
  }

  create(input: unknown): Record<string, unknown> {
    const { name, version = kubernetes.minor, ...body } = parseBody(createClusterSchema, input);
    const region = findRegion(body.region);
    const faults: Record<string, string> = { ...this.placeFaults(region, body) };
    if (!region) faults.region = `no such region: ${body.region}; there are ${regions.map((region) => region.name).join(", ")}`;
    if (version !== kubernetes.minor) faults.version = `"${version}" does not match the enum; there is ${kubernetes.minor}`;
    if (body.kubeProxyMode === "ipvs") faults.kubeProxyMode = "ipvs is not supported by the local cloud; use iptables";
    if (Object.keys(faults).length > 0) throw invalid(faults);
    const { maxClusters } = this.context;
    if (this.list().length >= maxClusters) {
      throw conflict(`The local cloud holds at most ${plural(maxClusters, "cluster")}; there are already: ${this.list().join(", ")}`);
    }
    const now = nowText(this.context);
    const id = randomUUID();
    const cluster: ClusterRecord = {
      id,
      name: name ?? `cluster-${id.slice(0, 8)}`,
      version,
      ...body,
      status: "INSTALLING",
      url: "",
      ipRestrictions: [],
      createdAt: now,
      updatedAt: now,
    };
    this.context.store.state.clusters[id] = cluster;
    this.context.store.changed();
    this.run(cluster);
    return this.get(id);
  }

  /** What OVHcloud refuses of plan and private network in the region. */
  private placeFaults(region: Region | undefined, { plan, privateNetworkId, nodesSubnetId }: Place): Record<string, string> {
    const needsGateway = plan === "standard";
    if (needsGateway && region && !region.standard) return { plan: `the plan standard is not available in ${region.name}` };
    if (needsGateway && privateNetworkId === undefined) return { privateNetworkId: "is mandatory with the plan standard" };
    if (privateNetworkId === undefined || !region) return {};
    return this.networks.faultsOf(region.name, privateNetworkId, nodesSubnetId, needsGateway);
  }

  async kubeconfig(id: string): Promise<{ content: string }> {
    this.serving(id);
    return { content: await this.context.cluster.kubeconfig(id) };
  }

  /** Gives the cluster another kubeconfig, and installs its nodes anew; the kubeconfigs given out so far are of no use any more. */
  async resetKubeconfig(id: string): Promise<void> {
    const cluster = this.ready(id);
    await this.context.cluster.resetKubeconfig(id);
    this.redeploy(cluster, "REDEPLOYING", {});
    this.pools.reinstall(id);
  }

  /** Deletes everything in the cluster, its pools with it, and sets it up anew. */
  reset(id: string, input: unknown): void {
    const { workerNodesPolicy } = parseBody(clusterBodies.reset, input);
    if (workerNodesPolicy === "reinstall") throw notSupported("a reset that reinstalls the nodes");
    const cluster = this.ready(id);
    this.change(cluster, { status: "RESETTING" });
    this.run(cluster);
  }

  remove(id: string): void {
    const cluster = this.record(id);
    if (cluster.status === "DELETING") return;
    this.change(cluster, { status: "DELETING" });
    this.run(cluster);
  }

  /** Goes on with whatever was under way when the emulator ended, and adopts what runs. */
  resume(): void {
    for (const cluster of Object.values(this.context.store.state.clusters)) this.run(cluster);
  }

  close(): void {
    this.tasks.close();
  }

  idle(): Promise<void> {
    return this.tasks.idle();
  }

  /** Starts the task that brings the cluster from its present status to the one that follows. */
  private run(cluster: ClusterRecord): void {
    if (cluster.status === "ERROR") return;
    if (cluster.status !== "DELETING") return this.tasks.start(cluster.id, (signal) => this.start(cluster, signal));
    this.tasks.start(`delete ${cluster.id}`, (signal) => this.delete(cluster, signal));
  }

  private async start(cluster: ClusterRecord, signal: AbortSignal): Promise<void> {
    // On record before it exists: a crash in between must not leave a cluster that nobody knows.
    await this.context.store.flush();
    if (cluster.status === "RESETTING") {
      this.pools.halt(cluster.id);
      await this.context.cluster.deleteCluster(cluster.id);
      await this.pools.forget(cluster.id);
    }
    if (cluster.status !== "READY") await this.context.clock.sleep(delayOf(this.context, "cluster"), signal);
    const { id, name, region, version } = cluster;
    const create = (): Promise<void> => this.context.cluster.createCluster({ id, name, region, version });
    try {
      await attempt(this.context, `start of cluster ${name}`, create, { tries: startTries, signal });
      const url = /server: *["']?https:\/\/([^\s"'/]+)/.exec(await this.context.cluster.kubeconfig(id))?.[1] ?? "";
      signal.throwIfAborted();
      this.change(cluster, { status: "READY", url });
    } catch {
      signal.throwIfAborted();
      return this.change(cluster, { status: "ERROR" });
    }
    this.pools.resume(id);
  }

  private async delete(cluster: ClusterRecord, signal: AbortSignal): Promise<void> {
    this.pools.halt(cluster.id);
    this.tasks.abort(cluster.id);
    await this.context.store.flush();
    await this.context.clock.sleep(delayOf(this.context, "delete"), signal);
    const remove = (): Promise<void> => this.context.cluster.deleteCluster(cluster.id);
    await attempt(this.context, `deletion of cluster ${cluster.name}`, remove, { tries: Infinity, signal });
    // A start that was under way may have brought the cluster back: once it has ended, the cluster goes for good.
    if (await this.tasks.cancel(cluster.id))
      await attempt(this.context, `deletion of cluster ${cluster.name}`, remove, { tries: Infinity, signal });
    await this.pools.forget(cluster.id);
    delete this.context.store.state.clusters[cluster.id];
    this.context.store.changed();
  }

  /** Makes a change that keeps the cluster busy for a while. */
  redeploy(cluster: ClusterRecord, status: ClusterStatus, changes: Partial<ClusterRecord>): void {
    this.change(cluster, { ...changes, status });
    this.tasks.start(cluster.id, async (signal) => {
      await this.context.clock.sleep(delayOf(this.context, "update"), signal);
      this.change(cluster, { status: "READY" });
    });
  }

  change(cluster: ClusterRecord, changes: Partial<ClusterRecord>): void {
    Object.assign(cluster, changes, { updatedAt: nowText(this.context) });
    this.context.store.changed();
  }

  record(id: string): ClusterRecord {
    const cluster = this.context.store.state.clusters[id];
    if (!cluster) throw notFound(`Cluster ${id} not found`);
    return cluster;
  }

  /** @throws {ApiError} 404 for an unknown cluster, 409 for one whose Kubernetes does not run */
  serving(id: string): ClusterRecord {
    const cluster = this.record(id);
    if (!["READY", "UPDATING", "REDEPLOYING"].includes(cluster.status)) throw conflict(`Cluster ${id} is not READY but ${cluster.status}`);
    return cluster;
  }

  /** @throws {ApiError} 404 for an unknown cluster, 409 for one that is busy */
  ready(id: string): ClusterRecord {
    const cluster = this.record(id);
    if (cluster.status !== "READY") throw conflict(`Cluster ${id} is not READY but ${cluster.status}`);
    return cluster;
  }
}
