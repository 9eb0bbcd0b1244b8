import { faultOf } from "../../autoscaler/actuation/checks";
import { type Config, rulesOf } from "../../autoscaler/config";
import { decide } from "../../autoscaler/decision/decide";
import { emptyHistory, type History } from "../../autoscaler/state/history";
import { type Action } from "../../autoscaler/state/action";
import { type Rules } from "../../autoscaler/state/rules";
import { type Cluster } from "../cluster/cluster";

/** What the calls of an action take, in milliseconds. */
const kubeCall = 50;
const ovhCall = 1_000;

/** As in the controller: actions of one type are carried out together, so many at the same time. */
const order: readonly Action["type"][] = ["uncordon", "resize", "cordon", "remove", "taint", "untaint"];
const parallel = 10;

/** This project's autoscaler: the real decisions, at the controller's cadence. */
export function ours(cluster: Cluster, config: Config): void {
  new Loop(cluster, config, rulesWithPrices(cluster, config)).start();
}

function rulesWithPrices({ trace }: Cluster, config: Config): Rules {
  const rules = rulesOf(config);
  const prices = Object.fromEntries(trace.pools.map(({ flavor, price }) => [flavor, price]));
  return { ...rules, billing: trace.billing, prices: { ...prices, ...rules.prices } };
}

/** The controller's loop on a simulated clock: wait for a change or a time, gather changes, decide, act. */
class Loop {
  private history: History = emptyHistory;
  private dirty = true;
  private waiting = false;
  /** Tells the timers of earlier waits from the current one. */
  private wait = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly config: Config,
    private readonly rules: Rules,
  ) {}

  start(): void {
    this.cluster.watch(() => {
      this.dirty = true;
      if (this.waiting) this.gather();
    });
    this.untilChangeOr(0);
  }

  private untilChangeOr(time: number): void {
    if (this.dirty) return this.gather();
    const { clock } = this.cluster;
    const wait = ++this.wait;
    this.waiting = true;
    clock.at(Math.min(time, clock.now + this.config.resyncSeconds * 1000), () => {
      if (this.waiting && this.wait === wait) this.gather();
    });
  }

  private gather(): void {
    this.waiting = false;
    this.cluster.clock.after(this.config.batchMilliseconds, () => this.round());
  }

  private round(): void {
    this.dirty = false;
    const decision = decide(this.cluster.snapshot(), this.history, this.rules);
    this.history = decision.history;
    this.act(
      order.map((type) => decision.actions.filter((action) => action.type === type)),
      decision.wakeAt ?? Infinity,
    );
  }

  /** Carries the actions out, one type after the other, each when its calls would have been answered. */
  private act([first, ...rest]: Action[][], wakeAt: number): void {
    if (!first) return this.untilChangeOr(wakeAt);
    if (first.length === 0) return this.act(rest, wakeAt);
    const call = this.callTime(first[0]!);
    this.cluster.clock.after(Math.ceil(first.length / parallel) * call, () => {
      for (const action of first) this.carryOut(action);
      this.act(rest, wakeAt);
    });
  }

  private callTime({ type }: Action): number {
    if (type === "remove") return 2 * kubeCall + (this.rules.namedRemoval ? ovhCall : 0);
    return type === "taint" || type === "untaint" ? 2 * kubeCall : kubeCall;
  }

  private carryOut(action: Action): void {
    const { cluster } = this;
    if (action.type === "resize") cluster.resize(action.pool.name, action.desired);
    else if (action.type === "cordon" || action.type === "uncordon") cluster.cordon(action.node, action.type === "cordon");
    else if (action.type === "taint" || action.type === "untaint") cluster.taint(action.node, action.type === "taint");
    else if (action.type === "remove") {
      const { pool, desired, nodes } = action;
      const fresh = cluster.snapshot();
      const members = fresh.nodes.filter((node) => node.pool === pool.name);
      if (faultOf(action, members, fresh.pods, this.rules.namedRemoval)) return;
      if (this.rules.namedRemoval && nodes.length > 0)
        cluster.remove(
          pool.name,
          desired,
          nodes.map(({ name }) => name),
        );
      else cluster.resize(pool.name, desired);
    }
  }
}
