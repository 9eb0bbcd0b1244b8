import { type Model } from "../cluster/instances";
import { type Trace } from "../traces/trace";
import { bootCost, layersOf } from "./layers";
import { type Load } from "./load";
import { leastBoot } from "./windows";

const hour = 3_600_000;

/** How much of the work's time counts as given, and not by the nodes' time: each makes a bound, of which the largest counts. */
const shares = [0, 0.25, 0.5, 0.75, 0.9, 1];

/**
 * The least that any schedule can pay when nodes are billed by the second, in hours times price.
 *
 * Why it is a lower bound. A node is paid while it boots, while it is there, and until it is removed. So a schedule pays the time in which nodes
 * are there plus, for each node, its boot and its removal. Call `n(t)` the prices of the nodes that are there at a time: it is never below the
 * load that must then run ({@link Load.profile}), and its integral is not below all the work ({@link Load.energy}). A mix of both,
 * `share` of the second and the rest of the first, is not more than the integral. What is left is to choose, for each level of the load and each gap
 * between two times at which it is reached, whether nodes stay through the gap or boot again: the cheaper of the two.
 */
export function secondsBound(trace: Trace, models: readonly Model[], load: Load, price: (model: Model) => number): number {
  const least = models.reduce((sum, model) => sum + model.pool.minNodes * price(model), 0);
  const prices = new Set(models.map(price));
  // With one price, levels are whole nodes.
  const unit = prices.size === 1 ? [...prices][0]! : undefined;
  const whole = (level: number): number => (unit === undefined ? level : Math.ceil(level / unit - 1e-6) * unit);
  const profile = load.profile().map(({ time, level }) => ({ time, level: whole(level) }));
  const peak = whole(Math.max(0, ...profile.map(({ level }) => level), ...load.peaks(hour, 0).values()));
  const [only, ...others] = models;
  const start =
    only && unit !== undefined && others.length === 0
      ? bootCost(trace, only, Math.ceil((peak - least) / unit - 1e-6))
      : leastBoot(trace.pools) + trace.removalSeconds * 1000;
  const minimum = least * Math.max(0, load.range().certain - Date.parse(trace.start));
  const bounds = shares.map((share) => {
    const { starts, time } = layersOf(profile, least, (gap) => (1 - share) * gap <= start);
    const reached = share === 1 ? Math.max(0, peak - least) : starts;
    return share * Math.max(load.energy(), minimum) + (1 - share) * (minimum + time) + start * reached;
  });
  return Math.max(...bounds) / hour;
}
