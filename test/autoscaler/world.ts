import { faultOf } from "../../autoscaler/actuation/checks";
import { decide } from "../../autoscaler/decision/decide";
import { type Node, type Pod, type Pool, type Snapshot } from "../../autoscaler/state/model";
import { emptyHistory, type History } from "../../autoscaler/state/history";
import { type Action } from "../../autoscaler/state/action";
import { type Rules } from "../../autoscaler/state/rules";
import { reasonOf } from "../../autoscaler/fleet/states";
import { draining, node, now, pod, pool, randomFrom, snapshot } from "./build";

/** Pods of one CPU that a node holds, by the catalogue and in truth. */
export const perNode = 3;

export interface Faults {
  /** Chance that a leader dies at any step. */
  readonly crash: number;
  /** Chance that a node never becomes Ready. */
  readonly broken: number;
}

interface Machine {
  readonly name: string;
  readonly readyAt: number;
  readonly createdAt: number;
  cordonedAt: number | undefined;
}

/** A cluster with a scheduler, an OVHcloud that takes any node of a shrinking pool, and leaders that may die between any two of their calls. */
export class World {
  at = now;
  desired = 0;
  version = 1;
  killed = 0;
  /** Most nodes that were ordered beyond what the unfinished pods need. */
  surplus = 0;
  readonly odd: string[] = [];
  private machines: Machine[] = [];
  private pods: { readonly pod: Pod; readonly duration: number; node: string | undefined; endsAt: number }[] = [];
  private history: History = emptyHistory;
  private state: string | undefined;
  private serial = 0;
  private readonly random: () => number;

  constructor(
    seed: number,
    private readonly rules: Rules,
    private readonly faults: Faults,
  ) {
    this.random = randomFrom(seed);
  }

  get open(): number {
    return this.pods.length;
  }

  submit(amount: number): void {
    for (let i = 0; i < amount; i++)
      this.pods.push({ pod: pod(1000), duration: 20_000 + this.random() * 100_000, node: undefined, endsAt: Infinity });
  }

  /** Lets time go on, and the leader act. */
  step(): void {
    this.at += 1000 + Math.floor(this.random() * 4000);
    this.live();
    const seen = this.snapshot();
    const decision = decide(seen, this.history, this.rules);
    this.history = decision.history;
    this.noteState(decision.pools[0]!.state);
    // Meanwhile the cluster goes on.
    if (this.random() < 0.3) this.live();
    for (const type of ["uncordon", "resize", "cordon", "remove"]) {
      for (const action of decision.actions.filter((one) => one.type === type)) {
        if (this.dies()) return;
        if (!this.carryOut(action)) return;
        if (this.dies()) return;
      }
    }
  }

  private dies(): boolean {
    if (this.random() >= this.faults.crash) return false;
    this.history = emptyHistory;
    this.state = undefined;
    return true;
  }

  private noteState(state: Parameters<typeof reasonOf>[0]): void {
    const from = this.state as typeof state | undefined;
    this.state = state;
    if (from !== undefined && from !== state && reasonOf(from, state) === "the pool was edited") this.odd.push(`${from} → ${state}`);
  }

  private carryOut(action: Action): boolean {
    if (action.type === "cordon" || action.type === "uncordon") {
      const machine = this.machines.find(({ name }) => name === action.node);
      if (machine) machine.cordonedAt = action.type === "cordon" ? this.at : undefined;
    } else if (action.type === "resize") {
      if (action.pool.resourceVersion !== String(this.version)) return false;
      this.resize(action.desired, []);
    } else if (action.type === "remove") {
      const fresh = this.snapshot();
      if (faultOf(action, fresh.nodes, fresh.pods, this.rules.namedRemoval)) return true;
      const names = this.rules.namedRemoval ? action.nodes.map(({ name }) => name) : [];
      if (names.length === 0 && action.pool.resourceVersion !== String(this.version)) return false;
      this.resize(action.desired, names);
    }
    return true;
  }

  private resize(desired: number, names: readonly string[]): void {
    const needed = Math.ceil(this.pods.length / perNode);
    const useless = this.machines.filter(({ readyAt }) => readyAt === Infinity).length;
    if (desired > this.desired) this.surplus = Math.max(this.surplus, desired - needed - useless);
    this.desired = desired;
    this.version += 1;
    const chosen = this.machines.filter(({ name }) => names.includes(name));
    const others = this.machines.filter(({ name }) => !names.includes(name)).sort(() => this.random() - 0.5);
    const gone = [...chosen, ...others].slice(0, Math.max(0, this.machines.length - desired));
    this.machines = this.machines.filter((machine) => !gone.includes(machine));
    for (const one of this.pods) {
      if (!gone.some(({ name }) => name === one.node)) continue;
      this.killed += 1;
      one.node = undefined;
    }
  }

  /** Nodes come, pods end, and the scheduler binds what it can. */
  private live(): void {
    while (this.machines.length < this.desired) {
      const readyAt = this.random() < this.faults.broken ? Infinity : this.at + 20_000 + this.random() * 40_000;
      this.machines.push({ name: `n${this.serial++}`, readyAt, createdAt: this.at, cordonedAt: undefined });
    }
    this.pods = this.pods.filter(({ endsAt }) => endsAt > this.at);
    for (const machine of this.machines) {
      if (machine.readyAt > this.at || machine.cordonedAt !== undefined) continue;
      let free = perNode - this.pods.filter((one) => one.node === machine.name).length;
      for (const one of this.pods) {
        if (free === 0) break;
        if (one.node !== undefined) continue;
        Object.assign(one, { node: machine.name, endsAt: this.at + one.duration });
        free -= 1;
      }
    }
  }

  private snapshot(): Snapshot {
    const pools: Pool[] = [pool({ desired: this.desired, resourceVersion: String(this.version), granted: this.machines.length })];
    const nodes = this.machines.map(({ name, readyAt, createdAt, cordonedAt }): Node => {
      const rest = { ready: readyAt <= this.at, createdAt, allocatable: { cpu: 3830, memory: 14e9, pods: 110 } };
      return cordonedAt === undefined ? node(name, rest) : { ...draining(name, 0, rest), drainingSince: cordonedAt };
    });
    const pods = this.pods.map((one): Pod => ({ ...one.pod, node: one.node }));
    return snapshot({ now: this.at, pods, nodes, pools });
  }
}
