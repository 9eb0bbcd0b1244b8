import { randomUUID } from "node:crypto";
import { OutOfNodesError, type NodeSpec } from "../state/backends";
import { flavors, kubernetes } from "../catalog/catalog";
import { attempt, delayOf, nowText, type Context } from "../context/context";
import type { NodeRecord, NodeStatus, PoolRecord } from "../state/model";
import { Tasks } from "../context/tasks";

/** How often a node's boot is tried before the node is in ERROR. */
const bootTries = 3;

/** Boots, updates and stops nodes, all at the same time, until each is as its record asks. */
export class Nodes {
  private readonly tasks: Tasks;
  /** Nodes that the backend has been told of since this process began; the others are adopted after a restart. */
  private readonly known = new Set<string>();

  constructor(
    private readonly context: Context,
    private readonly onChange: (poolId: string) => void,
  ) {
    this.tasks = new Tasks((key, error) => context.log(`node ${key}: ${String(error)}`));
  }

  of(poolId: string): NodeRecord[] {
    return Object.values(this.context.store.state.nodes).filter((node) => node.poolId === poolId);
  }

  /** Starts what the node's status asks for, unless it is under way. */
  sync(node: NodeRecord, pool: PoolRecord): void {
    switch (node.status) {
      case "INSTALLING":
        return this.tasks.start(node.id, (signal) => this.boot(node, pool, signal));
      case "READY":
        if (node.templateRevision === pool.templateRevision) {
          if (!this.known.has(node.id)) this.tasks.start(node.id, (signal) => this.start(node, pool, signal));
          return;
        }
        this.set(node, "UPDATING");
        return this.tasks.start(node.id, (signal) => this.start(node, pool, signal));
      case "UPDATING":
        return this.tasks.start(node.id, (signal) => this.start(node, pool, signal));
      case "REDEPLOYING":
        return this.tasks.start(node.id, (signal) => this.redeploy(node, pool, signal));
      case "FLAVOR_OUT_OF_STOCK_ERROR":
        return this.tasks.start(node.id, (signal) => this.waitForStock(node, signal));
      case "DELETING":
        return this.tasks.start(`stop ${node.id}`, (signal) => this.stop(node, pool, signal));
      case "ERROR":
    }
  }

  remove(node: NodeRecord): void {
    this.set(node, "DELETING");
  }

  /** Has a node that works installed anew: what runs on it is lost. */
  reinstall(node: NodeRecord): void {
    if (node.status === "READY" || node.status === "UPDATING") this.set(node, "REDEPLOYING");
  }

  /** Stops waiting for a node whose cluster goes away. */
  halt(node: NodeRecord): void {
    this.tasks.abort(node.id);
    this.tasks.abort(`stop ${node.id}`);
  }

  /** Forgets a node whose cluster is gone, once all work on it has ended. */
  async forget(node: NodeRecord): Promise<void> {
    await this.tasks.cancel(node.id);
    await this.tasks.cancel(`stop ${node.id}`);
    delete this.context.store.state.nodes[node.id];
    this.known.delete(node.id);
  }

  close(): void {
    this.tasks.close();
  }

  idle(): Promise<void> {
    return this.tasks.idle();
  }

  private async boot(node: NodeRecord, pool: PoolRecord, signal: AbortSignal): Promise<void> {
    const fault = this.context.faults.forBoot({ pool: pool.name, flavor: pool.flavor });
    if (fault?.action === "never-boots") return aborted(signal);
    if (fault?.action === "out-of-stock") return this.end(node, "FLAVOR_OUT_OF_STOCK_ERROR");
    if (fault?.action === "boot-error") return this.end(node, "ERROR");
    await this.context.clock.sleep(fault?.action === "slow-boot" ? fault.seconds * 1000 : this.context.delays.boot, signal);
    return this.start(node, pool, signal);
  }

  private async redeploy(node: NodeRecord, pool: PoolRecord, signal: AbortSignal): Promise<void> {
    await this.context.store.flush();
    await attempt(this.context, `reinstallation of node ${node.name}`, () => this.context.cluster.stopNode(pool.clusterId, node.name), {
      tries: Infinity,
      signal,
    });
    // Its status says REDEPLOYING until it is READY.
    await this.boot(node, pool, signal);
  }

  /** Brings the running node in line with its record; a node that is so already is left alone by the backend. */
  private async start(node: NodeRecord, pool: PoolRecord, signal: AbortSignal): Promise<void> {
    // The node must be on record before it exists, or a crash in between would leave a node that nobody knows.
    node.instanceId ||= randomUUID();
    this.context.store.changed();
    await this.context.store.flush();
    const templateRevision = pool.templateRevision;
    const { status } = node;
    try {
      await attempt(this.context, `node ${node.name}`, () => this.context.cluster.startNode(pool.clusterId, this.spec(node, pool)), {
        tries: bootTries,
        signal,
        fatal: (error) => error instanceof OutOfNodesError,
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof OutOfNodesError)) return this.end(node, "ERROR");
      node.instanceId = "";
      return this.end(node, "FLAVOR_OUT_OF_STOCK_ERROR");
    }
    signal.throwIfAborted();
    this.known.add(node.id);
    node.templateRevision = templateRevision;
    node.deployedAt ??= nowText(this.context);
    // Meanwhile it may have been told to be installed anew, which is done once this task is over.
    this.end(node, node.status === status ? "READY" : node.status);
  }

  private async waitForStock(node: NodeRecord, signal: AbortSignal): Promise<void> {
    await this.context.clock.sleep(delayOf(this.context, "stock"), signal);
    this.end(node, "INSTALLING");
  }

  private async stop(node: NodeRecord, pool: PoolRecord, signal: AbortSignal): Promise<void> {
    await this.context.store.flush();
    await this.context.clock.sleep(delayOf(this.context, "delete"), signal);
    const stop = (): Promise<void> =>
      attempt(this.context, `deletion of node ${node.name}`, () => this.context.cluster.stopNode(pool.clusterId, node.name), {
        tries: Infinity,
        signal,
      });
    await stop();
    // A boot that was under way may have brought the node back: once it has ended, the node is stopped for good.
    if (await this.tasks.cancel(node.id)) await stop();
    delete this.context.store.state.nodes[node.id];
    this.known.delete(node.id);
    this.context.store.changed();
    queueMicrotask(() => this.onChange(node.poolId));
  }

  /** Sets the status with which a task ends, and lets the pool look at the node again once the task is over. */
  private end(node: NodeRecord, status: NodeStatus): void {
    if (node.status === "DELETING") return;
    this.set(node, status);
    setImmediate(() => this.onChange(node.poolId));
  }

  private set(node: NodeRecord, status: NodeStatus): void {
    if (node.status === status) return;
    node.status = status;
    node.updatedAt = nowText(this.context);
    this.context.store.changed();
  }

  private spec(node: NodeRecord, pool: PoolRecord): NodeSpec {
    const flavor = flavors.find(({ name }) => name === pool.flavor);
    const region = this.context.store.state.clusters[pool.clusterId]?.region;
    if (!flavor || !region) throw new Error(`node ${node.name}: flavor ${pool.flavor} or cluster ${pool.clusterId} is not known`);
    const { metadata, spec } = pool.template;
    return {
      id: node.id,
      name: node.name,
      instanceId: node.instanceId,
      poolName: pool.name,
      flavor: { name: flavor.name, vCPUs: flavor.vCPUs, ram: flavor.ram, disk: flavor.disk, gpus: flavor.gpus },
      region,
      zone: node.zone,
      labels: metadata.labels,
      annotations: metadata.annotations,
      taints: spec.taints,
      unschedulable: spec.unschedulable,
    };
  }

  view(node: NodeRecord, pool: PoolRecord): Record<string, unknown> {
    return {
      id: node.id,
      instanceId: node.instanceId,
      nodePoolId: node.poolId,
      projectId: this.context.serviceName,
      name: node.name,
      flavor: pool.flavor,
      status: node.status,
      version: kubernetes.full,
      isUpToDate: node.templateRevision === pool.templateRevision,
      createdAt: node.createdAt,
      updatedAt: node.updatedAt,
      deployedAt: node.deployedAt ?? null,
    };
  }
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
