import { type Backoff } from "../state/history";
import { type Action } from "../state/action";
import { type PoolView } from "./fleet";

/** What a pool is doing; the first that holds, in this order. docs/autoscaler.md draws them. */
export const poolStates = {
  "standing-by": "it is left to OVHcloud's own autoscaler",
  blocked: "OVHcloud refuses it nodes that pods wait for",
  growing: "nodes are on their way",
  shrinking: "nodes are leaving",
  draining: "nodes are cordoned and watched before they are removed",
  working: "its nodes have pods, or will have them",
  idle: "its nodes have nothing to do, and are kept for a while",
  resting: "it is at its minimum, with nothing to do",
} as const;

export type PoolState = keyof typeof poolStates;

/** From any other state, and back to any. */
export const takeover: { readonly to: PoolState; readonly when: string } = { to: "standing-by", when: "autoscale: true" };

/** What leads from one state to another. */
export const transitions: readonly (readonly [from: PoolState, to: PoolState, when: string])[] = [
  ["resting", "growing", "pods wait"],
  ["resting", "working", "pods came"],
  ["resting", "idle", "desiredNodes was raised by hand"],
  ["growing", "working", "all nodes are Ready"],
  ["growing", "blocked", "OVHcloud refuses nodes"],
  ["growing", "idle", "nobody needs the new nodes"],
  ["growing", "resting", "the order was taken back"],
  ["growing", "draining", "nobody needs the new nodes"],
  ["growing", "shrinking", "the order was taken back"],
  ["blocked", "growing", "OVHcloud grants nodes"],
  ["blocked", "working", "other pools took the pods over"],
  ["blocked", "idle", "nobody waits any more"],
  ["blocked", "draining", "nobody waits any more"],
  ["blocked", "resting", "nobody waits any more"],
  ["working", "growing", "more pods wait than fit"],
  ["working", "blocked", "OVHcloud refuses nodes"],
  ["working", "idle", "all pods have finished"],
  ["working", "draining", "a node has been idle for long enough"],
  ["working", "shrinking", "a node is removed"],
  ["working", "resting", "all pods have finished"],
  ["idle", "working", "pods came"],
  ["idle", "growing", "more pods came than fit"],
  ["idle", "draining", "the nodes have been kept for long enough"],
  ["idle", "resting", "the order was taken back, or minNodes raised"],
  ["draining", "shrinking", "the nodes are still idle"],
  ["draining", "working", "pods came"],
  ["draining", "growing", "more pods came than fit"],
  ["draining", "idle", "the nodes are kept a while longer"],
  ["draining", "resting", "the nodes are gone"],
  ["shrinking", "resting", "the nodes are gone"],
  ["shrinking", "working", "the idle nodes are gone"],
  ["shrinking", "growing", "pods wait"],
  ["shrinking", "idle", "OVHcloud has not removed the nodes"],
  ["shrinking", "draining", "more nodes are idle"],
  ["resting", "blocked", "OVHcloud refuses nodes"],
  ["idle", "blocked", "OVHcloud refuses nodes"],
  ["draining", "blocked", "OVHcloud refuses nodes"],
  ["shrinking", "blocked", "OVHcloud refuses nodes"],
];

/** Why a pool went from one state to another. Somebody who edits the pool can bring it from any state to any other. */
export function reasonOf(from: PoolState, to: PoolState): string {
  if (to === takeover.to) return takeover.when;
  if (from === takeover.to) return "autoscale: false";
  return transitions.find(([a, b]) => a === from && b === to)?.[2] ?? "the pool was edited";
}

export interface PoolActivity {
  readonly growth: Action | undefined;
  readonly backoff: Backoff | undefined;
  /** Pods wait that the pool would hold if it might grow. */
  readonly limited: boolean;
  /** No node has a workload pod or is to get one. */
  readonly idle: boolean;
}

export function stateOf({ pool, nodes, leaving, expected, broken }: PoolView, { growth, backoff, limited, idle }: PoolActivity): PoolState {
  if (pool.autoscale) return "standing-by";
  const grows = growth?.type === "resize" && growth.desired > pool.desired;
  if (backoff && limited && !grows) return "blocked";
  if (grows || expected.length > 0 || nodes.some((node) => !node.ready && !broken.has(node) && !leaving.has(node))) return "growing";
  if (leaving.size > 0) return "shrinking";
  if (nodes.some((node) => node.drainingSince !== undefined)) return "draining";
  if (!idle) return "working";
  return pool.desired > pool.min ? "idle" : "resting";
}
