import { type Model } from "../cluster/machines";
import { type Trace } from "../traces/trace";
import { leastBoot } from "./windows";

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
