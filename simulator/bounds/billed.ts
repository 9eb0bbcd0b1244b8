import { type Model } from "../cluster/instances";
import { isBroken } from "../cluster/cloud";
import { type Trace } from "../traces/trace";
import { type Task } from "../traces/workload";
import { type Capacity, capacity, earliestStarts, leastBoot, mostBoot } from "./windows";
import { Load } from "./load";
import { secondsBound } from "./seconds";
import { weightsOf } from "./weights";

const hour = 3_600_000;

/**
 * The least that any schedule can pay which starts no task later than `latestStarts` (milliseconds since 1970), though it knew everything: with `price`
 * 1 for every pool, billed node-hours. Without such times it would be cheapest to run all tasks one after the other.
 *
 * By the second it is {@link secondsBound}. Why it is a lower bound by the hour: each node that exists at some moment of a clock hour pays that hour, so an hour costs at least the prices of the nodes that
 * exist together at any one moment of it. Nodes that work at a moment cost at least the weights of the tasks that then run
 * ({@link weightsOf}). A task certainly runs from its latest start until the end that follows its earliest start; and within any window, each
 * task of which a part must fall into it adds that part, so that at some moment of the window the load is at least the average
 * ({@link Load}). A node that works at a moment existed for as long as a boot takes before it. And broken nodes are paid for too: nodes
 * are broken by their place in the order of creation, so that many working nodes take so many more orders.
 */
export function billedBound(
  trace: Trace,
  tasks: readonly Task[],
  models: readonly Model[],
  latestStarts: ReadonlyMap<Task, number>,
  price: (model: Model) => number,
): number {
  const earliest = earliestStarts(tasks, models);
  const shapes = new Map([...new Set(tasks.map(({ shape }) => shape))].map((shape) => [shape, weightsOf(shape, models, price)]));
  const load = new Load(
    tasks.map((task, i) => ({
      weights: shapes.get(task.shape)!,
      earliest: earliest[i]!,
      latest: Math.max(earliest[i]!, latestStarts.get(task) ?? Infinity),
      duration: task.duration,
    })),
  );
  if (trace.billing === "perSecond") return secondsBound(trace, models, load, price);
  const boot = leastBoot(trace.pools);
  const prices = new Set(models.map(price));
  // With one price, nodes cost a multiple of it.
  const unit = prices.size === 1 ? [...prices][0]! : undefined;
  const whole = (cost: number): number => (unit === undefined ? cost : Math.ceil(cost / unit - 1e-6) * unit);
  const hours = load.peaks(hour, boot);
  const peak = Math.max(0, ...hours.values());
  const broken = models.length === 1 ? brokenAmong(trace, models[0]!, Math.ceil(peak / price(models[0]!) - 1e-6)) * price(models[0]!) : 0;

  const least = models.reduce((sum, model) => sum + model.pool.minNodes * price(model), 0);
  const from = Math.floor(Date.parse(trace.start) / hour);
  const to = tasks.reduce((end, { duration }, i) => Math.max(end, earliest[i]! + duration), 0);
  const costs = new Map<number, number>();
  for (let h = from; h * hour < to; h++) costs.set(h, whole(Math.max(hours.get(h) ?? 0, least)));
  for (const [h, cost] of hours) if (h >= from) costs.set(h, whole(Math.max(cost, costs.get(h) ?? 0)));
  const unlimited: Capacity = { limit: Infinity, early: 0, until: 0 };
  return broken + withAllWork(costs, load, unit === undefined ? unlimited : capacity(trace, tasks[0]!.arrival, models, unit));
}

/**
 * The cost of the hours when, on top, all the work has to fit into them: what is missing is added where a node that is paid for an hour can work for
 * most of it, as far as the nodes that there may be allow.
 */
function withAllWork(costs: ReadonlyMap<number, number>, load: Load, { limit, early, until }: Capacity): number {
  const { from, to } = load.range();
  const usable = (begin: number, h: number): number => Math.max(0, Math.min(to, (h + 1) * hour) - Math.max(begin, h * hour));
  // Of each hour, the nodes that may work from its beginning on, and those that a limit lets come later.
  const offers = Array.from({ length: Math.min(10_000, Math.ceil(to / hour) - Math.floor(from / hour)) }, (_, i) => {
    const h = Math.floor(from / hour) + i;
    const cost = costs.get(h) ?? 0;
    return [
      { time: usable(from, h), forced: Math.min(cost, early), most: early },
      { time: usable(Math.max(from, until), h), forced: Math.max(0, cost - early), most: limit - early },
    ];
  }).flat();
  let sum = [...costs.values()].reduce((a, b) => a + b, 0);
  let work = offers.reduce((left, { time, forced }) => left - forced * time, load.energy());
  for (const { time, forced, most } of offers.sort((a, b) => b.time - a.time)) {
    if (work <= 1 || time === 0) break;
    const added = Math.min(work / time, Math.max(0, most - forced));
    sum += added;
    work -= added * time;
  }
  return sum;
}

/** The latest starts that a fair comparison allows: when the policy started a task, or when a node ordered at its arrival would be there. */
export function latestStarts(trace: Trace, tasks: readonly Task[], starts: ReadonlyMap<Task, number>): Map<Task, number> {
  const boot = mostBoot(trace.pools);
  return new Map(tasks.map((task) => [task, Math.max(task.arrival + boot, starts.get(task) ?? Infinity)]));
}

/** How many broken nodes come with `working` nodes that work at the same time. */
function brokenAmong(trace: Trace, { pool }: Model, working: number): number {
  let broken = 0;
  for (let ordinal = pool.minNodes, good = pool.minNodes; good < working; ordinal++) {
    if (isBroken(trace, pool.name, ordinal)) broken++;
    else good++;
  }
  return broken;
}
