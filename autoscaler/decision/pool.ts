import { type Fleet, type PoolView } from "../fleet/fleet";
import { type PoolState, stateOf } from "../fleet/states";
import { type Consolidated, type PodsByNode } from "../scale-down/consolidation";
import { costOfBoot, type Keeping, type Kept, nodesFor, trackUses, type UpcomingPods } from "../scale-down/idle";
import { repair } from "../scale-down/repair";
import { scaleDown } from "../scale-down/scale-down";
import { softTaints } from "../scale-down/soft-taint";
import { surplusNodes } from "../scale-down/surplus";
import { bootOf } from "../scheduling/bins";
import { type Placement } from "../scheduling/placement";
import { type Action } from "../state/action";
import { conditionOf } from "../state/condition";
import { type Backoff, type History, type UpcomingNode, type Use } from "../state/history";
import { type Load } from "../state/load";
import { type Node, type Snapshot } from "../state/model";
import { type CompleteRules, isAuto } from "../state/rules";
import { heldNodes, heldReports } from "./held";
import { brokenReport, reports } from "./reports";
import { scaleUp } from "./scale-up";

export interface PoolSummary {
  readonly name: string;
  readonly state: PoolState;
  readonly desired: number;
  readonly nodes: number;
  readonly ready: number;
  /** Nodes that have workload pods. */
  readonly busy: number;
  /** Nodes that did not come up, or do not answer any more. */
  readonly broken: number;
  /** Why OVHcloud refuses it nodes. */
  readonly blocked: string | undefined;
  /** How long its next idle node is kept. @default it has none, or a fixed time holds */
  readonly kept?: Kept;
  /** Pods of no Job that alone keep a node of it, with the node's name. */
  readonly holders: readonly { readonly node: string; readonly pod: string }[];
}

/**
 * A decision is made at least this often, in milliseconds, while idle nodes are kept for pods that do not exist yet: no pod or node changes when a Job
 * ends, or when a CronJob makes no Job.
 */
const upcomingRecheck = 2_000;

/** What a decision knows before it looks at the pools one by one. */
export interface DecisionContext {
  readonly snapshot: Snapshot;
  readonly history: History;
  readonly rules: CompleteRules;
  readonly load: Load;
  readonly fleet: Fleet;
  readonly placement: Placement;
  /** By pool name. */
  readonly backoffs: ReadonlyMap<string, Backoff>;
  readonly consolidated: Consolidated;
  readonly onNode: PodsByNode;
  readonly upcoming: readonly UpcomingPods[];
}

/** What is decided about one pool, and what the next decision has to know of it. */
export interface PoolDecision {
  readonly actions: readonly Action[];
  readonly summary: PoolSummary;
  /** When time alone may call for another decision, in milliseconds since 1970. */
  readonly wakeTimes: readonly number[];
  readonly idleSince: ReadonlyMap<string, number>;
  readonly upcomingNodes: readonly UpcomingNode[];
  /** @default a fixed time holds for idle nodes */
  readonly uses: readonly Use[] | undefined;
  /** When the pool's condition was last to be written, in milliseconds since 1970. */
  readonly conditionWrittenAt: number | undefined;
}

/** Decides about one pool. At most one action resizes it: a scale-up comes before the repair of broken nodes, and both before scale-down. */
export function decidePool(view: PoolView, context: DecisionContext): PoolDecision {
  const { snapshot, history, rules, load, placement, consolidated, onNode } = context;
  const { now } = snapshot;
  const { pool, nodes } = view;
  const backoff = context.backoffs.get(pool.name);
  const isBusy = (node: Node): boolean => (view.broken.has(node) ? load.held : load.busy).has(node.name);
  const isIdle = (node: Node): boolean => !isBusy(node) && !placement.assigned.has(node.name);
  const growth = scaleUp(view, { placement, backoff, busyLeaving: [...view.leaving].filter(isBusy).length, now, rules });
  const mending = growth ? undefined : repair(view, load, rules);
  const limited = placement.limited.has(pool.name);
  const demand = limited || (placement.expected.get(pool.name) ?? []).length > 0;
  const enabled = !pool.autoscale && !pool.monthly && !growth && !mending;
  const keeping = isAuto(rules) ? keepingOf(view, (node) => isIdle(node) || consolidated.has(node), context) : undefined;
  const surplus = enabled && !demand ? surplusNodes(view, snapshot, load, placement.assigned, rules) : new Set<Node>();
  const down = scaleDown(view, { now, history, rules, enabled, demand, surplus, consolidated, isIdle, keeping });
  const held = heldNodes(view, { onNode, placement, isIdle, rules });
  const blocked = limited || pool.problem !== undefined ? backoff?.reason : undefined;
  const writtenBefore = history.conditionWrittenAt.get(pool.name);
  const condition = conditionOf(pool, blocked, writtenBefore, now);
  const mayShrink = enabled && pool.desired > pool.min;
  return {
    actions: [
      ...(growth ? [growth] : []),
      ...(mending ? [mending] : []),
      ...down.actions,
      ...reports(view, placement, backoff, rules, now),
      ...brokenReport(view, placement, snapshot.pods, rules),
      ...heldReports(view, held, consolidated, now),
      ...softTaints(view, { now, rules, down, isIdle }),
      ...condition,
    ],
    wakeTimes: [
      ...down.wakeTimes,
      ...(keeping && keeping.needed > 0 && mayShrink ? [now + upcomingRecheck] : []),
      ...(backoff ? [backoff.since + rules.backoffSettle] : []),
    ],
    idleSince: down.idleSince,
    upcomingNodes: withOrder(view.upcomingNodes, growth, now),
    uses: keeping?.uses,
    conditionWrittenAt: condition.length > 0 ? now : writtenBefore,
    summary: {
      name: pool.name,
      state: stateOf(view, { growth, backoff, limited, idle: nodes.every(isIdle) }),
      desired: pool.desired,
      nodes: nodes.length,
      ready: nodes.filter((node) => node.ready).length,
      busy: nodes.filter(isBusy).length,
      broken: view.broken.size,
      blocked,
      ...(down.kept && { kept: down.kept }),
      holders: held.flatMap(({ node, pods }) => pods.map(({ id }) => ({ node: node.name, pod: id }))),
    },
  };
}

/** What decides on how long a pool's idle nodes are kept. */
function keepingOf(
  { pool, nodes, leaving, broken, expected }: PoolView,
  isIdle: (node: Node) => boolean,
  { snapshot: { now }, history, fleet, rules, placement, upcoming: all }: DecisionContext,
): Keeping {
  const usable = nodes.filter((node) => !leaving.has(node) && !broken.has(node));
  const idle = usable.filter(isIdle).length;
  const ordered = (placement.expected.get(pool.name) ?? []).length > 0 ? expected.length : 0;
  const inUse = usable.length - idle + ordered + (placement.added.get(pool.name) ?? 0);
  const cost = costOfBoot(bootOf(pool.flavor, { fleet, rules }));
  const uses = trackUses(history.uses.get(pool.name), inUse, inUse + Math.max(1, idle), now);
  const next = placement.templates.get(pool.name)!;
  // With thousands of Jobs the question takes time.
  const upcoming = (idle > 0 ? all : []).filter((one) => one.at - now <= cost && nodesFor([one], next) > 0);
  const scheduled = upcoming.filter(({ why }) => why === "schedule");
  return { uses, inUse, cost, scheduled: nodesFor(scheduled, next), needed: nodesFor(upcoming, next) };
}

/** Adds the nodes of an order that goes out now; if it does not, the next decision leaves them out again. */
function withOrder(upcomingNodes: readonly UpcomingNode[], growth: Action | undefined, now: number): readonly UpcomingNode[] {
  if (growth?.type !== "resize") return upcomingNodes;
  const ordered = Math.max(0, growth.desired - growth.pool.desired);
  return [...upcomingNodes, ...Array.from({ length: ordered }, () => ({ orderedAt: now }))];
}
