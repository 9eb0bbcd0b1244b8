import { mayRunOn } from "../../autoscaler/state/matching";
import { type Shape } from "../../autoscaler/state/model";
import { take, timesFitting } from "../../autoscaler/state/resources";
import { type CloudPool } from "../cluster/cloud";
import { type Cluster } from "../cluster/cluster";
import { type Instance, type Model } from "../cluster/instances";
import { unhandled } from "./estimate";

/** How a node pool is set up, as its own settings or its pods' annotations say. */
export interface Setup {
  /** How long no pod must have come to a node or gone from it before it may go, in milliseconds. */
  readonly consolidateAfter: number;
  /** Pods forbid Karpenter to evict them (`karpenter.sh/do-not-disrupt`): only nodes without pods go. */
  readonly doNotDisrupt: boolean;
}

/** What a NodePool has that says nothing. */
export const published: Setup = { consolidateAfter: 0, doNotDisrupt: false };

/** What the batch Jobs of this project and their node pools have: docs/karpenter.md. */
export const ofBatchJobs: Setup = { consolidateAfter: 60_000, doNotDisrupt: true };

/**
 * Karpenter's published rules (consolidationPolicy WhenEmptyOrUnderutilized, budgets of 10 %), one NodePool for all the trace's flavors: times in
 * milliseconds.
 * @see https://karpenter.sh/docs/concepts/disruption/
 * @see https://karpenter.sh/docs/reference/settings/
 */
const rules = {
  batchIdleDuration: 1_000,
  batchMaxDuration: 10_000,
  disruptionInterval: 10_000,
  validation: 15_000,
  budget: 0.1,
  registrationTimeout: 900_000,
  /** An offering that failed for lack of capacity is left out for so long. */
  unavailable: 180_000,
};

export function karpenter(cluster: Cluster, setup: Setup): void {
  new Karpenter(cluster, setup).start();
}

/** A node that is to be ordered, and what it may be. */
interface Claim {
  readonly requests: Record<string, number>;
  options: readonly Model[];
}

class Karpenter {
  /** When each pool's flavor may be asked for again. */
  private readonly unavailable = new Map<string, number>();
  private batch: { readonly since: number; last: number } | undefined;
  private seen = 0;
  private busy = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly setup: Setup,
  ) {}

  start(): void {
    this.cluster.watch(() => {
      const { size } = this.cluster.pending;
      if (size > this.seen) this.podsCame();
      this.seen = size;
    });
    this.poll();
  }

  private get now(): number {
    return this.cluster.clock.now;
  }

  private isQuiet({ podsChangedAt }: Instance): boolean {
    return this.now - podsChangedAt >= this.setup.consolidateAfter;
  }

  private podsCame(): void {
    if (this.batch) this.batch.last = this.now;
    else {
      this.batch = { since: this.now, last: this.now };
      this.endBatchLater();
    }
  }

  /** Pods are gathered until none has come for a second, ten seconds at most. */
  private endBatchLater(): void {
    const { since, last } = this.batch!;
    const due = Math.min(last + rules.batchIdleDuration, since + rules.batchMaxDuration);
    this.cluster.clock.at(due, () => {
      const { last: latest } = this.batch!;
      if (latest > last && this.now < since + rules.batchMaxDuration) return this.endBatchLater();
      this.batch = undefined;
      this.provision();
    });
  }

  private poll(): void {
    this.giveUp();
    if (this.cluster.pending.size > 0 && !this.batch) this.podsCame();
    if (!this.busy) this.disrupt();
    this.cluster.clock.after(rules.disruptionInterval, () => this.poll());
  }

  /** Orders that the cloud refused, and nodes that did not register in time. */
  private giveUp(): void {
    for (const pool of this.cluster.cloud.pools.values()) {
      const late = [...pool.present].filter(
        ({ state, createdAt }) => state !== "ready" && this.now - createdAt > rules.registrationTimeout,
      );
      if (late.length > 0) this.remove(late);
      if (pool.problem === undefined) continue;
      this.unavailable.set(pool.spec.name, this.now + rules.unavailable);
      this.cluster.resize(pool.spec.name, pool.present.size);
    }
  }

  /** New nodes for the pods that wait, the biggest first: each takes pods as long as some flavor holds them, and is of the cheapest that does. */
  private provision(): void {
    const room = new Map([...this.cluster.cloud.pools].map(([name, { spec, desired }]) => [name, spec.maxNodes - desired]));
    const open = (): Model[] =>
      [...this.cluster.models.values()].filter(
        ({ pool: { name } }) => room.get(name)! > 0 && (this.unavailable.get(name) ?? 0) <= this.now,
      );
    const claims: Claim[] = [];
    for (const { shape, count } of unhandled(this.cluster)) {
      for (let left = count; left > 0; left--) {
        const claim = claims.find((one) => addTo(one, shape)) ?? newClaim(open(), shape);
        if (!claim) break;
        if (!claims.includes(claim)) claims.push(claim);
      }
    }
    const orders = new Map<string, number>();
    for (const claim of claims) {
      const model = cheapest(claim.options.filter(({ pool: { name } }) => room.get(name)! > 0));
      if (!model) continue;
      const { name } = model.pool;
      room.set(name, room.get(name)! - 1);
      orders.set(name, (orders.get(name) ?? 0) + 1);
    }
    for (const [name, nodes] of orders) this.cluster.resize(name, this.cluster.cloud.pools.get(name)!.desired + nodes);
  }

  /** One command at a time: empty nodes, else several nodes at once, else one. */
  private disrupt(): void {
    const all = [...this.cluster.cloud.instances];
    const away = all.filter(({ state }) => state !== "ready").length;
    const allowed = Math.ceil(rules.budget * all.length) - away;
    const candidates = all
      .filter((instance) => instance.state === "ready" && this.mayShrink(instance) && this.isQuiet(instance))
      .sort((a, b) => a.pods.size - b.pods.size);
    if (allowed <= 0) return;
    const empty = candidates.filter(({ pods }) => pods.size === 0).slice(0, allowed);
    if (empty.length > 0) return this.after(() => this.remove(empty.filter(({ pods, state }) => pods.size === 0 && state === "ready")));
    if (this.setup.doNotDisrupt) return;
    for (let count = Math.min(allowed, candidates.length, 100); count > 1; count = Math.floor(count / 2)) {
      const set = candidates.slice(0, count);
      const found = this.consolidation(set);
      if (found) return this.execute(set);
    }
    const single = candidates.find((instance) => this.consolidation([instance]));
    if (single) this.execute([single]);
  }

  private mayShrink({ pool }: Instance): boolean {
    const { desired, spec } = this.cluster.cloud.pools.get(pool)!;
    return desired > spec.minNodes;
  }

  /** Carries a command out if it still holds after the validation: first the node that replaces others, then these go. */
  private execute(set: readonly Instance[]): void {
    this.after(() => {
      const found = set.every(({ state }) => state === "ready") && this.consolidation(set);
      if (!found) return;
      if (found === "delete") return this.remove(set);
      const pool = this.cluster.cloud.pools.get(found.pool.name)!;
      const ordinal = pool.instances.length;
      this.cluster.resize(found.pool.name, pool.desired + 1);
      this.busy = true;
      this.whenReady(pool, ordinal, this.now + rules.registrationTimeout, (ready) => {
        this.busy = false;
        if (ready) this.remove(set.filter(({ state }) => state === "ready"));
      });
    });
  }

  private whenReady(pool: CloudPool, ordinal: number, until: number, then: (ready: boolean) => void): void {
    this.cluster.clock.after(1_000, () => {
      const instance = pool.instances[ordinal];
      if (instance?.state === "ready") return then(true);
      if (pool.problem !== undefined || this.now > until) return then(false);
      this.whenReady(pool, ordinal, until, then);
    });
  }

  private after(work: () => void): void {
    this.busy = true;
    this.cluster.clock.after(rules.validation, () => {
      this.busy = false;
      work();
    });
  }

  /** `delete` when the other nodes have room for all pods of these; the flavor of a cheaper node that holds what has none; undefined otherwise. */
  private consolidation(set: readonly Instance[]): "delete" | Model | undefined {
    const { cloud, models } = this.cluster;
    const free = new Map<Instance, Record<string, number>>();
    let rest: Claim | undefined;
    const price = set.reduce((sum, { pool }) => sum + models.get(pool)!.pool.price, 0);
    const cheaper = [...models.values()].filter(({ pool }) => {
      const { spec, desired } = cloud.pools.get(pool.name)!;
      return pool.price < price && desired < spec.maxNodes && (this.unavailable.get(pool.name) ?? 0) <= this.now;
    });
    for (const { pods } of set) {
      for (const { task } of pods) {
        const other = [...cloud.instances].find((instance) => {
          if (set.includes(instance) || instance.state !== "ready" || !runs(task.shape, models.get(instance.pool)!)) return false;
          return timesFitting(free.get(instance) ?? instance.free, task.shape.requests) > 0;
        });
        if (other) {
          const left = free.get(other) ?? { ...other.free };
          take(left, task.shape.requests, 1);
          free.set(other, left);
        } else if (!rest) {
          rest = newClaim(cheaper, task.shape);
          if (!rest) return undefined;
        } else if (!addTo(rest, task.shape)) return undefined;
      }
    }
    return rest ? cheapest(rest.options) : "delete";
  }

  private remove(instances: readonly Instance[]): void {
    for (const pool of this.cluster.cloud.pools.values()) {
      const most = Math.max(0, pool.desired - pool.spec.minNodes);
      const names = instances.filter((instance) => instance.pool === pool.spec.name).map(({ name }) => name);
      const chosen = names.slice(0, most);
      if (chosen.length > 0) this.cluster.remove(pool.spec.name, pool.desired - chosen.length, chosen);
    }
  }
}

const runs = (shape: Shape, { labels, taints }: Model): boolean => mayRunOn(shape, { name: undefined, labels, taints });

const cheapest = (models: readonly Model[]): Model | undefined => [...models].sort((a, b) => a.pool.price - b.pool.price)[0];

const holding = (models: readonly Model[], requests: Record<string, number>, shape: Shape): Model[] =>
  models.filter((model) => runs(shape, model) && timesFitting(model.room, requests) > 0);

function newClaim(models: readonly Model[], shape: Shape): Claim | undefined {
  const requests = { ...shape.requests };
  const options = holding(models, requests, shape);
  return options.length > 0 ? { requests, options } : undefined;
}

/** Adds a pod; false, with nothing changed, when no flavor would hold it too. */
function addTo(claim: Claim, shape: Shape): boolean {
  take(claim.requests, shape.requests, -1);
  const options = holding(claim.options, claim.requests, shape);
  if (options.length === 0) {
    take(claim.requests, shape.requests, 1);
    return false;
  }
  claim.options = options;
  return true;
}
