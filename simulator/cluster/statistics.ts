import { mayRunOn } from "../../autoscaler/state/matching";
import { type Model, type RunningPod } from "./instances";
import { type Task } from "../traces/workload";

/** How the cluster stood from a moment on. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Nodes that are paid. */
  readonly nodes: number;
  readonly ready: number;
  readonly pending: number;
  readonly running: number;
}

/** A time in which a pod ran on a node, in milliseconds since 1970. */
export interface Stretch {
  readonly pool: string;
  readonly node: string;
  readonly from: number;
  readonly to: number;
}

/** Writes down what happens in a simulation. */
export class Statistics {
  /** Of each task's last attempt, in milliseconds since 1970. */
  readonly starts = new Map<Task, number>();
  readonly ends = new Map<Task, number>();
  /** Of every pod, those that were ended before their time too. */
  readonly worked: Stretch[] = [];
  /** Pods that were ended before their time. */
  killed = 0;
  /** Milliseconds from a pod's creation until an order of nodes that it can run on, for the pods that waited for one. */
  readonly requestTimes: number[] = [];
  /** When so many nodes were ordered, in milliseconds since 1970. */
  readonly orders: { readonly time: number; readonly nodes: number }[] = [];
  readonly samples: Sample[] = [];
  private readonly requestedFor = new WeakSet<RunningPod>();

  constructor(private readonly census: () => Omit<Sample, "time">) {}

  started(task: Task, now: number): void {
    this.starts.set(task, now);
  }

  finished(task: Task, now: number): void {
    this.ends.set(task, now);
  }

  requested(now: number, nodes: number, pending: Iterable<RunningPod>, { labels, taints }: Model): void {
    this.orders.push({ time: now, nodes });
    for (const pod of pending) {
      if (this.requestedFor.has(pod) || !mayRunOn(pod.task.shape, { name: undefined, labels, taints })) continue;
      this.requestedFor.add(pod);
      this.requestTimes.push(now - pod.shown.createdAt!);
    }
  }

  note(time: number): void {
    if (this.samples.at(-1)?.time === time) this.samples.pop();
    this.samples.push({ time, ...this.census() });
  }
}
