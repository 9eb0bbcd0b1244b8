import { type Shape } from "../../autoscaler/state/model";
import { type Model } from "../cluster/instances";
import { type Trace } from "../traces/trace";
import { type Task } from "../traces/workload";
import { canRun } from "./weights";

/** Milliseconds. */
export const leastBoot = (pools: Trace["pools"]): number =>
  Math.min(...pools.map(({ bootSeconds, bootSpread }) => bootSeconds * (1 - bootSpread))) * 1000;
export const mostBoot = (pools: Trace["pools"]): number =>
  Math.max(...pools.map(({ bootSeconds, bootSpread }) => bootSeconds * (1 + bootSpread))) * 1000;

/**
 * When each task can start at the earliest, in milliseconds since 1970: as it arrives, but not before a node can be there. Nodes beyond the
 * pools' minimum are ordered when the first task arrives at the earliest: no policy looks into the future.
 */
export function earliestStarts(tasks: readonly Task[], models: readonly Model[]): Float64Array {
  const first = tasks[0]?.arrival ?? 0;
  const delays = new Map<Shape, number>();
  return Float64Array.from(tasks, ({ shape, arrival }) => {
    let delay = delays.get(shape);
    if (delay === undefined) {
      const pools = models.filter((model) => canRun(shape, model)).map(({ pool }) => pool);
      delay = pools.length === 0 || pools.some(({ minNodes }) => minNodes > 0) ? 0 : leastBoot(pools);
      delays.set(shape, delay);
    }
    return Math.max(arrival, first + delay);
  });
}

/** How much there may be of nodes. */
export interface Capacity {
  readonly limit: number;
  /** Less, because of limits that hold when the first task arrives. */
  readonly early: number;
  /** When nodes beyond `early` can be Ready, in milliseconds since 1970. */
  readonly until: number;
}

/** @param price of each node, in which the amounts are told */
export function capacity(trace: Trace, first: number, scope: readonly Model[], price = 1): Capacity {
  const pools = scope.map(({ pool }) => pool);
  const limit = pools.reduce((sum, { maxNodes }) => sum + price * maxNodes, 0);
  const least = pools.reduce((sum, { minNodes }) => sum + price * minNodes, 0);
  const start = Date.parse(trace.start);
  const limits = trace.faults.flatMap((fault) =>
    fault.fault === "quota" && start + fault.fromSeconds * 1000 <= first
      ? [{ early: Math.min(limit, Math.max(least, price * fault.nodes)), until: start + fault.untilSeconds * 1000 + leastBoot(pools) }]
      : [],
  );
  const tightest = limits.sort((a, b) => a.early * a.until - b.early * b.until)[0];
  return { limit, ...(tightest ?? { early: limit, until: 0 }) };
}
