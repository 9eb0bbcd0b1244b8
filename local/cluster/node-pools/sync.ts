/**
 * OVHcloud's NodePool custom resource, kept in step with the emulator's node pools.
 * Imports nothing of the other folders of local/cluster.
 */
import type { PoolService, PoolView } from "../../api/state/pools";
import { nodePoolsPath } from "./crd";
import { ClusterError } from "../../../kubernetes/cluster";
import { type KubeApi } from "../api/kube-api";
import {
  type LastSync,
  type NodePool,
  type PoolDecision,
  type ResourceDecision,
  asksPools,
  decide,
  finalizer,
  lastSyncAnnotation,
} from "./decision";
import { Refusals, type Versions } from "./refusals";
import { explain, isReported, statusOf } from "./status";

export interface NodePoolSyncOptions {
  readonly api: Pick<KubeApi, "create" | "replace" | "patch" | "delete" | "follow">;
  readonly pools: PoolService;
  readonly clusterId: string;
  readonly say: (text: string) => void;
}

/** Keeps the NodePool resources of a cluster and the pools of the API in step, in both directions, as either changes. */
export class NodePoolSync {
  /** Undefined until the first list of them has come. */
  private resources: Map<string, NodePool> | undefined;
  private readonly refusals = new Refusals();
  private wake: () => void = () => undefined;

  constructor(private readonly options: NodePoolSyncOptions) {}

  /** Goes on until `abort`. */
  run(abort: AbortSignal): void {
    const { api, pools, clusterId } = this.options;
    const stop = pools.onChange((id) => id === clusterId && this.wake());
    abort.addEventListener("abort", () => {
      stop();
      this.wake();
    });
    const handler = {
      replace: (items: readonly NodePool[]) => {
        this.resources = new Map(items.map((item) => [item.metadata.name, item]));
        this.wake();
      },
      set: (item: NodePool) => {
        this.remember(item);
        this.wake();
      },
      remove: (item: NodePool) => {
        this.resources?.delete(item.metadata.name);
        this.wake();
      },
    };
    void api.follow<NodePool>(nodePoolsPath, handler, abort);
    void this.loop(abort);
  }

  private async loop(abort: AbortSignal): Promise<void> {
    while (!abort.aborted) {
      // Set before the work, so that a change during it is seen.
      const change = new Promise<void>((resolve) => (this.wake = resolve));
      if (this.resources) await this.reconcileAll(this.resources);
      const soonest = this.refusals.soonest();
      const timer = soonest === undefined ? undefined : setTimeout(this.wake, Math.max(0, soonest - Date.now()));
      if (!abort.aborted) await change;
      clearTimeout(timer);
    }
  }

  private async reconcileAll(resources: Map<string, NodePool>): Promise<void> {
    const pools = new Map(this.options.pools.list(this.options.clusterId).map((pool) => [pool.name, pool]));
    const names = new Set([...pools.keys(), ...resources.keys()]);
    this.refusals.keepOnly(names);
    for (const name of names) {
      const resource = resources.get(name);
      try {
        await this.reconcile(name, pools.get(name), resource);
      } catch (error) {
        // Changed or deleted meanwhile: the watch brings what it is now.
        if (error instanceof ClusterError && [404, 409].includes(error.status ?? 0)) continue;
        this.refuse(name, versionsOf(resource, pools.get(name)), resource, error);
      }
    }
  }

  private async reconcile(name: string, pool: PoolView | undefined, resource: NodePool | undefined): Promise<void> {
    const decision = decide(pool, resource);
    if (!asksPools(decision)) {
      await this.change(name, decision, resource);
      this.refusals.clear(name);
    } else if (!this.refusals.holdsBack(name, versionsOf(resource, pool))) {
      try {
        this.ask(name, decision, resource);
        this.refusals.clear(name);
      } catch (error) {
        this.refuse(name, versionsOf(resource, pool), resource, error);
      }
    }
    await this.report(name, pool);
  }

  /** @throws ApiError when the API refuses */
  private ask(name: string, decision: PoolDecision, resource: NodePool | undefined): void {
    const { pools, clusterId } = this.options;
    if (decision.kind === "createPool") pools.create(clusterId, decision.body);
    else if (decision.kind === "removePool") pools.remove(clusterId, decision.poolId);
    else {
      pools.update(clusterId, decision.poolId, decision.body);
      const after = pools.list(clusterId).find((pool) => pool.name === name);
      if (decide(after, resource).kind === "updatePool")
        throw new Error(`The API does not change ${Object.keys(decision.body).join(", ")}.`);
    }
    this.wake();
  }

  private async change(name: string, decision: ResourceDecision, resource: NodePool | undefined): Promise<void> {
    const { api } = this.options;
    const path = `${nodePoolsPath}/${name}`;
    const note = (sync: LastSync) => ({ [lastSyncAnnotation]: JSON.stringify(sync) });
    if (decision.kind === "createResource") {
      const metadata = { name, annotations: note(decision.sync), finalizers: [finalizer] };
      this.remember(
        await api.create(nodePoolsPath, { apiVersion: "kube.cloud.ovh.com/v1alpha1", kind: "NodePool", metadata, spec: decision.spec }),
      );
    } else if (decision.kind === "deleteResource") {
      await api.delete(path);
    } else if (decision.kind !== "nothing" && resource) {
      const { metadata } = resource;
      const others = (metadata.finalizers ?? []).filter((f) => f !== finalizer);
      const finalizers = decision.kind === "releaseResource" ? others : [...others, finalizer];
      const synced = decision.kind === "updateResource" ? { annotations: { ...metadata.annotations, ...note(decision.sync) } } : {};
      const spec = decision.kind === "updateResource" ? decision.spec : resource.spec;
      const changed: NodePool = { ...resource, metadata: { ...metadata, ...synced, finalizers }, spec };
      this.remember(await api.replace(path, changed));
    }
  }

  /** Brings the status of the resource, as it is by now, up to date. */
  private async report(name: string, pool: PoolView | undefined): Promise<void> {
    const resource = this.resources?.get(name);
    if (!resource || resource.metadata.deletionTimestamp) return;
    const status = statusOf(resource, pool, this.refusals.get(name), new Date());
    if (!isReported(resource.status, status)) this.remember(await this.options.api.patch(`${nodePoolsPath}/${name}/status`, { status }));
  }

  private refuse(name: string, versions: Versions, resource: NodePool | undefined, error: unknown): void {
    const reason = explain(error);
    if (!this.refusals.add(name, versions, reason)) return;
    this.options.say(`node pool ${name}: ${reason.reason}: ${reason.message}`);
    if (resource) this.warn(resource, reason);
  }

  /** An older state than the known one, which a watch may still bring after an own change, is no news. */
  private remember(item: NodePool): void {
    const known = this.resources?.get(item.metadata.name);
    const isOlder =
      known?.metadata.uid === item.metadata.uid && Number(known?.metadata.resourceVersion) > Number(item.metadata.resourceVersion);
    if (!isOlder) this.resources?.set(item.metadata.name, item);
  }

  private warn(resource: NodePool, { reason, message }: { reason: string; message: string }): void {
    const now = new Date().toISOString();
    const { name, uid } = resource.metadata;
    const event = {
      metadata: { generateName: `${name}.`, namespace: "default" },
      involvedObject: { apiVersion: "kube.cloud.ovh.com/v1alpha1", kind: "NodePool", name, uid },
      type: "Warning",
      reason,
      message,
      source: { component: "nodepool-controller" },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    };
    this.options.api.create("/api/v1/namespaces/default/events", event).catch(() => undefined);
  }
}

const versionsOf = (resource: NodePool | undefined, pool: PoolView | undefined): Versions => ({
  generation: resource?.metadata.generation,
  revision: pool?.revision,
});
