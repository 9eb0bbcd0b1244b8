import { setTimeout as sleep } from "node:timers/promises";
import { type Logger } from "pino";
import { type Actor } from "./act";
import { type Caches } from "./caches";
import { decide, type Decision } from "./decide";
import { type Events } from "./events";
import { ApiError, waitTime } from "./kube/client";
import { type Metrics } from "./metrics";
import { type Action, emptyHistory, type History } from "./model";
import { OvhError } from "./ovh";
import { type Rules } from "./rules";

export interface Parts {
  readonly caches: Pick<Caches, "synced" | "snapshot">;
  readonly actor: Actor;
  readonly events: Pick<Events, "tell">;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Whether this replica may act now. */
  readonly leading: () => boolean;
  readonly rules: Rules;
  /** Milliseconds. */
  readonly batchWindow: number;
  readonly resync: number;
  /** Decides and logs, but changes nothing. */
  readonly dryRun: boolean;
}

/** New nodes first: they take the longest. */
const order = ["resize", "uncordon", "cordon", "remove", "report"];

/** Actions of one type that are carried out at the same time. */
const parallel = 10;

/** Turns changes into decisions, and decisions into actions, one round at a time. */
export class Controller {
  private history: History = emptyHistory;
  private wake: () => void = () => undefined;
  private dirty = true;
  private failures = 0;
  private shown = "";
  private turnedAt = performance.now();

  constructor(private readonly parts: Parts) {}

  /** Something changed: a round follows after the batch window. */
  readonly changed = (): void => {
    this.dirty = true;
    this.wake();
  };

  /** Whether the loop turns. A round may wait for slow APIs, but not for minutes. */
  alive(): boolean {
    return performance.now() - this.turnedAt < this.parts.resync + 300_000;
  }

  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.wake());
    let wakeAt = 0;
    while (!signal.aborted) {
      await this.untilChangeOr(Math.min(wakeAt, Date.now() + this.parts.resync));
      await sleep(this.parts.batchWindow, undefined, { signal }).catch(() => undefined);
      this.turnedAt = performance.now();
      this.dirty = false;
      if (signal.aborted || !this.parts.caches.synced() || !this.parts.leading()) wakeAt = Infinity;
      else wakeAt = await this.round(signal);
    }
  }

  /** One decision and its actions; answers when the next is due, in milliseconds since 1970. */
  private async round(signal: AbortSignal): Promise<number> {
    const started = performance.now();
    const decision = decide(this.parts.caches.snapshot(Date.now()), this.history, this.parts.rules);
    this.history = decision.history;
    this.measure(decision, (performance.now() - started) / 1000);
    if (this.parts.dryRun) this.show(decision.actions);
    else if (!(await this.actAll(decision.actions, signal))) return this.retryAt(signal);
    this.failures = 0;
    return decision.wakeAt ?? Infinity;
  }

  /** Carries the actions out, those of a type together; false when one failed and what follows must wait. */
  private async actAll(actions: readonly Action[], signal: AbortSignal): Promise<boolean> {
    for (const type of order) {
      const waiting = actions.filter((action) => action.type === type);
      let failed = false;
      const worker = async (): Promise<void> => {
        for (let action = waiting.shift(); action; action = waiting.shift()) {
          if (signal.aborted || !this.parts.leading() || !(await this.act(action))) failed = true;
        }
      };
      await Promise.all(Array.from({ length: parallel }, worker));
      if (failed) return false;
    }
    return true;
  }

  /** Carries one action out; false when it failed. */
  private async act(action: Action): Promise<boolean> {
    const { actor, events, log, metrics } = this.parts;
    const count = (outcome: string): void => metrics.increase("mks_autoscaler_actions_total", { action: action.type, outcome });
    if (action.type === "report") {
      const fresh = await events.tell("Warning", action.code, action.reason, action.pool, action.jobs);
      if (fresh) log.warn({ ...describe(action), jobs: action.jobs.length }, action.reason);
      return true;
    }
    try {
      const outcome = await actor.carryOut(action);
      count(outcome === "done" ? "done" : "called-off");
      log.info({ ...describe(action), outcome }, action.reason);
      if (outcome === "done") await this.tell(action);
      return true;
    } catch (error) {
      const { message } = error as Error;
      const conflict = error instanceof ApiError && (error.status === 409 || error.status === 404);
      count(conflict ? "conflict" : "failed");
      if (conflict) log.info({ ...describe(action), error: message }, "changed meanwhile; deciding again");
      else log.error({ ...describe(action), error: message }, "an action failed and will be tried again");
      if (error instanceof OvhError && action.type === "remove") await events.tell("Warning", "ScaleDownFailed", message, action.pool, []);
      return false;
    }
  }

  private async tell(action: Action): Promise<void> {
    if (action.type !== "resize" && action.type !== "remove") return;
    const text = `${action.pool.desired} → ${action.desired} nodes: ${action.reason}`;
    const up = action.type === "resize";
    await this.parts.events.tell("Normal", up ? "ScaleUp" : "ScaleDown", text, action.pool, up ? action.jobs : []);
  }

  /** After a failure nothing is decided for a growing while, so that an API in trouble is not hammered by every change. */
  private async retryAt(signal: AbortSignal): Promise<number> {
    this.failures += 1;
    await sleep(waitTime(Math.min(this.failures, 7)), undefined, { signal }).catch(() => undefined);
    return 0;
  }

  private show(actions: readonly Action[]): void {
    const text = JSON.stringify(actions.map(describe));
    if (text === this.shown) return;
    this.shown = text;
    for (const action of actions) this.parts.log.info({ ...describe(action), dryRun: true }, action.reason);
  }

  private measure(decision: Decision, seconds: number): void {
    const { metrics } = this.parts;
    metrics.increase("mks_autoscaler_decisions_total");
    metrics.increase("mks_autoscaler_decision_seconds_total", {}, seconds);
    metrics.set("mks_autoscaler_pending_pods", {}, decision.pending);
    const gauges = ["desired_nodes", "nodes", "ready_nodes", "state"].map((name) => `mks_autoscaler_pool_${name}`);
    for (const name of gauges) metrics.clear(name);
    for (const { name: pool, desired, nodes, ready, state } of decision.pools) {
      for (const [i, value] of [desired, nodes, ready].entries()) metrics.set(gauges[i]!, { pool }, value);
      metrics.set("mks_autoscaler_pool_state", { pool, state }, 1);
    }
  }

  private async untilChangeOr(time: number): Promise<void> {
    if (this.dirty) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, Math.min(time - Date.now(), this.parts.resync)));
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = () => undefined;
  }
}

function describe(action: Action): Record<string, unknown> {
  const pool = "pool" in action ? action.pool?.name : undefined;
  switch (action.type) {
    case "resize":
      return { action: action.type, pool, from: action.pool.desired, to: action.desired };
    case "remove":
      return { action: action.type, pool, from: action.pool.desired, to: action.desired, nodes: action.nodes.map(({ name }) => name) };
    case "report":
      return { action: action.type, pool, code: action.code };
    default:
      return { action: action.type, pool, node: action.node };
  }
}
