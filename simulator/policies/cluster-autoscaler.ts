import { mayRunOn } from "../../autoscaler/state/matching";
import { type CloudPool } from "../cluster/cloud";
import { type Cluster } from "../cluster/cluster";
import { type Instance } from "../cluster/instances";
import { type Random, randomFrom } from "../traces/random";
import { estimate, fitElsewhere, unhandled, utilisation } from "./estimate";

/**
 * The Kubernetes cluster-autoscaler with its published defaults, on OVHcloud: times in milliseconds.
 * @see https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md#what-are-the-parameters-to-ca
 */
const rules = {
  scanInterval: 10_000,
  scaleDownUnneededTime: 600_000,
  scaleDownDelayAfterAdd: 600_000,
  scaleDownDelayAfterFailure: 180_000,
  scaleDownUnreadyTime: 1_200_000,
  scaleDownUtilizationThreshold: 0.5,
  maxNodeProvisionTime: 900_000,
  maxScaleDownParallelism: 10,
  maxDrainParallelism: 1,
  initialBackoff: 300_000,
  maxBackoff: 1_800_000,
};

export const clusterAutoscaler = (cluster: Cluster): void => new ClusterAutoscaler(cluster).scan();

interface Backoff {
  readonly until: number;
  readonly wait: number;
}

class ClusterAutoscaler {
  private readonly random: Random;
  /** Pools that are not asked for nodes for a while, after a failure. */
  private readonly backoffs = new Map<string, Backoff>();
  private readonly unneededSince = new Map<Instance, number>();
  private readonly unreadySince = new Map<Instance, number>();
  private lastAddition = -Infinity;
  private lastFailure = -Infinity;

  constructor(private readonly cluster: Cluster) {
    this.random = randomFrom(cluster.trace.seed + 7);
  }

  scan(): void {
    this.takeBackFailures();
    if (!this.scaleUp()) this.scaleDown();
    this.cluster.clock.after(rules.scanInterval, () => this.scan());
  }

  private get now(): number {
    return this.cluster.clock.now;
  }

  /** Orders that the cloud refused, and nodes that did not register in time. */
  private takeBackFailures(): void {
    for (const pool of this.cluster.cloud.pools.values()) {
      const late = [...pool.present].filter((node) => node.state === "ordered" && this.now - node.createdAt > rules.maxNodeProvisionTime);
      if (pool.problem === undefined && late.length === 0) continue;
      const wait = Math.min(rules.maxBackoff, 2 * (this.backoffs.get(pool.spec.name)?.wait ?? rules.initialBackoff / 2));
      this.backoffs.set(pool.spec.name, { until: this.now + wait, wait });
      this.lastFailure = this.now;
      if (late.length > 0) this.remove(pool, late);
      else this.cluster.resize(pool.spec.name, pool.present.size);
    }
  }

  /** One addition to one pool per scan, which the random expander chooses; true when there was one. */
  private scaleUp(): boolean {
    const pending = unhandled(this.cluster);
    if (pending.length === 0) return false;
    const options = [...this.cluster.cloud.pools.values()].flatMap((pool) => {
      const model = this.cluster.models.get(pool.spec.name)!;
      const headroom = pool.spec.maxNodes - pool.desired;
      if (headroom <= 0 || (this.backoffs.get(pool.spec.name)?.until ?? 0) > this.now) return [];
      const nodes = estimate(
        pending.filter(({ shape }) => mayRunOn(shape, { name: undefined, labels: model.labels, taints: model.taints })),
        model.room,
      );
      return nodes > 0 ? [{ pool, nodes: Math.min(nodes, headroom) }] : [];
    });
    const choice = options[Math.floor(this.random() * options.length)];
    if (!choice) return false;
    this.cluster.resize(choice.pool.spec.name, choice.pool.desired + choice.nodes);
    this.lastAddition = this.now;
    return true;
  }

  private scaleDown(): void {
    const instances = [...this.cluster.cloud.instances];
    const unneeded = this.update(
      this.unneededSince,
      instances.filter((instance) => this.isUnneeded(instance, instances)),
      rules.scaleDownUnneededTime,
    );
    const unready = this.update(
      this.unreadySince,
      instances.filter(({ state }) => state === "joined"),
      rules.scaleDownUnreadyTime,
    );
    if (this.now - this.lastAddition < rules.scaleDownDelayAfterAdd || this.now - this.lastFailure < rules.scaleDownDelayAfterFailure)
      return;

    let free = rules.maxScaleDownParallelism - instances.filter(({ state }) => state === "leaving").length;
    let drains = rules.maxDrainParallelism;
    for (const pool of this.cluster.cloud.pools.values()) {
      const victims: Instance[] = [];
      for (const instance of [...unready, ...unneeded]) {
        const empty = instance.pods.size === 0;
        if (instance.pool !== pool.spec.name || free === 0 || (!empty && drains === 0)) continue;
        if (pool.desired - victims.length <= pool.spec.minNodes) break;
        victims.push(instance);
        free--;
        if (!empty) drains--;
      }
      if (victims.length > 0) this.remove(pool, victims);
    }
  }

  private isUnneeded(instance: Instance, instances: readonly Instance[]): boolean {
    if (instance.state !== "ready") return false;
    if (instance.pods.size === 0) return true;
    const model = this.cluster.models.get(instance.pool)!;
    return utilisation(instance, model) < rules.scaleDownUtilizationThreshold && fitElsewhere(instance, instances, this.cluster.models);
  }

  /** Those of `current` that have been in it without a break for `time`. */
  private update(since: Map<Instance, number>, current: readonly Instance[], time: number): Instance[] {
    const members = new Set(current);
    for (const instance of since.keys()) if (!members.has(instance)) since.delete(instance);
    for (const instance of current) if (!since.has(instance)) since.set(instance, this.now);
    return current.filter((instance) => this.now - since.get(instance)! >= time);
  }

  private remove(pool: CloudPool, instances: readonly Instance[]): void {
    this.cluster.remove(
      pool.spec.name,
      pool.desired - instances.length,
      instances.map(({ name }) => name),
    );
  }
}
