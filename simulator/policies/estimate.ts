import { mayRunOn } from "../../autoscaler/state/matching";
import { type Resources, type Shape } from "../../autoscaler/state/model";
import { take, timesFitting } from "../../autoscaler/state/resources";
import { type Cluster } from "../cluster/cluster";
import { type Instance, type Model } from "../cluster/instances";

/** Pods of one shape. */
export interface Group {
  readonly shape: Shape;
  readonly count: number;
}

/** Pending pods that neither the nodes that are there nor those on their way will take. */
export function unhandled(cluster: Cluster): Group[] {
  const counts = new Map<Shape, number>();
  for (const { task } of cluster.pending.all()) counts.set(task.shape, (counts.get(task.shape) ?? 0) + 1);
  const upcoming = [...cluster.cloud.pools.values()].flatMap(({ spec, desired, present }) => {
    const model = cluster.models.get(spec.name)!;
    const booting = [...present].filter(({ state }) => state !== "ready").length + Math.max(0, desired - present.size);
    return Array.from({ length: booting }, () => ({ model, free: { ...model.room } }));
  });
  return biggestFirst(counts).flatMap(({ shape, count }) => {
    let left = count;
    for (const { model, free } of upcoming) if (left > 0 && runs(shape, model)) left -= fill(free, shape, left);
    return left > 0 ? [{ shape, count: left }] : [];
  });
}

/** How many new nodes the groups need by first fit, the biggest first. */
export function estimate(groups: readonly Group[], room: Resources): number {
  const bins: Record<string, number>[] = [];
  for (const { shape, count } of groups) {
    let left = timesFitting(room, shape.requests) > 0 ? count : 0;
    for (const bin of bins) if (left > 0) left -= fill(bin, shape, left);
    while (left > 0) {
      const bin = { ...room };
      left -= fill(bin, shape, left);
      bins.push(bin);
    }
  }
  return bins.length;
}

/** The larger of the requested shares of a node's CPU and memory. */
export function utilisation({ free }: Instance, { allocatable }: Model): number {
  return Math.max(...["cpu", "memory"].map((name) => 1 - (free[name] ?? 0) / (allocatable[name] || 1)));
}

/** Whether all the pods of a node would find room on other nodes. */
export function fitElsewhere(instance: Instance, instances: readonly Instance[], models: ReadonlyMap<string, Model>): boolean {
  const taken = new Map<Instance, Record<string, number>>();
  return [...instance.pods].every(({ task: { shape } }) => {
    for (const other of instances) {
      if (other === instance || other.state !== "ready" || !runs(shape, models.get(other.pool)!)) continue;
      const free = taken.get(other) ?? other.free;
      if (timesFitting(free, shape.requests) < 1) continue;
      const left = { ...free };
      take(left, shape.requests, 1);
      taken.set(other, left);
      return true;
    }
    return false;
  });
}

const runs = (shape: Shape, { labels, taints }: Model): boolean => mayRunOn(shape, { name: undefined, labels, taints });

function fill(free: Record<string, number>, { requests }: Shape, wanted: number): number {
  const placed = Math.min(wanted, timesFitting(free, requests));
  take(free, requests, placed);
  return placed;
}

function biggestFirst(counts: ReadonlyMap<Shape, number>): Group[] {
  const size = ({ requests }: Shape): number => (requests.cpu ?? 0) / 1e3 + (requests.memory ?? 0) / 4e9;
  return [...counts].map(([shape, count]) => ({ shape, count })).sort((a, b) => size(b.shape) - size(a.shape));
}
