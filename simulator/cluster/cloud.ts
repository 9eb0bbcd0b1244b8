import { plural } from "../../common/text";
import { type Clock } from "./clock";
import { type Machine, type Model } from "./machines";
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
  readonly machines: Machine[];
  /** Those that it has; nodes being removed do not count. */
  readonly present: Set<Machine>;
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
  ready(machine: Machine): void;
  leaving(machine: Machine): void;
}

/** The part of OVHcloud that makes and removes nodes. An order that a limit forbids is refused as a whole. */
export class Cloud {
  readonly pools = new Map<string, CloudPool>();
  /** Nodes that exist, those being removed included. */
  readonly machines = new Set<Machine>();
  private readonly random: Random;

  constructor(
    private readonly trace: Trace,
    private readonly clock: Clock,
    private readonly models: ReadonlyMap<string, Model>,
    private readonly events: CloudEvents,
  ) {
    this.random = randomFrom(trace.seed + 77);
    for (const spec of trace.pools) {
      const pool: CloudPool = { spec, desired: spec.minNodes, version: 1, problem: undefined, machines: [], present: new Set() };
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
    for (const machine of [...pool.present]) if (nodes.has(machine.name)) this.take(pool, machine);
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

  private create(pool: CloudPool, mayBreak: boolean): Machine {
    const ordinal = pool.machines.length;
    const machine: Machine = {
      name: `${pool.spec.name}-node-${ordinal}`,
      pool: pool.spec.name,
      createdAt: this.clock.now,
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
    pool.machines.push(machine);
    this.machines.add(machine);
    pool.present.add(machine);
    return machine;
  }

  private boot(pool: CloudPool, machine: Machine): void {
    const seconds = bootSecondsOf(this.trace, pool.spec, pool.machines.length - 1);
    const readyAt = this.clock.now + seconds * 1000;
    const fault = isBroken(this.trace, pool.spec.name, pool.machines.length - 1);
    this.clock.at(readyAt - Math.min(joinTime, seconds * 1000), () => {
      if (machine.state === "ordered" && fault?.joins !== false) this.change(machine, "joined");
    });
    if (machine.broken) return;
    this.clock.at(readyAt, () => {
      if (machine.state !== "joined") return;
      this.change(machine, "ready");
      this.events.ready(machine);
    });
  }

  private take(pool: CloudPool, machine: Machine): void {
    pool.present.delete(machine);
    this.events.leaving(machine);
    this.change(machine, "leaving");
    this.clock.after(this.trace.removalSeconds * 1000, () => {
      machine.endedAt = this.clock.now;
      this.machines.delete(machine);
      this.change(machine, "gone");
    });
  }

  private change(machine: Machine, state: Machine["state"]): void {
    machine.state = state;
    machine.shown = undefined;
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
