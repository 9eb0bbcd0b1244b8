import { billedHours } from "../../common/billing";
import { type Decision, type PoolState } from "../decision/decide";
import { describeKept } from "../scale-down/idle";
import { type Metrics } from "../../service/metrics";
import { type Node, type Snapshot } from "../state/model";
import { type History } from "../state/history";
import { type PriceList } from "../cloud/prices";
import { defaultRules, type Rules } from "../state/rules";
import { poolStates, reasonOf } from "../fleet/states";

const prefix = "mks_autoscaler_";

const poolGauges = [
  "desired_nodes",
  "nodes",
  "ready_nodes",
  "busy_nodes",
  "broken_nodes",
  "state",
  "blocked",
  "holding_pods",
  "idle_wait_seconds",
].map((name) => `pool_${name}`);
const gauges = ["pending_pods", "podless_tasks", "patient_pods", ...poolGauges];

/** A gap longer than this between two decisions is no time that was watched, in milliseconds. */
const longestGap = 120_000;

export interface Transition {
  readonly pool: string;
  readonly from: PoolState;
  readonly to: PoolState;
  readonly why: string;
}

/** Turns decisions into metrics. What it counts starts at zero with each start of the process. */
export class DecisionMetrics {
  /** `born`: by node, since when it is billed, in milliseconds since 1970. */
  private last: { readonly at: number; readonly born: ReadonlyMap<string, number> } | undefined;
  private readonly states = new Map<string, PoolState>();

  constructor(private readonly metrics: Metrics) {}

  /** @returns the pools that have changed their state */
  take(snapshot: Snapshot, before: History, decision: Decision, seconds: number, rules: Rules, list: PriceList): Transition[] {
    const { metrics } = this;
    metrics.observe(`${prefix}decision_duration_seconds`, {}, seconds);
    for (const action of decision.actions)
      metrics.increase(`${prefix}decisions_total`, { decision: action.type === "report" ? action.code : action.type });
    metrics.set(`${prefix}pending_pods`, {}, decision.pending);
    metrics.set(`${prefix}podless_tasks`, {}, decision.podless);
    metrics.set(`${prefix}patient_pods`, {}, decision.patient);
    this.countBoots(snapshot, before);
    this.countTime(snapshot, decision, rules, list);
    return this.showPools(decision);
  }

  /** What it showed is no news any more: another replica leads. */
  clear(): void {
    for (const name of gauges) this.metrics.clear(prefix + name);
    this.states.clear();
    this.last = undefined;
  }

  private showPools({ pools }: Decision): Transition[] {
    const { metrics, states } = this;
    for (const name of poolGauges) metrics.clear(prefix + name);
    const transitions: Transition[] = [];
    for (const { name: pool, desired, nodes, ready, busy, broken, state, blocked, kept, holders } of pools) {
      const amounts = {
        desired_nodes: desired,
        nodes,
        ready_nodes: ready,
        busy_nodes: busy,
        broken_nodes: broken,
        blocked: blocked ? 1 : 0,
      };
      for (const [name, amount] of Object.entries(amounts)) metrics.set(`${prefix}pool_${name}`, { pool }, amount);
      for (const one of Object.keys(poolStates)) metrics.set(`${prefix}pool_state`, { pool, state: one }, one === state ? 1 : 0);
      if (kept) metrics.set(`${prefix}pool_idle_wait_seconds`, { pool, why: kept.why }, kept.wait / 1000);
      for (const { node, pod } of holders) metrics.set(`${prefix}pool_holding_pods`, { pool, node, pod }, 1);
      const from = states.get(pool);
      states.set(pool, state);
      if (from === undefined || from === state) continue;
      metrics.increase(`${prefix}pool_transitions_total`, { pool, from, to: state });
      transitions.push({
        pool,
        from,
        to: state,
        why: [reasonOf(from, state), ...(state === "idle" && kept ? [describeKept(kept)] : [])].join("; "),
      });
    }
    const names = new Set(pools.map(({ name }) => name));
    for (const pool of states.keys()) if (!names.has(pool)) states.delete(pool);
    return transitions;
  }

  private countBoots({ now, nodes }: Snapshot, before: History): void {
    for (const { name, ready, flavor = "" } of nodes) {
      const seen = before.nodes?.get(name);
      if (ready && seen?.orderedAt !== undefined)
        this.metrics.observe(`${prefix}node_boot_seconds`, { flavor }, (now - seen.orderedAt) / 1000);
    }
  }

  private countTime({ now, nodes, pods }: Snapshot, { history }: Decision, rules: Rules, list: PriceList): void {
    const { last, metrics } = this;
    // OVHcloud counts from the order on; an order of this process's time is remembered until the node is Ready. Time before the last look was not watched.
    const bornAt = (name: string, createdAt: number): number =>
      history.nodes?.get(name)?.orderedAt ?? (last ? Math.max(last.at, Math.min(now, createdAt)) : createdAt);
    const born = new Map(nodes.map(({ name, createdAt }) => [name, last?.born.get(name) ?? bornAt(name, createdAt)] as const));
    this.last = { at: now, born };
    if (!last || now <= last.at || now - last.at > longestGap) return;
    const busy = new Set(pods.flatMap((pod) => (pod.isWorkload && pod.node !== undefined ? [pod.node] : [])));
    const stateOf = ({ name, ready }: Node): string =>
      history.nodes?.get(name)?.givenUpAt !== undefined ? "broken" : !ready ? "starting" : busy.has(name) ? "busy" : "idle";
    for (const node of nodes) {
      const { pool, flavor = "" } = node;
      if (pool === undefined) continue;
      const isNew = !last.born.has(node.name);
      const since = born.get(node.name)!;
      const from = isNew ? since : last.at;
      metrics.increase(`${prefix}node_seconds_total`, { pool, state: stateOf(node) }, (now - from) / 1000);
      const billing = rules.billing ?? defaultRules.billing;
      const hours = isNew ? billedHours(from, now, billing) : billedHours(since, now, billing) - billedHours(since, from, billing);
      metrics.increase(`${prefix}node_hours_total`, { pool }, hours);
      const price = list.prices[flavor];
      if (price !== undefined) metrics.increase(`${prefix}cost_total`, { pool, currency: list.currency ?? "unknown" }, hours * price);
    }
  }
}
