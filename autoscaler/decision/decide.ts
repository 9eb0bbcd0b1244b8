import { trackBackoffs } from "../fleet/backoff";
import { viewFleet } from "../fleet/fleet";
import { type Pod, type Snapshot } from "../state/model";
import { type History } from "../state/history";
import { type Action } from "../state/action";
import { placePods } from "../scheduling/placement";
import { countedTasks, podlessTasks } from "../scheduling/podless";
import { gangReports, hopelessReports } from "./reports";
import { type CompleteRules, defaultRules, type Rules } from "../state/rules";
import { observeTemplates, learnAllocatable } from "../node-template/observe";
import { upcomingPods } from "../scale-down/idle";
import { unplacedPods } from "./unplaced";
import { podsByNode, consolidate } from "../scale-down/consolidation";
import { loadOf } from "../state/load";
import { type PoolSummary, decidePool, type PoolDecision } from "./pool";
import { trackStalls } from "./stalls";

export type { PoolState } from "../fleet/states";

export interface Decision {
  readonly actions: readonly Action[];
  readonly history: History;
  /** When time alone may call for another decision, in milliseconds since 1970. */
  readonly wakeAt: number | undefined;
  readonly pools: readonly PoolSummary[];
  /** How many pods wait for a node. */
  readonly pending: number;
  /** How many tasks that have no pod count as such. */
  readonly podless: number;
  /** How many of all these will start on nodes that there are, before a new node could be Ready. */
  readonly patient: number;
}

/**
 * Decides what to do about the pools. Pure; and since sizes are absolute, and nodes on their way count as there, deciding
 * again before the actions show their effect orders nothing twice.
 */
export function decide(seen: Snapshot, history: History, given: Rules): Decision {
  const snapshot = withNominated(seen);
  const { now } = snapshot;
  const rules: CompleteRules = { ...defaultRules, ...given };
  const load = loadOf(snapshot);
  const fleet = viewFleet(snapshot, history, rules, load.busy);
  const backoffs = trackBackoffs(fleet.views, history, now, rules);
  const allocatable = learnAllocatable(snapshot.nodes, history.allocatable, rules.flavors);
  const observedTemplates = observeTemplates(fleet.views, history.observedTemplates, load, fleet.observedNodes, now);
  const podless = podlessTasks(snapshot);
  const counted = countedTasks(podless, history.stalls, now);
  const placement = placePods(snapshot, { fleet, load, allocatable, observedTemplates, backoffs, rules }, counted);
  const { stalls, wakeTimes: stallTimes } = trackStalls(podless, placement.present, history.stalls, now);
  const onNode = podsByNode(snapshot.pods);
  const consolidated = consolidate(fleet.views, snapshot, load, placement, rules, onNode);

  const upcoming = upcomingPods(snapshot, new Set(counted.map(({ job }) => job.uid)));
  const context = { snapshot, history, rules, load, fleet, placement, backoffs, consolidated, onNode, upcoming };
  const pools = fleet.views.map((view) => decidePool(view, context));
  const unplaced = unplacedPods(snapshot, placement, history);
  const actions = [...pools.flatMap((pool) => pool.actions), ...hopelessReports(placement), ...gangReports(snapshot), ...unplaced.reports];
  const byName = <T>(read: (pool: PoolDecision) => T | undefined): Map<string, T> =>
    new Map(
      pools.flatMap((pool) => {
        const value = read(pool);
        return value === undefined ? [] : [[pool.summary.name, value] as const];
      }),
    );
  const wakeTimes = [
    ...fleet.wakeTimes,
    ...[...backoffs.values()].map(({ until }) => until),
    ...pools.flatMap((pool) => pool.wakeTimes),
    ...stallTimes,
    ...load.unrecorded.values(),
  ];
  const soonest = Math.min(...wakeTimes.filter((time) => time > now));
  return {
    actions,
    history: {
      idleSince: new Map(pools.flatMap((pool) => [...pool.idleSince])),
      uses: byName((pool) => pool.uses),
      allocatable,
      observedTemplates,
      backoffs,
      removalAsked: removalTimes(snapshot, history, actions, rules),
      upcomingNodes: byName((pool) => pool.upcomingNodes),
      nodes: fleet.observedNodes,
      boots: fleet.boots,
      givenUp: fleet.givenUp,
      unplaced: unplaced.known,
      stalls,
      conditionWrittenAt: byName((pool) => pool.conditionWrittenAt),
      outcomes: new Map(fleet.views.map(({ pool, outcome }) => [pool.name, outcome])),
    },
    wakeAt: soonest < Infinity ? soonest : undefined,
    pools: pools.map(({ summary }) => summary),
    pending: placement.pending,
    podless: placement.podless,
    patient: placement.patient,
  };
}

/** Counts a pod for which the scheduler has made room as on its node, as long as that is Ready. */
function withNominated(snapshot: Snapshot): Snapshot {
  const { pods, nodes } = snapshot;
  const isNominated = ({ node, nominated }: Pod): boolean => node === undefined && nominated !== undefined;
  if (!pods.some(isNominated)) return snapshot;
  const names = new Set(nodes.flatMap(({ name, ready }) => (ready ? [name] : [])));
  return { ...snapshot, pods: pods.map((pod) => (isNominated(pod) && names.has(pod.nominated!) ? { ...pod, node: pod.nominated } : pod)) };
}

/** When each node's removal by name was asked for; nodes that are gone are forgotten. */
function removalTimes(snapshot: Snapshot, history: History, actions: readonly Action[], rules: CompleteRules): Map<string, number> {
  const present = new Set(snapshot.nodes.map((node) => node.name));
  const times = new Map([...history.removalAsked].filter(([name]) => present.has(name)));
  if (!rules.namedRemoval) return times;
  for (const action of actions) if (action.type === "remove") for (const { name } of action.nodes) times.set(name, snapshot.now);
  return times;
}
