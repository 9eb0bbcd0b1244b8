import { type Logger } from "pino";
import { plural } from "../../common/text";
import { type Actor } from "./act";
import { involved } from "../observability/involved";
import { ClusterError } from "../../kubernetes/cluster";
import { Lanes } from "./lanes";
import { type Events } from "../../service/events";
import { type Metrics } from "../../service/metrics";
import { type Node, type Pool } from "../state/model";
import { type Action } from "../state/action";
import { OvhError } from "../../common/ovh/errors";
import { UncertainRemoval } from "../cloud/ovh";

/** Nodes that are there come before new ones, and new ones before all that can wait. */
const order = ["uncordon", "resize", "cordon", "evict", "remove", "taint", "untaint"];

/** Actions of one type that are carried out at the same time. */
const parallel = 10;

/** A line of the log names no more pods. */
const mostNamed = 10;

type Report = Extract<Action, { type: "report" }>;
type Condition = Extract<Action, { type: "condition" }>;
type Act = Exclude<Action, Report | Condition>;

export interface WorkDependencies {
  readonly actor: Actor;
  readonly events: Pick<Events, "tell">;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Whether this replica may act now. */
  readonly leading: () => boolean;
  /** Milliseconds since 1970, by the API server's clock. */
  readonly now: () => number;
}

/** What the next decisions have to know of how actions ended. */
interface Outcomes {
  /** Nodes that were not asked to go. */
  notRemoved(nodes: readonly Node[]): void;
  /** A size that the API would not take. */
  refused(pool: Pool, size: number, reason: string): void;
  removalEnded(): void;
}

/** Carries actions out, each pool's for itself. */
export class Work {
  private readonly lanes = new Lanes();
  private readonly removals = new Set<Promise<void>>();
  /** Pools that are not any more as the decision saw them. */
  private readonly changed = new Set<string>();

  constructor(
    private readonly means: WorkDependencies,
    private readonly outcomes: Outcomes,
  ) {}

  /** In how many milliseconds something that failed may be tried again; Infinity when nothing waits. */
  untilNext(): number {
    return this.lanes.untilNext();
  }

  /** Waits for what goes on beside the loop. */
  async ended(): Promise<void> {
    await Promise.all(this.removals);
  }

  /** Carries the actions out, those of a type together; what follows one that was not done in its pool must wait for a later decision. */
  async carryOut(actions: readonly Action[], signal: AbortSignal): Promise<void> {
    this.changed.clear();
    for (const type of order) {
      const waiting = actions.filter((action): action is Act => action.type === type);
      const worker = async (): Promise<void> => {
        for (let action = waiting.shift(); action; action = waiting.shift()) {
          if (signal.aborted || !this.means.leading() || !this.isOpen(action.pool.name)) this.forgetRemoval(action);
          else if (action.type === "remove") this.remove(action);
          else await this.act(action);
        }
      };
      await Promise.all(Array.from({ length: parallel }, worker));
    }
    for (const action of actions) {
      if (action.type === "report") await this.report(action);
      else if (action.type === "condition" && this.means.leading()) await this.show(action);
    }
  }

  private isOpen(pool: string): boolean {
    return this.lanes.isOpen(pool) && !this.changed.has(pool);
  }

  /** Beside the loop: OVHcloud's API may take its time, and pods of other pools wait for nodes. */
  private remove(action: Act): void {
    this.lanes.occupy(action.pool.name);
    const removal = this.act(action).finally(() => {
      this.lanes.free(action.pool.name);
      this.removals.delete(removal);
      this.outcomes.removalEnded();
    });
    this.removals.add(removal);
  }

  private async act(action: Act): Promise<void> {
    const { actor, log, metrics } = this.means;
    const { name } = action.pool;
    const started = performance.now();
    const count = (outcome: string): void => metrics.increase("mks_autoscaler_actions_total", { action: action.type, outcome });
    try {
      const outcome = await actor.carryOut(action);
      const done = outcome === "done";
      this.lanes[done ? "succeeded" : "rest"](name);
      count(done ? "done" : "called-off");
      metrics.observe("mks_autoscaler_action_duration_seconds", { action: action.type }, (performance.now() - started) / 1000);
      log.info({ ...describe(action), outcome }, action.reason);
      if (done) await this.tell(action);
      else this.forgetRemoval(action);
    } catch (error) {
      const ending = endingOf(error);
      count(ending);
      log[ending === "conflict" ? "info" : "error"]({ ...describe(action), error: (error as Error).message }, endings[ending]);
      await this.notDone(action, ending, error as Error);
    }
  }

  private async notDone(action: Act, ending: keyof typeof endings, error: Error): Promise<void> {
    const { pool, type } = action;
    if (!(error instanceof UncertainRemoval)) this.forgetRemoval(action);
    if (ending === "refused" && type === "resize") return this.outcomes.refused(pool, action.desired, error.message);
    if (ending === "failed" || ending === "refused") this.lanes.failed(pool.name);
    else if (type === "remove") this.lanes.rest(pool.name);
    else {
      this.changed.add(pool.name);
      this.lanes.lookAgain();
    }
    if (ending !== "conflict" && type === "remove" && (error instanceof OvhError || error instanceof UncertainRemoval))
      await this.means.events.tell("Warning", "ScaleDownFailed", error.message, involved(pool));
  }

  /** Nodes that were not asked to go count again. Where only the answer was lost they do not, for they may be going: no pod must get one. */
  private forgetRemoval(action: Act): void {
    if (action.type === "remove") this.outcomes.notRemoved(action.nodes);
  }

  private async report({ code, reason, pool, jobs, pods = [] }: Report): Promise<void> {
    const fresh = await this.means.events.tell("Warning", code, reason, involved(pool, jobs, pods));
    const named = pods.slice(0, mostNamed).map(({ namespace, name }) => `${namespace}/${name}`);
    const about = { action: "report", pool: pool?.name, code, jobs: jobs.length, ...(named.length > 0 && { pods: named }) };
    if (fresh) this.means.log.warn(about, reason);
  }

  /** News, as an Event is: where it cannot be written, the pool gets its nodes all the same. */
  private async show(action: Condition): Promise<void> {
    const { actor, log, metrics } = this.means;
    const outcome = await actor.carryOut(action).catch((error: unknown) => (error as Error).message);
    metrics.increase("mks_autoscaler_actions_total", { action: action.type, outcome: outcome === "done" ? "done" : "failed" });
    log[outcome === "done" ? "info" : "warn"]({ ...describe(action), outcome }, action.reason);
  }

  private async tell(action: Act): Promise<void> {
    if (action.type !== "resize" && action.type !== "remove") return;
    const { pool, desired, reason } = action;
    const up = action.type === "resize";
    const name = desired > pool.desired ? "ScaleUp" : up ? "OrderTakenBack" : action.broken ? "NodesReplaced" : "ScaleDown";
    const jobs = up ? action.jobs : [];
    await this.means.events.tell("Normal", name, `${pool.desired} → ${plural(desired, "node")}: ${reason}`, involved(pool, jobs));
    if (name !== "ScaleUp" || action.type !== "resize" || action.since === undefined) return;
    this.means.metrics.observe("mks_autoscaler_order_latency_seconds", {}, Math.max(0, this.means.now() - action.since) / 1000);
  }
}

const endings = {
  conflict: "changed meanwhile; deciding again",
  refused: "refused",
  failed: "an action failed and will be tried again",
} as const;

const statusOf = (error: unknown): number | undefined =>
  error instanceof ClusterError || error instanceof OvhError ? error.status : undefined;

function endingOf(error: unknown): keyof typeof endings {
  const status = statusOf(error);
  if (status === 409 || (status === 404 && error instanceof ClusterError)) return "conflict";
  return status !== undefined && status < 500 && status !== 429 ? "refused" : "failed";
}

export function describe(action: Action): Record<string, unknown> {
  const pool = "pool" in action ? action.pool?.name : undefined;
  switch (action.type) {
    case "resize":
      return { action: action.type, pool, from: action.pool.desired, to: action.desired };
    case "remove":
      return { action: action.type, pool, from: action.pool.desired, to: action.desired, nodes: action.nodes.map(({ name }) => name) };
    case "report":
      return { action: action.type, pool, code: action.code };
    case "condition":
      return { action: action.type, pool };
    default:
      return { action: action.type, pool, node: action.node };
  }
}
