import { trackBackoffs } from "../fleet/backoff";
import { conditionOf } from "../state/condition";
import { type Fleet, type PoolView, viewFleet } from "../fleet/fleet";
import { scaleUp } from "./scale-up";
import { heldNodes, heldReports } from "./held";
import { type UpcomingNode, type Use } from "../state/history";
import { costOfBoot, type Keeping, type Kept, trackUses } from "../scale-down/idle";
import { type Node, type Pod, type Snapshot } from "../state/model";
import { type History } from "../state/history";
import { type Action } from "../state/action";
import { type Placement, placePods } from "../scheduling/placement";
import { brokenReport, gangReports, hopelessReports, reports } from "./reports";
import { repair } from "../scale-down/repair";
import { type CompleteRules, defaultRules, isAuto, type Rules } from "../state/rules";
import { scaleDown } from "../scale-down/scale-down";
import { softTaints } from "../scale-down/soft-taint";
import { type PoolState, stateOf } from "../fleet/states";
import { surplusNodes } from "../scale-down/surplus";
import { observeTemplates } from "../node-template/observe";
import { nodesFor, type UpcomingPods, upcomingPods } from "../scale-down/idle";
import { unplacedPods } from "./unplaced";
import { podsByNode, consolidate } from "../scale-down/consolidation";
import { bootOf } from "../scheduling/bins";
import { learnAllocatable } from "../node-template/observe";
import { loadOf } from "../state/load";

export type { PoolState } from "../fleet/states";

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

export interface Decision {
  readonly actions: readonly Action[];
  readonly history: History;
  /** When time alone may call for another decision, in milliseconds since 1970. */
  readonly wakeAt: number | undefined;
  readonly pools: readonly PoolSummary[];
  /** How many pods wait for a node. */
  readonly pending: number;
  /** How many of them will start on nodes that there are, before a new node could be Ready. */
  readonly patient: number;
}

/**
 * While idle nodes that could go are kept for pods that are not there yet, a decision is made at least this often, in milliseconds: that a Job has ended, or that a
 * CronJob has made none, comes with no change of a pod or a node.
 */
const upcomingRecheck = 2_000;

/**
 * Decides what to do about the pools. Pure; and since sizes are absolute, and nodes on their way count as there, deciding
 * again before the actions show their effect orders nothing twice.
 */
export function decide(seen: Snapshot, history: History, given: Rules): Decision {
  const snapshot = withNominated(seen);
  const { now } = snapshot;
  const rules: CompleteRules = { ...defaultRules, ...given };
  const load = loadOf(snapshot.pods);
  const fleet = viewFleet(snapshot, history, rules, load.busy);
  const backoffs = trackBackoffs(fleet.views, history, now, rules);
  const allocatable = learnAllocatable(snapshot.nodes, history.allocatable, rules.flavors);
  const observedTemplates = observeTemplates(fleet.views, history.observedTemplates, load, fleet.observedNodes, now);
  const placement = placePods(snapshot, { fleet, load, allocatable, observedTemplates, backoffs, rules });
  const onNode = podsByNode(snapshot.pods);
  const consolidated = consolidate(fleet.views, snapshot, load, placement, rules, onNode);

  const actions: Action[] = [];
  const idleSince = new Map<string, number>();
  const uses = new Map<string, readonly Use[]>();
  const upcoming = upcomingPods(snapshot);
  const wakeTimes = [...fleet.wakeTimes, ...[...backoffs.values()].map(({ until }) => until)];
  const upcomingNodes = new Map<string, readonly UpcomingNode[]>();
  const pools: PoolSummary[] = [];
  const conditionWrittenAt = new Map<string, number>();
  for (const view of fleet.views) {
    const { pool, nodes } = view;
    const backoff = backoffs.get(pool.name);
    const isBusy = (node: Node): boolean => (view.broken.has(node) ? load.held : load.busy).has(node.name);
    const isIdle = (node: Node): boolean => !isBusy(node) && !placement.assigned.has(node.name);
    const growth = scaleUp(view, { placement, backoff, busyLeaving: [...view.leaving].filter(isBusy).length, now, rules });
    upcomingNodes.set(pool.name, withOrder(view.upcomingNodes, growth, now));
    const mending = growth ? undefined : repair(view, load, rules);
    const limited = placement.limited.has(pool.name);
    const demand = limited || (placement.expected.get(pool.name) ?? []).length > 0;
    const enabled = !pool.autoscale && !pool.monthly && !growth && !mending;
    const idleNow = (node: Node): boolean => isIdle(node) || consolidated.has(node);
    const keeping = isAuto(rules) ? keepingOf(view, idleNow, placement, upcoming, { now, history, fleet, rules }) : undefined;
    if (keeping) uses.set(pool.name, keeping.uses);
    const surplus = enabled && !demand ? surplusNodes(view, snapshot, load, placement.assigned, rules) : new Set<Node>();
    const down = scaleDown(view, { now, history, rules, enabled, demand, surplus, consolidated, isIdle, keeping });
    actions.push(...(growth ? [growth] : []), ...(mending ? [mending] : []), ...down.actions);
    actions.push(...reports(view, placement, backoff, rules, now), ...brokenReport(view, placement, snapshot.pods, rules));
    const held = heldNodes(view, { onNode, placement, isIdle, rules });
    actions.push(...heldReports(view, held, consolidated, now));
    actions.push(...softTaints(view, { now, rules, down, isIdle }));
    for (const [key, since] of down.idleSince) idleSince.set(key, since);
    wakeTimes.push(...down.wakeTimes);
    if (keeping && keeping.needed > 0 && enabled && pool.desired > pool.min) wakeTimes.push(now + upcomingRecheck);
    if (backoff) wakeTimes.push(backoff.since + rules.backoffSettle);
    const blocked = limited || pool.problem !== undefined ? backoff?.reason : undefined;
    const writtenBefore = history.conditionWrittenAt.get(pool.name);
    const condition = conditionOf(pool, blocked, writtenBefore, now);
    actions.push(...condition);
    const writtenAt = condition.length > 0 ? now : writtenBefore;
    if (writtenAt !== undefined) conditionWrittenAt.set(pool.name, writtenAt);
    pools.push({
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
    });
  }
  const unplaced = unplacedPods(snapshot, placement, history);
  actions.push(...hopelessReports(placement), ...gangReports(snapshot), ...unplaced.reports);
  const soonest = Math.min(...wakeTimes.filter((time) => time > now));
  return {
    actions,
    history: {
      idleSince,
      uses,
      allocatable,
      observedTemplates,
      backoffs,
      removalAsked: removalTimes(snapshot, history, actions, rules),
      upcomingNodes,
      nodes: fleet.observedNodes,
      boots: fleet.boots,
      givenUp: fleet.givenUp,
      unplaced: unplaced.known,
      conditionWrittenAt,
      outcomes: new Map(fleet.views.map(({ pool, outcome }) => [pool.name, outcome])),
    },
    wakeAt: soonest < Infinity ? soonest : undefined,
    pools,
    pending: placement.pending,
    patient: placement.patient,
  };
}

/** What decides on how long a pool's idle nodes are kept. */
function keepingOf(
  { pool, nodes, leaving, broken, expected }: PoolView,
  isIdle: (node: Node) => boolean,
  placement: Placement,
  all: readonly UpcomingPods[],
  { now, history, fleet, rules }: { readonly now: number; readonly history: History; readonly fleet: Fleet; readonly rules: CompleteRules },
): Keeping {
  const usable = nodes.filter((node) => !leaving.has(node) && !broken.has(node));
  const idle = usable.filter(isIdle).length;
  const ordered = (placement.expected.get(pool.name) ?? []).length > 0 ? expected.length : 0;
  const inUse = usable.length - idle + ordered + (placement.added.get(pool.name) ?? 0);
  const cost = costOfBoot(bootOf(pool.flavor, { fleet, rules }));
  const uses = trackUses(history.uses.get(pool.name), inUse, inUse + Math.max(1, idle), now);
  const next = placement.templates.get(pool.name)!;
  // Of thousands of Jobs that is a question worth not asking for nothing.
  const upcoming = (idle > 0 ? all : []).filter((one) => one.at - now <= cost && nodesFor([one], next) > 0);
  const scheduled = upcoming.filter(({ why }) => why === "schedule");
  return { uses, inUse, cost, scheduled: nodesFor(scheduled, next), needed: nodesFor(upcoming, next) };
}

/** Counts a pod for which the scheduler has made room as on its node, as long as that is Ready. */
function withNominated(snapshot: Snapshot): Snapshot {
  const { pods, nodes } = snapshot;
  const isNominated = ({ node, nominated }: Pod): boolean => node === undefined && nominated !== undefined;
  if (!pods.some(isNominated)) return snapshot;
  const names = new Set(nodes.flatMap(({ name, ready }) => (ready ? [name] : [])));
  return { ...snapshot, pods: pods.map((pod) => (isNominated(pod) && names.has(pod.nominated!) ? { ...pod, node: pod.nominated } : pod)) };
}

/** Adds the nodes of an order that goes out now; if it does not, the next decision leaves them out again. */
function withOrder(upcomingNodes: readonly UpcomingNode[], growth: Action | undefined, now: number): readonly UpcomingNode[] {
  if (growth?.type !== "resize") return upcomingNodes;
  const ordered = Math.max(0, growth.desired - growth.pool.desired);
  return [...upcomingNodes, ...Array.from({ length: ordered }, () => ({ orderedAt: now }))];
}

/** When each node's removal by name was asked for; nodes that are gone are forgotten. */
function removalTimes(snapshot: Snapshot, history: History, actions: readonly Action[], rules: CompleteRules): Map<string, number> {
  const present = new Set(snapshot.nodes.map((node) => node.name));
  const times = new Map([...history.removalAsked].filter(([name]) => present.has(name)));
  if (!rules.namedRemoval) return times;
  for (const action of actions) if (action.type === "remove") for (const { name } of action.nodes) times.set(name, snapshot.now);
  return times;
}
