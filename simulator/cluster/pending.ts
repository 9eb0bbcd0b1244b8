import { type Instance, type RunningPod } from "./instances";
import { type Task } from "../traces/workload";

/** Pods that wait for a node, in queues of equal shape: when one of a shape fits nowhere, none does. */
export class Pending {
  private readonly queues = new Map<string, RunningPod[]>();
  size = 0;

  add(pod: RunningPod): void {
    const { key } = pod.task.shape;
    const queue = this.queues.get(key);
    if (queue) queue.push(pod);
    else this.queues.set(key, [pod]);
    this.size++;
  }

  *all(): Iterable<RunningPod> {
    for (const queue of this.queues.values()) yield* queue;
  }

  /** Gives pods their nodes, those first that came first, as long as `choose` finds any. */
  bind(choose: (task: Task) => Instance | undefined, start: (pod: RunningPod, instance: Instance) => void): void {
    const open = [...this.queues].map(([key, queue]) => ({ key, queue, next: 0 }));
    while (open.length > 0) {
      let first = 0;
      for (let i = 1; i < open.length; i++) if (came(open[i]!) < came(open[first]!)) first = i;
      const head = open[first]!;
      const pod = head.queue[head.next]!;
      const instance = choose(pod.task);
      if (instance) {
        start(pod, instance);
        head.next++;
        this.size--;
      }
      if (instance && head.next < head.queue.length) continue;
      head.queue.splice(0, head.next);
      if (head.queue.length === 0) this.queues.delete(head.key);
      open.splice(first, 1);
    }
  }
}

const came = ({ queue, next }: { queue: readonly RunningPod[]; next: number }): number => queue[next]!.shown.createdAt!;
