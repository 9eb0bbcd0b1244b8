import { timesFitting, take } from "../../autoscaler/state/resources";
import { SimulatedClock } from "../cluster/clock";
import { type Model } from "../cluster/instances";
import { type Stretch } from "../cluster/statistics";
import { type Trace } from "../traces/trace";
import { type Task } from "../traces/workload";
import { bootCost, layersOf, type Profile } from "./layers";
import { canRun } from "./weights";

const hour = 3_600_000;

/**
 * The least that an autoscaler can pay, by the second, which knows all arrivals and boots in advance, but not how long a task will run, so that it
 * cannot put those together that end together; and which moves no pod. In hours times price.
 *
 * The pods start when they did, and are placed either as they were, or each on the fullest node that has room: whichever is cheaper. With a placement
 * given, each pool has work for a number of nodes at each time. For each level of this number, the nodes stay through a gap or boot again: the cheaper of the two.
 * No autoscaler pays less for the placement that the policy's pods had; a policy that spreads them over more nodes than it needs is measured by the tight packing.
 */
export function placedBound(
  trace: Trace,
  models: readonly Model[],
  worked: readonly Stretch[],
  tasks: readonly Task[],
  starts: ReadonlyMap<Task, number>,
  price: (model: Model) => number,
): number {
  const end = Math.max(0, ...worked.map(({ to }) => to));
  const costOf = (stretches: readonly Stretch[]): number =>
    models.reduce((sum, model) => {
      const { name, minNodes } = model.pool;
      const profile = nodesInUse(stretches.filter(({ pool }) => pool === name));
      const peak = profile.reduce((most, { level }) => Math.max(most, level), 0);
      const boot = peak > minNodes ? bootCost(trace, model, peak - minNodes) : 0;
      const { starts, time } = layersOf(profile, minNodes, (gap) => gap <= boot);
      return sum + (price(model) * (time + boot * starts + minNodes * (end - Date.parse(trace.start)))) / hour;
    }, 0);
  const tight = packed(models, tasks, starts, price);
  return Math.min(costOf(worked), tight ? costOf(tight) : Infinity);
}

/** How many nodes have at least one pod. */
function nodesInUse(stretches: readonly Stretch[]): Profile {
  const changes = stretches.flatMap(({ node, from, to }) => [
    { time: from, node, by: 1 },
    { time: to, node, by: -1 },
  ]);
  // A pod that follows another at the same moment leaves no gap.
  changes.sort((a, b) => a.time - b.time || b.by - a.by);
  const pods = new Map<string, number>();
  const profile: { time: number; level: number }[] = [];
  let level = 0;
  for (const { time, node, by } of changes) {
    const before = pods.get(node) ?? 0;
    pods.set(node, before + by);
    if (before === 0 && by > 0) level++;
    if (before === 1 && by < 0) level--;
    if (profile.at(-1)?.time === time) profile.pop();
    profile.push({ time, level });
  }
  return profile;
}

interface Bin {
  readonly name: string;
  readonly model: Model;
  readonly free: Record<string, number>;
  pods: number;
}

/** Each pod on the fullest node that has room and another pod, else on a new node of the pool that is cheapest for it; undefined where the pools' maximum forbids that. */
function packed(
  models: readonly Model[],
  tasks: readonly Task[],
  starts: ReadonlyMap<Task, number>,
  price: (model: Model) => number,
): Stretch[] | undefined {
  const stretches: Stretch[] = [];
  const open = new Set<Bin>();
  const clock = new SimulatedClock(0);
  let serial = 0;
  const inOrder = tasks.flatMap((task) => {
    const start = starts.get(task);
    return start === undefined ? [] : [{ task, start }];
  });
  inOrder.sort((a, b) => a.start - b.start);
  for (const { task, start } of inOrder) {
    // The pods that end by then make room first.
    clock.run(start, () => false);
    let best: Bin | undefined;
    for (const bin of open) {
      if (timesFitting(bin.free, task.shape.requests) < 1 || !canRun(task.shape, bin.model)) continue;
      if (!best || (bin.free.cpu ?? 0) < (best.free.cpu ?? 0)) best = bin;
    }
    const bin = best ?? newBin(models, task, open, price, serial++);
    if (!bin) return undefined;
    open.add(bin);
    bin.pods++;
    take(bin.free, task.shape.requests, 1);
    stretches.push({ pool: bin.model.pool.name, node: bin.name, from: start, to: start + task.duration });
    clock.after(task.duration, () => {
      take(bin.free, task.shape.requests, -1);
      if (--bin.pods === 0) open.delete(bin);
    });
  }
  return stretches;
}

function newBin(
  models: readonly Model[],
  { shape }: Task,
  open: ReadonlySet<Bin>,
  price: (model: Model) => number,
  serial: number,
): Bin | undefined {
  const counts = new Map<Model, number>();
  for (const { model } of open) counts.set(model, (counts.get(model) ?? 0) + 1);
  const able = models.filter((model) => canRun(shape, model) && (counts.get(model) ?? 0) < model.pool.maxNodes);
  const share = (model: Model): number => price(model) / timesFitting(model.room, shape.requests);
  const [model] = able.sort((a, b) => share(a) - share(b));
  return model && { name: `node-${serial}`, model, free: { ...model.room }, pods: 0 };
}
