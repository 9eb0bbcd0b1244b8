import { type Model } from "../cluster/instances";
import { type Trace } from "../traces/trace";
import { type Task } from "../traces/workload";
import { canRun, functionCount, weightsOf } from "./weights";
import { capacity, earliestStarts } from "./windows";

/**
 * A time (milliseconds since 1970) before which no policy can have all tasks done, though it knew everything, packed perfectly and ordered every node
 * that it may have when the first task arrives. Two reasons, the later of which counts:
 * - each task runs for its duration from its earliest start on;
 * - work that starts after a moment has to be done, after that moment, by as many nodes as the pools' maximum and the quota allow.
 */
export function makespanBound(trace: Trace, tasks: readonly Task[], models: readonly Model[]): number {
  const starts = earliestStarts(tasks, models);
  let bound = 0;
  for (const [i, { duration }] of tasks.entries()) bound = Math.max(bound, starts[i]! + duration);
  const scopes = [models, ...(models.length > 1 ? models.map((model) => [model]) : [])];
  for (const scope of scopes) {
    const others = models.filter((model) => !scope.includes(model));
    const bound2 = volumeBound(
      trace,
      tasks.map((task, i) => ({ ...task, start: starts[i]! })).filter(({ shape }) => !others.some((model) => canRun(shape, model))),
      scope,
    );
    bound = Math.max(bound, bound2);
  }
  return bound;
}

/** The second reason, for tasks that run in the pools `scope` only. */
function volumeBound(trace: Trace, tasks: readonly (Task & { start: number })[], scope: readonly Model[]): number {
  if (tasks.length === 0) return 0;
  const { limit, early, until } = capacity(trace, tasks[0]!.arrival, scope);
  const weights = new Map([...new Set(tasks.map(({ shape }) => shape))].map((shape) => [shape, weightsOf(shape, scope, () => 1)]));
  const volume = new Float64Array(functionCount);
  let bound = 0;
  for (const { start, duration, shape } of [...tasks].sort((a, b) => b.start - a.start)) {
    weights.get(shape)!.forEach((weight, k) => (volume[k]! += weight * duration));
    const work = Math.max(...volume);
    const before = Math.max(0, until - start) * early;
    const end = work <= before ? start + work / early : Math.max(start, until) + (work - before) / limit;
    bound = Math.max(bound, end);
  }
  // Sums of floating-point numbers must not make the bound a hair too late.
  return bound - 1;
}
