import { mayRunOn } from "../../autoscaler/state/matching";
import { type CloudPool } from "../cluster/cloud";
import { type Cluster } from "../cluster/cluster";
import { type Machine } from "../cluster/machines";
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
  private readonly unneededSince = new Map<Machine, number>();
  private readonly unreadySince = new Map<Machine, number>();
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
    const machines = [...this.cluster.cloud.machines];
    const unneeded = this.update(
      this.unneededSince,
      machines.filter((machine) => this.isUnneeded(machine, machines)),
      rules.scaleDownUnneededTime,
    );
    const unready = this.update(
      this.unreadySince,
      machines.filter(({ state }) => state === "joined"),
      rules.scaleDownUnreadyTime,
    );
    if (this.now - this.lastAddition < rules.scaleDownDelayAfterAdd || this.now - this.lastFailure < rules.scaleDownDelayAfterFailure)
      return;

    let free = rules.maxScaleDownParallelism - machines.filter(({ state }) => state === "leaving").length;
    let drains = rules.maxDrainParallelism;
    for (const pool of this.cluster.cloud.pools.values()) {
      const victims: Machine[] = [];
      for (const machine of [...unready, ...unneeded]) {
        const empty = machine.pods.size === 0;
        if (machine.pool !== pool.spec.name || free === 0 || (!empty && drains === 0)) continue;
        if (pool.desired - victims.length <= pool.spec.minNodes) break;
        victims.push(machine);
        free--;
        if (!empty) drains--;
      }
      if (victims.length > 0) this.remove(pool, victims);
    }
  }

  private isUnneeded(machine: Machine, machines: readonly Machine[]): boolean {
    if (machine.state !== "ready") return false;
    if (machine.pods.size === 0) return true;
    const model = this.cluster.models.get(machine.pool)!;
    return utilisation(machine, model) < rules.scaleDownUtilizationThreshold && fitElsewhere(machine, machines, this.cluster.models);
  }

  /** Those of `current` that have been in it without a break for `time`. */
  private update(since: Map<Machine, number>, current: readonly Machine[], time: number): Machine[] {
    const members = new Set(current);
    for (const machine of since.keys()) if (!members.has(machine)) since.delete(machine);
    for (const machine of current) if (!since.has(machine)) since.set(machine, this.now);
    return current.filter((machine) => this.now - since.get(machine)! >= time);
  }

  private remove(pool: CloudPool, machines: readonly Machine[]): void {
    this.cluster.remove(
      pool.spec.name,
      pool.desired - machines.length,
      machines.map(({ name }) => name),
    );
  }
}
