import { type ApiError } from "../../../local/api/request/errors";
import type { CreatePoolBody, PoolService, PoolView, UpdatePoolBody } from "../../../local/api/state/pools";
import { type Follower } from "../../../kubernetes/follow";
import { ClusterError } from "../../../kubernetes/cluster";
import { type KubeObject } from "../../../local/cluster/api/kube-api";
import type { NodePool, NodePoolSpec } from "../../../local/cluster/node-pools/decision";

export function poolView(changes: Partial<PoolView> = {}): PoolView {
  return {
    id: "pool-1",
    projectId: "project",
    name: "compute",
    flavor: "c2-15",
    status: "READY",
    sizeStatus: "CAPACITY_OK",
    autoscale: false,
    monthlyBilled: false,
    antiAffinity: false,
    desiredNodes: 0,
    minNodes: 0,
    maxNodes: 100,
    currentNodes: 0,
    availableNodes: 0,
    upToDateNodes: 0,
    autoscaling: { scaleDownUnneededTimeSeconds: 600, scaleDownUnreadyTimeSeconds: 1200, scaleDownUtilizationThreshold: 0.5 },
    template: { metadata: { labels: {}, annotations: {}, finalizers: [] }, spec: { taints: [], unschedulable: false } },
    availabilityZones: [],
    attachFloatingIps: { enabled: false },
    createdAt: "2026-01-01T00:00:00Z",
    updatedAt: "2026-01-01T00:00:00Z",
    revision: 1,
    ...changes,
  };
}

/** Pools in memory; `refuse` makes the next changes fail. */
export class FakePools implements PoolService {
  pools: PoolView[] = [];
  refuse: ApiError | undefined;
  readonly calls: string[] = [];
  private listeners = new Set<(clusterId: string) => void>();
  private ids = 0;

  list(): PoolView[] {
    return this.pools;
  }

  create(_clusterId: string, { flavorName, autoscaling, ...body }: CreatePoolBody): PoolView {
    this.called("create");
    const base = poolView();
    const pool = { ...base, ...body, flavor: flavorName, id: `pool-${++this.ids}`, autoscaling: { ...base.autoscaling, ...autoscaling } };
    this.pools = [...this.pools, pool];
    this.changed();
    return pool;
  }

  update(_clusterId: string, poolId: string, { nodesToRemove: _, autoscaling, ...body }: UpdatePoolBody): void {
    this.called(`update ${JSON.stringify(body)}`);
    this.pools = this.pools.map((pool) =>
      pool.id === poolId ? { ...pool, ...body, autoscaling: { ...pool.autoscaling, ...autoscaling }, revision: pool.revision + 1 } : pool,
    );
    this.changed();
  }

  remove(_clusterId: string, poolId: string): void {
    this.called("remove");
    this.pools = this.pools.map((pool) => (pool.id === poolId ? { ...pool, status: "DELETING" as const } : pool));
    this.changed();
  }

  onChange(listener: (clusterId: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Changes pools as something else than a request would, e.g. as nodes come and go. */
  set(pools: PoolView[]): void {
    this.pools = pools;
    this.changed();
  }

  private called(call: string): void {
    this.calls.push(call);
    if (this.refuse) throw this.refuse;
  }

  private changed(): void {
    queueMicrotask(() => this.listeners.forEach((listener) => listener("kube-1")));
  }
}

/** The NodePools of an API server in memory, with versions, generations and finalizers as a real one has them. */
export class FakeNodePools {
  readonly objects = new Map<string, NodePool>();
  readonly events: { reason: string; message: string }[] = [];
  writes = 0;
  private readonly followers = new Set<Follower<NodePool>>();
  private version = 0;

  follow<T extends KubeObject>(_path: string, follower: Follower<T>, abort: AbortSignal): Promise<void> {
    const own = follower as unknown as Follower<NodePool>;
    this.followers.add(own);
    own.replace([...this.objects.values()], String(this.version));
    return new Promise((resolve) => abort.addEventListener("abort", () => resolve()));
  }

  create<T>(path: string, body: unknown): Promise<T> {
    if (path.endsWith("/events")) {
      this.events.push(body as { reason: string; message: string });
      return Promise.resolve(body as T);
    }
    const object = body as NodePool;
    if (this.objects.has(object.metadata.name)) return Promise.reject(new ClusterError("there is one", 409, { reason: "AlreadyExists" }));
    const metadata = { ...object.metadata, uid: `uid-${this.version}`, generation: 1 };
    return Promise.resolve(this.store("ADDED", { ...object, metadata }) as T);
  }

  replace<T>(path: string, body: KubeObject): Promise<T> {
    const known = this.objects.get(nameIn(path));
    if (!known) return Promise.reject(new ClusterError("gone", 404, { reason: "NotFound" }));
    if (body.metadata.resourceVersion !== known.metadata.resourceVersion)
      return Promise.reject(new ClusterError("changed", 409, { reason: "Conflict" }));
    return Promise.resolve(this.update(known, body as NodePool) as T);
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    const known = this.objects.get(nameIn(path));
    if (!known) return Promise.reject(new ClusterError("gone", 404, { reason: "NotFound" }));
    return Promise.resolve(this.store("MODIFIED", { ...known, status: { ...known.status, ...(body as NodePool).status } }) as T);
  }

  delete(path: string): Promise<void> {
    const known = this.objects.get(nameIn(path));
    if (!known) return Promise.resolve();
    if (known.metadata.finalizers?.length) {
      if (!known.metadata.deletionTimestamp) {
        this.store("MODIFIED", { ...known, metadata: { ...known.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });
      }
    } else this.drop(known);
    return Promise.resolve();
  }

  /** As `kubectl edit`. */
  edit(name: string, spec: Partial<NodePoolSpec>): void {
    const known = this.objects.get(name)!;
    this.update(known, { ...known, spec: { ...known.spec, ...spec } });
  }

  private update(known: NodePool, next: NodePool): NodePool {
    const changed = JSON.stringify(known.spec) !== JSON.stringify(next.spec);
    const generation = (known.metadata.generation ?? 0) + (changed ? 1 : 0);
    const stored = this.store("MODIFIED", { ...next, metadata: { ...next.metadata, generation } });
    if (stored.metadata.deletionTimestamp && !stored.metadata.finalizers?.length) this.drop(stored);
    return stored;
  }

  private store(type: string, object: NodePool): NodePool {
    this.writes++;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.version) } };
    this.objects.set(object.metadata.name, stored);
    this.tell(type, stored);
    return stored;
  }

  private drop(object: NodePool): void {
    this.objects.delete(object.metadata.name);
    this.tell("DELETED", object);
  }

  private tell(type: string, object: NodePool): void {
    setImmediate(() => this.followers.forEach((follower) => (type === "DELETED" ? follower.remove(object) : follower.set(object))));
  }
}

const nameIn = (path: string): string =>
  path
    .replace(/\/status$/, "")
    .split("/")
    .at(-1)!;
