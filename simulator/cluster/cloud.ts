import { plural } from "../../common/text";
import { type SimulatedClock } from "./clock";
import { type Instance, type Model } from "./instances";
import { draw, type Random, randomFrom } from "../traces/random";
import { type Fault, type Trace, type TracePool } from "../traces/trace";

/** A node pool as OVHcloud runs it. */
export interface CloudPool {
  readonly spec: TracePool;
  desired: number;
  /** Changes with every write of the spec. */
  version: number;
  /** Why OVHcloud refuses the size that it was asked for. */
  problem: string | undefined;
  /** Every node that it ever had, in the order of creation. */
  readonly instances: Instance[];
  /** Those that it has; nodes being removed do not count. */
  readonly present: Set<Instance>;
}

/** From a changed spec until OVHcloud acts on it, in milliseconds. */
const syncDelay = 1_000;
/** Waits after a refusal before the same size is tried again, in milliseconds; they double. */
const firstRetry = 5_000;
const longestRetry = 300_000;
/** A node joins the cluster, NotReady, so long before it is Ready, in milliseconds. */
const joinTime = 10_000;

/** What the cloud tells the cluster. */
export interface CloudEvents {
  changed(): void;
  ready(instance: Instance): void;
  leaving(instance: Instance): void;
}

/** The part of OVHcloud that makes and removes nodes. An order that a limit forbids is refused as a whole. */
export class Cloud {
  readonly pools = new Map<string, CloudPool>();
  /** Nodes that exist, those being removed included. */
  readonly instances = new Set<Instance>();
  private readonly random: Random;

  constructor(
    private readonly trace: Trace,
    private readonly clock: SimulatedClock,
    private readonly models: ReadonlyMap<string, Model>,
    private readonly events: CloudEvents,
  ) {
    this.random = randomFrom(trace.seed + 77);
    for (const spec of trace.pools) {
      const pool: CloudPool = { spec, desired: spec.minNodes, version: 1, problem: undefined, instances: [], present: new Set() };
      this.pools.set(spec.name, pool);
      for (let i = 0; i < spec.minNodes; i++) this.create(pool, false).state = "ready";
    }
  }

  /** Asks for a size, as by the NodePool resource: which nodes go when it shrinks is OVHcloud's choice, here a random one. */
  resize(name: string, desired: number): void {
    const pool = this.pools.get(name)!;
    if (desired === pool.desired) return;
    pool.desired = desired;
    pool.version++;
    this.syncLater(pool, syncDelay, firstRetry);
  }

  /** Removes nodes by name, as the REST API does. */
  remove(name: string, desired: number, nodes: ReadonlySet<string>): void {
    const pool = this.pools.get(name)!;
    pool.desired = desired;
    pool.version++;
    for (const instance of [...pool.present]) if (nodes.has(instance.name)) this.take(pool, instance);
    this.syncLater(pool, syncDelay, firstRetry);
  }

  private syncLater(pool: CloudPool, delay: number, retry: number): void {
    const { version } = pool;
    this.clock.after(delay, () => {
      if (pool.version === version) this.sync(pool, retry);
    });
  }

  private sync(pool: CloudPool, retry: number): void {
    const missing = pool.desired - pool.present.size;
    const refusal = missing > 0 ? this.refusal(pool, missing) : undefined;
    if (refusal !== pool.problem) {
      pool.problem = refusal;
      this.events.changed();
    }
    if (refusal) return this.syncLater(pool, retry, Math.min(2 * retry, longestRetry));
    for (let i = 0; i < missing; i++) this.boot(pool, this.create(pool, true));
    for (let i = missing; i < 0; i++) this.take(pool, [...pool.present][Math.floor(this.random() * pool.present.size)]!);
    if (missing !== 0) this.events.changed();
  }

  private refusal(pool: CloudPool, missing: number): string | undefined {
    const time = (this.clock.now - Date.parse(this.trace.start)) / 1000;
    const present = [...this.pools.values()].reduce((sum, { present }) => sum + present.size, 0);
    const inForce = (fault: Fault): boolean => !("fromSeconds" in fault) || (time >= fault.fromSeconds && time < fault.untilSeconds);
    for (const fault of this.trace.faults.filter(inForce)) {
      if (fault.fault === "quota" && present + missing > fault.nodes)
        return `InsufficientVCPUsQuota: ${plural(present, "node")} and ${missing} more would exceed the quota of ${fault.nodes}`;
      if (fault.fault === "out-of-stock" && fault.pool === pool.spec.name) return `FlavorOutOfStock: ${pool.spec.flavor} is out of stock`;
    }
    return undefined;
  }

  private create(pool: CloudPool, mayBreak: boolean): Instance {
    const ordinal = pool.instances.length;
    const instance: Instance = {
      name: `${pool.spec.name}-node-${ordinal}`,
      pool: pool.spec.name,
      createdAt: this.clock.now,
      podsChangedAt: this.clock.now,
      broken: mayBreak && isBroken(this.trace, pool.spec.name, ordinal) !== undefined,
      state: "ordered",
      endedAt: undefined,
      cordoned: false,
      drainingSince: undefined,
      avoided: false,
      pods: new Set(),
      free: { ...this.models.get(pool.spec.name)!.room },
      shown: undefined,
    };
    pool.instances.push(instance);
    this.instances.add(instance);
    pool.present.add(instance);
    return instance;
  }

  private boot(pool: CloudPool, instance: Instance): void {
    const seconds = bootSecondsOf(this.trace, pool.spec, pool.instances.length - 1);
    const readyAt = this.clock.now + seconds * 1000;
    const fault = isBroken(this.trace, pool.spec.name, pool.instances.length - 1);
    this.clock.at(readyAt - Math.min(joinTime, seconds * 1000), () => {
      if (instance.state === "ordered" && fault?.joins !== false) this.change(instance, "joined");
    });
    if (instance.broken) return;
    this.clock.at(readyAt, () => {
      if (instance.state !== "joined") return;
      this.change(instance, "ready");
      this.events.ready(instance);
    });
  }

  private take(pool: CloudPool, instance: Instance): void {
    pool.present.delete(instance);
    this.events.leaving(instance);
    this.change(instance, "leaving");
    this.clock.after(this.trace.removalSeconds * 1000, () => {
      instance.endedAt = this.clock.now;
      this.instances.delete(instance);
      this.change(instance, "gone");
    });
  }

  private change(instance: Instance, state: Instance["state"]): void {
    instance.state = state;
    instance.shown = undefined;
    this.events.changed();
  }
}

/** The n-th node of a pool boots as fast under every policy. */
export function bootSecondsOf({ seed }: Trace, { name, bootSeconds, bootSpread }: TracePool, ordinal: number): number {
  if (bootSpread === 0) return bootSeconds;
  return bootSeconds * (1 + bootSpread * (2 * draw(seed, "boot", name, ordinal) - 1));
}

/** The fault that breaks the n-th node of a pool; undefined when it is a good one. */
export function isBroken({ seed, faults }: Trace, pool: string, ordinal: number): Extract<Fault, { fault: "broken-nodes" }> | undefined {
  for (const fault of faults) {
    if (fault.fault === "broken-nodes" && (fault.pool ?? pool) === pool && draw(seed, "broken", pool, ordinal) < fault.share) return fault;
  }
  return undefined;
}
