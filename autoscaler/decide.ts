import { type Action, type History, type JobRef, type Pod, type Snapshot } from "./model";
import { pendingPods, type Placement, placePods } from "./placement";
import { type Rules } from "./rules";
import { scaleDown } from "./scale-down";
import { learnAllocatable, loadOf, type PoolView, viewPool } from "./view";

/**
 * What a pool is doing. `standing-by`: it is left to OVHcloud's own autoscaler; `blocked`: OVHcloud cannot give it the nodes; `growing`:
 * nodes are on their way; `shrinking`: nodes are leaving; `draining`: nodes are cordoned and watched; `working`; `idle`: nodes have
 * nothing to do and the delay runs; `resting`: at its minimum, with nothing to do.
 */
export type PoolState = "standing-by" | "blocked" | "growing" | "shrinking" | "draining" | "working" | "idle" | "resting";

export interface PoolSummary {
  readonly name: string;
  readonly state: PoolState;
  readonly desired: number;
  readonly nodes: number;
  readonly ready: number;
}

export interface Decision {
  readonly actions: readonly Action[];
  readonly history: History;
  /** When time alone may call for another decision, in milliseconds since 1970. */
  readonly wakeAt: number | undefined;
  readonly pools: readonly PoolSummary[];
  /** How many pods wait for a node. */
  readonly pending: number;
}

/**
 * Decides what to do about the pools. Pure; and since sizes are absolute, and nodes on their way count as there, deciding
 * again before the actions show their effect orders nothing twice.
 */
export function decide(snapshot: Snapshot, history: History, rules: Rules): Decision {
  const { now } = snapshot;
  const views = snapshot.pools.filter((pool) => !pool.deleting).map((pool) => viewPool(pool, snapshot, history, rules.removalRetry));
  const load = loadOf(snapshot.pods);
  const allocatable = learnAllocatable(snapshot.nodes, history.allocatable);
  const placement = placePods(snapshot, views, { load, allocatable, flavors: rules.flavors, bootedAfter: now - rules.bootTimeout });

  const actions: Action[] = [];
  const idleSince = new Map<string, number>();
  const wakeTimes: number[] = [];
  const pools: PoolSummary[] = [];
  for (const view of views) {
    const { pool, nodes } = view;
    const isBusy = ({ name }: { name: string }): boolean => load.busy.has(name);
    const isIdle = (node: { name: string }): boolean => !isBusy(node) && !placement.assigned.has(node.name);
    const growth = grow(view, placement, [...view.leaving].filter(isBusy).length);
    const demand = (placement.expected.get(pool.name) ?? []).length > 0 || placement.limited.has(pool.name);
    const down = scaleDown(view, { now, history, rules, enabled: !pool.autoscale && !growth, demand, isIdle });
    actions.push(...(growth ? [growth] : []), ...down.actions, ...reports(view, placement));
    for (const [key, since] of down.idleSince) idleSince.set(key, since);
    wakeTimes.push(...down.wakeTimes);
    const ready = nodes.filter((node) => node.ready).length;
    pools.push({ name: pool.name, state: stateOf(view, growth, nodes.every(isIdle)), desired: pool.desired, nodes: nodes.length, ready });
  }
  if (placement.hopeless.length > 0) {
    const reason = `${count(placement.hopeless.length, "pod")} fit no node of a pool that may grow; compare their requests, nodeSelector, affinity and tolerations with the pools`;
    actions.push({ type: "report", code: "NoPoolFits", pool: undefined, reason, jobs: jobsOf(placement.hopeless) });
  }
  return {
    actions,
    history: { idleSince, allocatable, removalAsked: removalTimes(snapshot, history, actions, rules) },
    wakeAt: wakeTimes.length > 0 ? Math.min(...wakeTimes) : undefined,
    pools,
    pending: pendingPods(snapshot).length,
  };
}

/** All the nodes that a pool lacks, in one step. */
function grow({ pool, nodes }: PoolView, placement: Placement, busyLeaving: number): Action | undefined {
  if (pool.autoscale) return undefined;
  const added = placement.added.get(pool.name) ?? 0;
  // Which of the surplus nodes OVHcloud takes is its own choice: to keep a busy one, all must be kept.
  const kept = busyLeaving > 0 ? Math.min(nodes.length, pool.max) : 0;
  const desired = Math.max(pool.min, pool.desired + added, kept);
  if (desired <= pool.desired) return undefined;
  const waiting = placement.waiting.get(pool.name) ?? [];
  const reason =
    added > 0
      ? `${count(waiting.length, "pending pod")} need ${count(added, "more node")}`
      : kept > pool.desired
        ? `${count(busyLeaving, "node")} got work while being removed`
        : `the pool's minimum is ${pool.min}`;
  return { type: "resize", pool, desired, reason, jobs: jobsOf(waiting) };
}

function reports({ pool, nodes }: PoolView, placement: Placement): Action[] {
  const expected = placement.expected.get(pool.name) ?? [];
  const limited = placement.limited.get(pool.name) ?? [];
  const report = (code: "StandingBy" | "PoolBlocked" | "PoolAtMaximum", reason: string, concerned: readonly Pod[]): Action => ({
    type: "report",
    code,
    pool,
    reason,
    jobs: jobsOf(concerned),
  });
  if (pool.autoscale)
    return [report("StandingBy", `OVHcloud's own autoscaler is on for the pool ${pool.name} (autoscale: true); it is left alone`, [])];
  return [
    ...(pool.problem !== undefined && nodes.length < pool.desired
      ? [
          report(
            "PoolBlocked",
            `OVHcloud has given the pool ${pool.name} ${nodes.length} of ${count(pool.desired, "node")}: ${pool.problem}`,
            [...expected, ...limited],
          ),
        ]
      : []),
    ...(limited.length > 0
      ? [
          report(
            "PoolAtMaximum",
            `${count(limited.length, "pod")} wait because the pool ${pool.name} may have no more than ${count(pool.max, "node")} (maxNodes)`,
            limited,
          ),
        ]
      : []),
  ];
}

function stateOf({ pool, nodes, leaving, inFlight }: PoolView, growth: Action | undefined, idle: boolean): PoolState {
  if (pool.autoscale) return "standing-by";
  if (pool.problem !== undefined && inFlight > 0) return "blocked";
  if (growth || inFlight > 0 || nodes.some((node) => !node.ready)) return "growing";
  if (leaving.size > 0) return "shrinking";
  if (nodes.some((node) => node.drainingSince !== undefined)) return "draining";
  if (!idle) return "working";
  return pool.desired > pool.min ? "idle" : "resting";
}

/** When each node's removal by name was asked for; nodes that are gone are forgotten. */
function removalTimes(snapshot: Snapshot, history: History, actions: readonly Action[], rules: Rules): Map<string, number> {
  const present = new Set(snapshot.nodes.map((node) => node.name));
  const times = new Map([...history.removalAsked].filter(([name]) => present.has(name)));
  if (!rules.namedRemoval) return times;
  for (const action of actions) if (action.type === "remove") for (const { name } of action.nodes) times.set(name, snapshot.now);
  return times;
}

function jobsOf(pods: readonly Pod[]): JobRef[] {
  return [...new Map(pods.flatMap(({ job }) => (job ? [[job.uid, job] as const] : []))).values()];
}

const count = (amount: number, what: string): string => `${amount} ${what}${amount === 1 ? "" : "s"}`;
