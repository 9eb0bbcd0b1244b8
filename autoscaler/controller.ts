import { setTimeout as sleep } from "node:timers/promises";
import { withRefusal } from "./fleet/backoff";
import { type Caches } from "./caches";
import { decide } from "./decision/decide";
import { type DecisionMetrics } from "./observability/decision-metrics";
import { afterBreak, withoutRemoval, emptyHistory, type History } from "./state/history";
import { type Action } from "./state/action";
import { type PriceList } from "./cloud/prices";
import { type Rules } from "./state/rules";
import { describe, type WorkDependencies, Work } from "./actuation/work";

export interface ControllerDependencies extends WorkDependencies {
  readonly caches: Pick<Caches, "synced" | "snapshot">;
  readonly decisionMetrics: DecisionMetrics;
  /** Another number each time that this replica leads after others may have. */
  readonly term: () => number;
  readonly rules: () => Rules;
  readonly prices: () => PriceList;
  /** Milliseconds. */
  readonly batchWindow: number;
  readonly resync: number;
  /** Decides and logs, but changes nothing. */
  readonly dryRun: boolean;
}

/** Turns changes into decisions, and decisions into actions, one round at a time. */
export class Controller {
  private history: History = emptyHistory;
  private term: number | undefined;
  private readonly work: Work;
  private wake: () => void = () => undefined;
  private dirty = true;
  private shown = "";
  private turnedAt = performance.now();

  constructor(private readonly parts: ControllerDependencies) {
    this.work = new Work(parts, {
      notRemoved: (nodes) => (this.history = withoutRemoval(this.history, nodes)),
      refused: (pool, size, reason) => {
        this.history = withRefusal(this.history, pool, size, reason, parts.now(), parts.rules());
        this.changed();
      },
      removalEnded: this.changed,
    });
  }

  /** Something changed: a round follows after the batch window. */
  readonly changed = (): void => {
    this.dirty = true;
    this.wake();
  };

  /** Whether the loop turns. A round may wait for slow APIs, but not for minutes. */
  alive(): boolean {
    return performance.now() - this.turnedAt < this.parts.resync + 300_000;
  }

  /** Ends once the signal is aborted and the last action is answered. */
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
    await this.work.ended();
  }

  /** One decision and its actions; answers when the next is due, in milliseconds since 1970. */
  private async round(signal: AbortSignal): Promise<number> {
    const { caches, rules, prices, decisionMetrics, now, log } = this.parts;
    this.noteTerm();
    const started = performance.now();
    const [snapshot, before] = [caches.snapshot(now()), this.history];
    const decision = decide(snapshot, before, rules());
    this.history = decision.history;
    const seconds = (performance.now() - started) / 1000;
    for (const change of decisionMetrics.take(snapshot, before, decision, seconds, rules(), prices()))
      log.info(change, "a pool's state has changed");
    if (this.parts.dryRun) this.show(decision.actions);
    else await this.work.carryOut(decision.actions, signal);
    const due = decision.wakeAt === undefined ? Infinity : decision.wakeAt - snapshot.now;
    // By this machine's clock, which the loop waits by.
    return Date.now() + Math.min(due, this.work.untilNext());
  }

  /** Others may have ordered and removed nodes before this term: what was remembered of them is no more true. */
  private noteTerm(): void {
    const term = this.parts.term();
    if (this.term !== undefined && term !== this.term) this.history = afterBreak(this.history);
    this.term = term;
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
