import { type Flavor } from "../../autoscaler/state/flavor";
import { type Schedule, type Snapshot } from "../../autoscaler/state/model";
import { take } from "../../autoscaler/state/resources";
import { type SimulatedClock } from "./clock";
import { Cloud } from "./cloud";
import { Jobs } from "./jobs";
import { type Instance, type Model, modelOf, type RunningPod, showPod } from "./instances";
import { Pending } from "./pending";
import { Statistics } from "./statistics";
import { Scheduler } from "./scheduler";
import { type Trace } from "../traces/trace";
import { View } from "./view";
import { daemonsOf, type Task, type Timetable, timetablesOf } from "../traces/workload";

/** A simulated cluster: tasks come, the scheduler binds their pods, nodes boot and go. A policy watches it and changes it. */
export class Cluster {
  readonly models: ReadonlyMap<string, Model>;
  readonly cloud: Cloud;
  readonly statistics: Statistics;
  readonly jobs: Jobs;
  readonly pending = new Pending();
  private readonly timetables: readonly Timetable[];
  private readonly running = new Set<RunningPod>();
  private readonly view: View;
  private readonly scheduler: Scheduler;
  private readonly attempts = new Map<Task, number>();
  private listener: () => void = () => undefined;
  private scheduling = false;
  private unfinished: number;

  constructor(
    readonly trace: Trace,
    readonly tasks: readonly Task[],
    readonly clock: SimulatedClock,
    flavors: Readonly<Record<string, Flavor>>,
  ) {
    this.unfinished = tasks.length;
    this.jobs = new Jobs(tasks);
    this.timetables = timetablesOf(trace);
    const daemons = daemonsOf(trace);
    this.scheduler = new Scheduler(trace.scheduler);
    this.models = new Map(trace.pools.map((pool) => [pool.name, modelOf(pool, flavors[pool.flavor]!, daemons)]));
    this.view = new View(this.models, daemons);
    this.statistics = new Statistics(() => this.census());
    this.cloud = new Cloud(trace, clock, this.models, {
      changed: () => this.changed(),
      ready: () => this.schedule(),
      leaving: (instance) => this.killAll(instance),
    });
    for (const task of tasks) clock.at(task.arrival, () => this.create(task));
  }

  /** Calls `listener` at every change of what a snapshot shows. */
  watch(listener: () => void): void {
    this.listener = listener;
  }

  /** Everything is done, and no pool has more nodes than its minimum. */
  settled(): boolean {
    const least = this.trace.pools.reduce((sum, { minNodes }) => sum + minNodes, 0);
    return this.finished() && this.cloud.instances.size <= least;
  }

  finished(): boolean {
    return this.unfinished === 0;
  }

  snapshot(): Snapshot {
    const { clock, pending, running, cloud, jobs } = this;
    return { now: clock.now, ...this.view.show({ pending: pending.all(), running, cloud }), ...jobs.show(), schedules: this.schedules() };
  }

  /** When CronJobs make their next Jobs. */
  private schedules(): Schedule[] {
    const { now } = this.clock;
    return this.timetables.flatMap(({ times, shape, pods }) => {
      const next = times.find((time) => time >= now);
      return next === undefined ? [] : [{ next, shape, pods }];
    });
  }

  resize(pool: string, desired: number): void {
    const before = this.cloud.pools.get(pool)!.desired;
    if (desired > before) this.statistics.requested(this.clock.now, desired - before, this.pending.all(), this.models.get(pool)!);
    this.cloud.resize(pool, desired);
    this.changed();
  }

  remove(pool: string, desired: number, nodes: readonly string[]): void {
    this.cloud.remove(pool, desired, new Set(nodes));
    this.changed();
  }

  /** Cordons a node, with the autoscaler's mark that it is being drained, or uncordons it. */
  cordon(name: string, cordoned: boolean): void {
    this.edit(name, { cordoned, drainingSince: cordoned ? this.clock.now : undefined });
  }

  /** Makes the scheduler avoid a node, or not any more. */
  taint(name: string, avoided: boolean): void {
    this.edit(name, { avoided });
  }

  private edit(name: string, change: Partial<Pick<Instance, "cordoned" | "drainingSince" | "avoided">>): void {
    for (const instance of this.cloud.instances) if (instance.name === name) Object.assign(instance, change, { shown: undefined });
    this.schedule();
    this.changed();
  }

  /** Ends the pods of a node before their time; their tasks start again. */
  killAll(instance: Instance): void {
    for (const pod of [...instance.pods]) {
      this.release(pod);
      this.statistics.killed++;
      this.create(pod.task);
    }
  }

  private create(task: Task): void {
    const attempt = (this.attempts.get(task) ?? 0) + 1;
    this.attempts.set(task, attempt);
    this.jobs.create(task);
    this.pending.add({ task, instance: undefined, shown: showPod(task, attempt, this.clock.now) });
    this.schedule();
    this.changed();
  }

  /** One pass of the scheduler, after everything else of this moment. */
  private schedule(): void {
    if (this.scheduling) return;
    this.scheduling = true;
    this.clock.after(0, () => {
      this.scheduling = false;
      const before = this.pending.size;
      const instances = [...this.cloud.instances];
      this.pending.bind(
        ({ shape }) => this.scheduler.choose(shape, instances, this.models),
        (pod, instance) => this.start(pod, instance),
      );
      if (this.pending.size < before) this.changed();
    });
  }

  private start({ task, shown: { createdAt = 0 } }: RunningPod, instance: Instance): void {
    const pod: RunningPod = { task, instance, shown: showPod(task, this.attempts.get(task)!, createdAt, instance, this.clock.now) };
    instance.pods.add(pod);
    instance.podsChangedAt = this.clock.now;
    take(instance.free, task.shape.requests, 1);
    this.running.add(pod);
    this.statistics.started(task, this.clock.now);
    this.clock.after(task.duration, () => {
      if (this.running.has(pod)) this.finish(pod);
    });
  }

  private finish(pod: RunningPod): void {
    const { task } = pod;
    this.release(pod);
    this.statistics.finished(task, this.clock.now);
    this.unfinished--;
    if (this.jobs.finish(task)) this.clock.after(this.trace.jobsKeptSeconds * 1000, () => this.jobs.delete(task));
    this.schedule();
    this.changed();
  }

  private release(pod: RunningPod): void {
    this.running.delete(pod);
    const instance = pod.instance!;
    const { pool, name } = instance;
    this.statistics.worked.push({ pool, node: name, from: pod.shown.startedAt!, to: this.clock.now });
    instance.pods.delete(pod);
    instance.podsChangedAt = this.clock.now;
    take(instance.free, pod.task.shape.requests, -1);
  }

  private changed(): void {
    this.statistics?.note(this.clock.now);
    this.listener();
  }

  private census() {
    let nodes = 0;
    let ready = 0;
    for (const { state } of this.cloud.instances) {
      nodes++;
      if (state === "ready") ready++;
    }
    return { nodes, ready, pending: this.pending.size, running: this.running.size };
  }
}
