import { plural, verb } from "../../common/text";
import { withdrawal } from "../fleet/backoff";
import { type PoolView } from "../fleet/fleet";
import { type Backoff } from "../state/history";
import { type Action } from "../state/action";
import { type Placement } from "../scheduling/placement";
import { describeDemand, jobsOf } from "./reports";
import { type CompleteRules } from "../state/rules";

export interface ScaleUpContext {
  readonly placement: Placement;
  readonly backoff: Backoff | undefined;
  /** How many of the nodes that are leaving have got work. */
  readonly busyLeaving: number;
  readonly now: number;
  readonly rules: CompleteRules;
}

/** All the nodes that a pool lacks, in one step; or, where OVHcloud refuses them, the way back to what it grants. */
export function scaleUp(view: PoolView, { placement, backoff, busyLeaving, now, rules }: ScaleUpContext): Action | undefined {
  const { pool, nodes, leaving, broken } = view;
  if (pool.autoscale) return undefined;
  const added = placement.added.get(pool.name) ?? 0;
  // Which of the surplus nodes OVHcloud takes is its own choice: to keep a busy one, all must be kept.
  const kept = busyLeaving > 0 ? Math.min(nodes.length, pool.max) : 0;
  // Broken nodes are no part of the minimum where they can be taken away afterwards.
  const useless = rules.namedRemoval ? [...broken].filter((node) => !leaving.has(node)).length : 0;
  const least = Math.min(pool.max, pool.min > 0 ? pool.min + useless : 0);
  const desired = Math.max(pool.min, least, pool.desired + added, kept);
  const waiting = placement.waiting.get(pool.name) ?? [];
  const since = waiting.reduce((oldest, { createdAt = Infinity }) => Math.min(oldest, createdAt), Infinity);
  const resize = (size: number, reason: string): Action => ({
    type: "resize",
    pool,
    desired: size,
    reason,
    jobs: jobsOf(waiting),
    ...(since < Infinity && { since }),
  });
  if (desired <= pool.desired) {
    const size = withdrawal(view, backoff, now, rules);
    return size === undefined ? undefined : resize(size, `OVHcloud refuses more nodes: ${backoff?.reason}`);
  }
  if (added > 0)
    return resize(desired, `${describeDemand(waiting, "pending pod")} ${verb(waiting.length, "need")} ${plural(added, "more node")}`);
  if (kept > pool.desired) return resize(desired, `${plural(busyLeaving, "node")} got work while being removed`);
  return resize(desired, `the pool's minimum is ${pool.min}`);
}
