import { type Shape, type Snapshot, type Times } from "../../autoscaler/state/model";
import { observe } from "../../autoscaler/state/times";
import { type Task } from "../traces/workload";

interface JobState {
  readonly uid: string;
  /** Tasks that have not finished. */
  left: number;
  /** Pods of any phase, those that finished included, until the Job is deleted. */
  pods: number;
  /** How long its finished pods ran. */
  durations: Times | undefined;
}

/** The Jobs of a simulation, and what their finished pods taught. */
export class Jobs {
  private readonly states = new Map<string, JobState>();
  /** Those that have come and have not finished. */
  private readonly open = new Set<JobState>();
  /** How long finished pods ran, by the key of their shape. */
  private readonly durations = new Map<string, Times>();
  private readonly counts = new Map<Shape, number>();

  constructor(tasks: readonly Task[]) {
    for (const { job } of tasks) {
      const state = this.states.get(job.uid);
      if (state) state.left++;
      else this.states.set(job.uid, { uid: job.uid, left: 1, pods: 0, durations: undefined });
    }
  }

  /** How many pods there are of a shape, those that finished included until their Job is deleted. */
  get podsByShape(): ReadonlyMap<Shape, number> {
    return this.counts;
  }

  /** A pod of the task is created. */
  create(task: Task): void {
    this.count(task, 1);
    this.open.add(this.of(task));
  }

  /** A task has finished; true when it was its Job's last one. */
  finish(task: Task): boolean {
    const { duration, shape } = task;
    const state = this.of(task);
    state.left--;
    state.durations = observe(state.durations, duration);
    this.durations.set(shape.key, observe(this.durations.get(shape.key), duration));
    return state.left === 0 && this.open.delete(state);
  }

  /** The task's Job is deleted, with all its pods. */
  delete(task: Task): void {
    this.count(task, -this.of(task).pods);
  }

  show(): Pick<Snapshot, "jobs" | "durations"> {
    return { jobs: Array.from(this.open, ({ uid, left, durations }) => ({ uid, left, durations })), durations: this.durations };
  }

  private of({ job }: Task): JobState {
    return this.states.get(job.uid)!;
  }

  private count(task: Task, pods: number): void {
    this.of(task).pods += pods;
    this.counts.set(task.shape, (this.counts.get(task.shape) ?? 0) + pods);
  }
}
