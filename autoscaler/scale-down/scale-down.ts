import { removableFrom, type CompleteRules, fixedDelay } from "../state/rules";
import { type PoolView } from "../fleet/fleet";
import { describeKept, type Keeping, type Kept, keptUntil } from "./idle";
import { type Node } from "../state/model";
import { type History } from "../state/history";
import { type Action } from "../state/action";
import { type Consolidated } from "./consolidation";

export interface ScaleDown {
  readonly actions: readonly Action[];
  /** What of {@link History.idleSince} goes on. */
  readonly idleSince: ReadonlyMap<string, number>;
  /** When time alone brings the next step, in milliseconds since 1970. */
  readonly wakeTimes: readonly number[];
  /** How long its next idle node, or the whole pool where that goes as one, is kept. @default nothing is idle, or a fixed time holds */
  readonly kept?: Kept;
}

interface ScaleDownContext {
  readonly now: number;
  readonly history: History;
  readonly rules: CompleteRules;
  /** False while the pool grows, or is not this autoscaler's: then no node is drained. */
  readonly enabled: boolean;
  /** Pending pods will use the pool's nodes, present or ordered. */
  readonly demand: boolean;
  /** With hourly billing: nodes that get no more pods, so that they are empty when their hour ends. */
  readonly surplus: ReadonlySet<Node>;
  /** Nodes whose pods can be moved: as good as idle. */
  readonly consolidated: Consolidated;
  /** The node has no workload pod, and no pending pod will use it. */
  readonly isIdle: (node: Node) => boolean;
  /** For how long idle nodes are kept; undefined where that is a fixed time. */
  readonly keeping: Keeping | undefined;
}

/** How long a disruption budget that allows no eviction is given before it is asked again, in milliseconds. */
const evictionRetry = 5_000;

/**
 * Removes idle nodes in three steps, each of which the next snapshot may still call off: idle for long enough (idle.ts, or a fixed delay and the hour nearly over) →
 * cordoned → still idle after the settle time, and pods that can be moved evicted → removed. With the custom resource alone OVHcloud chooses the node, so then the whole pool has to be idle; by
 * name, each node goes on its own.
 */
export function scaleDown(view: PoolView, situation: ScaleDownContext): ScaleDown {
  const { now, history, rules, enabled, demand, surplus, consolidated, keeping } = situation;
  const delay = fixedDelay(rules);
  const isIdle = (node: Node): boolean => situation.isIdle(node) || consolidated.has(node);
  const { pool, nodes, leaving, broken } = view;
  const idleSince = new Map<string, number>();
  const wakeTimes: number[] = [];
  /** Whether `time` has come; if not, the next decision is made then at the latest. */
  const due = (time: number): boolean => {
    if (time > now) wakeTimes.push(time);
    return time <= now;
  };
  const idleLongEnough = (key: string, ...members: readonly Node[]): boolean => {
    // Nodes that are being drained had been idle for the delay before: this is how a restart goes on where it was.
    const drained = members.some((node) => node.drainingSince !== undefined);
    const since = history.idleSince.get(key) ?? (drained ? now - delay : now);
    idleSince.set(key, since);
    if (keeping) return true;
    // Both have to be asked for, so that the later one's time is known too.
    const [waited, unpaid] = [due(since + delay), due(removableFrom(now, rules, drained ? 0 : rules.settle))];
    return waited && unpaid;
  };
  const isDrained = ({ drainingSince }: Node): boolean => drainingSince !== undefined;
  const known = new Map<number, Kept>();
  /** Until when nodes are kept, by their first level. */
  const keptFrom = (all: Keeping, level: number): Kept => {
    const kept = known.get(level) ?? keptUntil(all, level, together);
    known.set(level, kept);
    return kept;
  };
  /** How many of so many idle nodes have been kept for long enough; those being drained have been. */
  const unkept = (idle: readonly Node[]): number => {
    if (!keeping) return idle.length;
    const over = idle.filter((_, level) => due(keptFrom(keeping, level).until)).length;
    return Math.max(over, idle.filter(isDrained).length);
  };

  const staying = nodes.filter((node) => !leaving.has(node));
  const spare = enabled ? Math.max(0, pool.desired - pool.min) : 0;
  const byName = rules.namedRemoval && nodes.length > 0;
  /** How many nodes go together. */
  const together = byName ? 1 : Math.max(1, staying.length);
  const poolUnkept = (): boolean => !keeping || staying.some(isDrained) || due(keptFrom(keeping, 0).until);
  let victims: readonly Node[] | undefined;
  /** Of the nodes that go first: the more are idle, the less often the last of them had work. */
  let level = 0;
  if (spare > 0 && byName) {
    const age = (node: Node): number => idleSince.get(`node/${node.name}`) ?? now;
    const idle = staying.filter((node) => !broken.has(node) && isIdle(node) && idleLongEnough(`node/${node.name}`, node));
    level = Math.max(0, idle.length - 1);
    const first = (node: Node): number => (keeping && isDrained(node) ? 0 : consolidated.has(node) ? 2 : 1);
    victims = idle.sort((a, b) => first(a) - first(b) || age(a) - age(b)).slice(0, Math.min(spare, unkept(idle)));
  } else if (spare > 0 && !demand && nodes.every(isIdle) && idleLongEnough(`pool/${pool.name}`, ...staying) && poolUnkept()) {
    victims = staying;
  }

  const reason = (): string => (keeping ? describeKept(keptFrom(keeping, level)) : `idle for ${Math.round(delay / 1000)} s`);
  const actions: Action[] = [];
  for (const node of staying) {
    const spared = surplus.has(node) && !isIdle(node);
    const chosen = surplus.has(node) || (victims?.includes(node) ?? false);
    if (chosen && !node.cordoned) {
      const elsewhere = "the other nodes have room for its pods";
      const why = spared ? `${elsewhere}, and its hour ends` : consolidated.has(node) ? elsewhere : reason();
      actions.push({ type: "cordon", node: node.name, pool, reason: why });
    }
    // Its mark would otherwise make a later cordon of somebody else's look like this autoscaler's.
    if (!chosen && node.reopened)
      actions.push({ type: "uncordon", node: node.name, pool, reason: "somebody has uncordoned it: its mark goes" });
    if (!chosen && node.drainingSince !== undefined) {
      actions.push({
        type: "uncordon",
        node: node.name,
        pool,
        reason: isIdle(node) ? "its pool is not being scaled down" : "there is work for it",
      });
    }
  }
  const settled = victims?.filter((node) => node.cordoned && due((node.drainingSince ?? 0) + rules.settle)) ?? [];
  for (const node of settled) {
    const pods = consolidated.get(node) ?? [];
    if (pods.length > 0) actions.push({ type: "evict", node: node.name, pool, pods, reason: "the other nodes have room for its pods" });
    if (pods.length > 0) wakeTimes.push(now + evictionRetry);
  }
  const empty = settled.filter((node) => !consolidated.has(node));
  if (byName && empty.length > 0) {
    actions.push({ type: "remove", pool, desired: pool.desired - empty.length, nodes: empty, reason: reason() });
  }
  if (!byName && victims && empty.length === victims.length) {
    actions.push({ type: "remove", pool, desired: pool.min, nodes: victims, reason: reason() });
  }
  return { actions, idleSince, wakeTimes, ...(keeping && idleSince.size > 0 && { kept: keptFrom(keeping, 0) }) };
}
