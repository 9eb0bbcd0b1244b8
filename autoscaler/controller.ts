import { setTimeout as sleep } from "node:timers/promises";
import { type Logger } from "pino";
import { type Actor } from "./act";
import { type Caches } from "./caches";
import { decide } from "./decide";
import { type Events } from "./events";
import { ApiError, waitTime } from "./kube/client";
import { type Meter } from "./meter";
import { type Metrics } from "./metrics";
import { withoutRemoval } from "./history";
import { type Action, emptyHistory, type History } from "./model";
import { OvhError } from "./ovh";
import { type PriceList } from "./prices";
import { type Rules } from "./rules";

export interface Parts {
  readonly caches: Pick<Caches, "synced" | "snapshot">;
  readonly actor: Actor;
  readonly events: Pick<Events, "tell">;
  readonly metrics: Metrics;
  readonly meter: Meter;
  readonly log: Logger;
  /** Whether this replica may act now. */
  readonly leading: () => boolean;
  readonly rules: () => Rules;
  readonly prices: () => PriceList;
  /** Milliseconds since 1970, by the API server's clock. */
  readonly now: () => number;
  /** Milliseconds. */
  readonly batchWindow: number;
  readonly resync: number;
  /** Decides and logs, but changes nothing. */
  readonly dryRun: boolean;
}

/** New nodes first: they take the longest. */
const order = ["resize", "uncordon", "cordon", "evict", "remove", "taint", "untaint", "report"];

/** Actions of one type that are carried out at the same time. */
const parallel = 10;

/** How long the watch may take to show a change that made an action fail, in milliseconds. */
const conflictWait = 1_000;

type Outcome = "done" | "conflict" | "failed";

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
    const { caches, rules, prices, meter, now, log } = this.parts;
    const started = performance.now();
    const [snapshot, before] = [caches.snapshot(now()), this.history];
    const decision = decide(snapshot, before, rules());
    this.history = decision.history;
    const seconds = (performance.now() - started) / 1000;
    for (const change of meter.take(snapshot, before, decision, seconds, rules(), prices())) log.info(change, "a pool's state has changed");
    if (this.parts.dryRun) this.show(decision.actions);
    else {
      const outcome = await this.actAll(decision.actions, signal);
      if (outcome === "failed") return this.retryAt(signal);
      // The watch brings what has changed; if it does not soon, what is known will do.
      if (outcome === "conflict") return Date.now() + conflictWait;
    }
    this.failures = 0;
    // By this machine's clock, which the loop waits by.
    return decision.wakeAt === undefined ? Infinity : Date.now() + decision.wakeAt - snapshot.now;
  }

  /** Carries the actions out, those of a type together; what follows one that was not done must wait for the next decision. */
  private async actAll(actions: readonly Action[], signal: AbortSignal): Promise<Outcome> {
    for (const type of order) {
      const waiting = actions.filter((action) => action.type === type);
      const outcomes = new Set<Outcome>();
      const worker = async (): Promise<void> => {
        for (let action = waiting.shift(); action; action = waiting.shift()) {
          outcomes.add(signal.aborted || !this.parts.leading() ? "failed" : await this.act(action));
        }
      };
      await Promise.all(Array.from({ length: parallel }, worker));
      for (const outcome of ["failed", "conflict"] as const) if (outcomes.has(outcome)) return outcome;
    }
    return "done";
  }

  private async act(action: Action): Promise<Outcome> {
    const { actor, events, log, metrics } = this.parts;
    const count = (outcome: string): void => metrics.increase("mks_autoscaler_actions_total", { action: action.type, outcome });
    if (action.type === "report") {
      const fresh = await events.tell("Warning", action.code, action.reason, action.pool, action.jobs);
      if (fresh) log.warn({ ...describe(action), jobs: action.jobs.length }, action.reason);
      return "done";
    }
    const started = performance.now();
    try {
      const outcome = await actor.carryOut(action);
      if (outcome !== "done") this.forgetRemoval(action);
      count(outcome === "done" ? "done" : "called-off");
      metrics.observe("mks_autoscaler_action_duration_seconds", { action: action.type }, (performance.now() - started) / 1000);
      log.info({ ...describe(action), outcome }, action.reason);
      if (outcome === "done") await this.tell(action);
      return "done";
    } catch (error) {
      const { message } = error as Error;
      const refusal = error instanceof ApiError || error instanceof OvhError ? error.status : undefined;
      if (refusal !== undefined && refusal < 500) this.forgetRemoval(action);
      const conflict = refusal === 409 || (error instanceof ApiError && refusal === 404);
      count(conflict ? "conflict" : "failed");
      if (conflict) log.info({ ...describe(action), error: message }, "changed meanwhile; deciding again");
      else log.error({ ...describe(action), error: message }, "an action failed and will be tried again");
      if (error instanceof OvhError && action.type === "remove" && !conflict)
        await events.tell("Warning", "ScaleDownFailed", message, action.pool, []);
      return conflict ? "conflict" : "failed";
    }
  }

  /** Nodes that were not asked to go count again. Where only the answer was lost they do not, for they may be going: no pod must get one. */
  private forgetRemoval(action: Action): void {
    if (action.type === "remove") this.history = withoutRemoval(this.history, action.nodes);
  }

  private async tell(action: Action): Promise<void> {
    if (action.type !== "resize" && action.type !== "remove") return;
    const { pool, desired, reason } = action;
    const up = action.type === "resize";
    const name = desired > pool.desired ? "ScaleUp" : up ? "OrderTakenBack" : action.broken ? "NodesReplaced" : "ScaleDown";
    const jobs = up ? action.jobs : [];
    await this.parts.events.tell("Normal", name, `${pool.desired} → ${desired} nodes: ${reason}`, pool, jobs);
    if (name !== "ScaleUp" || action.type !== "resize" || action.since === undefined) return;
    this.parts.metrics.observe("mks_autoscaler_order_latency_seconds", {}, Math.max(0, this.parts.now() - action.since) / 1000);
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
