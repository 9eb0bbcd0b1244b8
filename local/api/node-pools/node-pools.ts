/**
 * `/cloud/project/{id}/kube/{id}/nodepool` and `/node`: node pools and their nodes.
 * Imports `catalog/`, `context/`, `request/` and `state/`.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { maxNodesOfPlan } from "../catalog/catalog";
import { delayOf, nowText, type Context } from "../context/context";
import { conflict, notFound } from "../request/errors";
import type { ClusterRecord, NodeRecord, PoolRecord } from "../state/model";
import { Nodes } from "./nodes";
import { checkPlan, flavorOf, newPool } from "./pool-create";
import { checkImmutable, checkPoolSize, chooseVictims, isSettled, poolView } from "./pool-rules";
import type { CreatePoolBody, PoolService, PoolView, UpdatePoolBody } from "../state/pools";
import { checkQuota } from "../catalog/quota";
import { updatePoolSchema } from "./schemas";
import { Tasks } from "../context/tasks";
import { parseBody } from "../request/validate";

/** The node pools: keeps as many nodes as each pool desires, in a level-triggered way, so that a restart just goes on. */
export class NodePools implements PoolService {
  readonly nodes: Nodes;
  private readonly tasks: Tasks;
  /** Pools whose time to be set up is over. */
  private readonly prepared = new Set<string>();
  private readonly listeners = new Set<(clusterId: string) => void>();
  private readonly announced = new Set<string>();

  constructor(private readonly context: Context) {
    this.nodes = new Nodes(context, (poolId) => this.reconcile(poolId));
    this.tasks = new Tasks((key, error) => context.log(`pool ${key}: ${String(error)}`));
  }

  list(clusterId: string): PoolView[] {
    return this.of(clusterId).map((pool) => this.view(pool));
  }

  get(clusterId: string, poolId: string): PoolView {
    return this.view(this.record(clusterId, poolId));
  }

  create(clusterId: string, body: CreatePoolBody): PoolView {
    const pool = newPool(this.context, this.readyCluster(clusterId), this.of(clusterId), body);
    this.context.store.state.pools[pool.id] = pool;
    this.reconcile(pool.id);
    return this.view(pool);
  }

  update(clusterId: string, poolId: string, input: UpdatePoolBody): void {
    const { nodesToRemove = [], ...body } = parseBody(updatePoolSchema, input);
    const pool = this.record(clusterId, poolId);
    checkImmutable(pool, body);
    const cluster = this.cluster(clusterId);
    if (pool.deleting || cluster.status === "DELETING") throw conflict(`Node pool ${pool.name} is being deleted`);
    const desired = {
      desiredNodes: body.desiredNodes ?? pool.desiredNodes,
      minNodes: body.minNodes ?? pool.minNodes,
      maxNodes: body.maxNodes ?? pool.maxNodes,
      autoscale: body.autoscale ?? pool.autoscale,
      autoscaling: { ...pool.autoscaling, ...body.autoscaling },
      template: body.template ?? pool.template,
      attachFloatingIps: body.attachFloatingIps ?? pool.attachFloatingIps,
    };
    checkPoolSize({ ...desired, antiAffinity: pool.antiAffinity }, maxNodesOfPlan[cluster.plan]);
    const live = this.live(pool);
    const more = desired.desiredNodes - live.length;
    checkPlan(cluster, this.of(clusterId), desired.desiredNodes - pool.desiredNodes);
    checkQuota(this.context, cluster.region, flavorOf(cluster, pool.flavor), more);
    const victims = chooseVictims(live, -more, nodesToRemove, this.context.random);

    const same = (key: keyof typeof desired): boolean => JSON.stringify(desired[key]) === JSON.stringify(pool[key]);
    if (!(Object.keys(desired) as (keyof typeof desired)[]).every(same)) {
      if (!same("template")) pool.templateRevision++;
      Object.assign(pool, desired, { revision: pool.revision + 1, updatedAt: nowText(this.context) });
    }
    for (const node of victims) this.nodes.remove(node);
    this.reconcile(poolId);
  }

  remove(clusterId: string, poolId: string): void {
    const pool = this.record(clusterId, poolId);
    if (pool.deleting) return;
    Object.assign(pool, { deleting: true, revision: pool.revision + 1, updatedAt: nowText(this.context) });
    this.reconcile(poolId);
  }

  /** Deletes one node for good: its pool then desires one node less. */
  removeNode(clusterId: string, nodeId: string): void {
    const node = this.allNodes(clusterId).find(({ id }) => id === nodeId);
    const pool = node && this.context.store.state.pools[node.poolId];
    if (!node || !pool) throw notFound(`Node ${nodeId} not found`);
    if (node.status === "DELETING") return;
    this.update(clusterId, pool.id, { desiredNodes: pool.desiredNodes - 1, nodesToRemove: [nodeId] });
  }

  /** Has the nodes of a cluster installed anew, all at once. */
  reinstall(clusterId: string): void {
    for (const node of this.allNodes(clusterId)) this.nodes.reinstall(node);
    this.resume(clusterId);
  }

  allNodes(clusterId: string): NodeRecord[] {
    return this.of(clusterId).flatMap((pool) => this.nodes.of(pool.id));
  }

  nodeViews(clusterId: string, poolId?: string): Record<string, unknown>[] {
    const pools = poolId === undefined ? this.of(clusterId) : [this.record(clusterId, poolId)];
    return pools.flatMap((pool) => this.nodes.of(pool.id).map((node) => this.nodes.view(node, pool)));
  }

  onChange(listener: (clusterId: string) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Goes on with every pool of a cluster, which has just become able to run nodes. */
  resume(clusterId: string): void {
    for (const pool of this.of(clusterId)) this.reconcile(pool.id);
  }

  halt(clusterId: string): void {
    for (const node of this.allNodes(clusterId)) this.nodes.halt(node);
  }

  /** Forgets the pools of a cluster that is gone. */
  async forget(clusterId: string): Promise<void> {
    for (const pool of this.of(clusterId)) {
      await Promise.all(this.nodes.of(pool.id).map((node) => this.nodes.forget(node)));
      delete this.context.store.state.pools[pool.id];
    }
    this.announce(clusterId);
  }

  close(): void {
    this.tasks.close();
    this.nodes.close();
  }

  async idle(): Promise<void> {
    await this.tasks.idle();
    await this.nodes.idle();
  }

  private reconcile(poolId: string): void {
    const pool = this.context.store.state.pools[poolId];
    if (!pool) return;
    const cluster = this.cluster(pool.clusterId);
    if (["READY", "UPDATING", "REDEPLOYING"].includes(cluster.status)) {
      this.resize(pool, cluster);
      if (!this.isPrepared(pool)) this.tasks.start(poolId, (signal) => this.prepare(pool, signal));
    }
    this.context.store.changed();
    this.announce(pool.clusterId);
  }

  /** Until then a pool has its nodes, and none of them boots. */
  private isPrepared(pool: PoolRecord): boolean {
    return pool.installed || pool.deleting || this.prepared.has(pool.id);
  }

  private async prepare(pool: PoolRecord, signal: AbortSignal): Promise<void> {
    await this.context.clock.sleep(delayOf(this.context, "pool"), signal);
    this.prepared.add(pool.id);
    this.reconcile(pool.id);
  }

  private resize(pool: PoolRecord, cluster: ClusterRecord): void {
    const live = this.live(pool);
    const missing = pool.deleting ? 0 : pool.desiredNodes - live.length;
    for (let i = 0; i < missing; i++) this.addNode(pool, i + live.length);
    const victims = pool.deleting ? live : chooseVictims(live, -missing, [], this.context.random);
    for (const node of victims) this.nodes.remove(node);
    const nodes = this.nodes.of(pool.id);
    if (pool.deleting && nodes.length === 0) {
      delete this.context.store.state.pools[pool.id];
      this.context.log(`pool ${pool.name} of cluster ${cluster.name} is deleted`);
      return;
    }
    if (!this.isPrepared(pool)) return;
    for (const node of nodes) this.nodes.sync(node, pool);
    if (isSettled(pool, nodes)) pool.installed = true;
  }

  private addNode(pool: PoolRecord, index: number): void {
    const now = nowText(this.context);
    const zones = pool.availabilityZones;
    const node: NodeRecord = {
      id: randomUUID(),
      instanceId: "",
      poolId: pool.id,
      name: `${pool.name}-node-${randomBytes(3).toString("hex")}`,
      zone: zones[index % zones.length] ?? "nova",
      createdAt: now,
      updatedAt: now,
      status: "INSTALLING",
      templateRevision: pool.templateRevision,
    };
    this.context.store.state.nodes[node.id] = node;
  }

  /** Tells the listeners once for all changes of this turn. */
  private announce(clusterId: string): void {
    if (this.announced.has(clusterId)) return;
    this.announced.add(clusterId);
    queueMicrotask(() => {
      this.announced.delete(clusterId);
      for (const listener of this.listeners) listener(clusterId);
    });
  }

  private of(clusterId: string): PoolRecord[] {
    return Object.values(this.context.store.state.pools).filter((pool) => pool.clusterId === clusterId);
  }

  private live(pool: PoolRecord): NodeRecord[] {
    return this.nodes.of(pool.id).filter((node) => node.status !== "DELETING");
  }

  private view(pool: PoolRecord): PoolView {
    return poolView(pool, this.nodes.of(pool.id), this.context.serviceName);
  }

  private record(clusterId: string, poolId: string): PoolRecord {
    const pool = this.context.store.state.pools[poolId];
    if (pool?.clusterId !== clusterId) throw notFound(`Node pool ${poolId} not found`);
    return pool;
  }

  private cluster(clusterId: string): ClusterRecord {
    const cluster = this.context.store.state.clusters[clusterId];
    if (!cluster) throw notFound(`Cluster ${clusterId} not found`);
    return cluster;
  }

  private readyCluster(clusterId: string): ClusterRecord {
    const cluster = this.cluster(clusterId);
    if (cluster.status !== "READY") throw conflict(`Cluster ${cluster.name} is not READY but ${cluster.status}`);
    return cluster;
  }
}
