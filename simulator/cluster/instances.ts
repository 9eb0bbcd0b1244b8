import { allocatableOf } from "../../autoscaler/node-template/flavors";
import { type Flavor } from "../../autoscaler/state/flavor";
import { type Labels, type Node, type Pod, type Resources, type Shape, type Taint } from "../../autoscaler/state/model";
import { mayRunOn } from "../../autoscaler/state/matching";
import { softTaint } from "../../autoscaler/scale-down/soft-taint";
import { take } from "../../autoscaler/state/resources";
import { type TracePool } from "../traces/trace";
import { type Task } from "../traces/workload";

/** A pod that waits or runs. A task whose pod is killed gets another one, and starts again from nothing. */
export interface RunningPod {
  readonly task: Task;
  readonly instance: Instance | undefined;
  readonly shown: Pod;
}

/** A node as the simulation knows it. `ordered`: on its way; `joined`: a Node object, not Ready; `leaving`: being removed. */
export interface Instance {
  readonly name: string;
  readonly pool: string;
  readonly createdAt: number;
  /** It never becomes Ready. */
  readonly broken: boolean;
  state: "ordered" | "joined" | "ready" | "leaving" | "gone";
  /** When it is paid no longer, in milliseconds since 1970; undefined until it is gone. */
  endedAt: number | undefined;
  cordoned: boolean;
  drainingSince: number | undefined;
  /** It has the autoscaler's soft taint. */
  avoided: boolean;
  readonly pods: Set<RunningPod>;
  /** When the last pod came or went, or it was ordered. */
  podsChangedAt: number;
  /** What is left of `allocatable`, DaemonSets' pods taken off. */
  readonly free: Record<string, number>;
  /** The Node object as last shown; undefined when something has changed since. */
  shown: Node | undefined;
}

/** What all nodes of a pool have in common. */
export interface Model {
  readonly pool: TracePool;
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  readonly allocatable: Resources;
  /** `allocatable` less what DaemonSets take. */
  readonly room: Resources;
  readonly daemons: readonly Shape[];
}

export function modelOf(pool: TracePool, flavor: Flavor, daemons: readonly Shape[]): Model {
  const labels = {
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": "amd64",
    "node.kubernetes.io/instance-type": pool.flavor,
    nodepool: pool.name,
    ...pool.labels,
  };
  const allocatable = { ...allocatableOf(flavor), ...pool.extendedResources };
  const fitting = daemons.filter((daemon) => mayRunOn(daemon, { name: undefined, labels, taints: pool.taints }));
  const room = { ...allocatable };
  for (const daemon of fitting) take(room, daemon.requests, 1);
  return { pool, labels, taints: pool.taints, allocatable, room, daemons: fitting };
}

const cordonTaint: Taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };
const notReadyTaint: Taint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

/** The Node object that stands for a instance; the same object as long as nothing of it changes. */
export function showNode(instance: Instance, model: Model): Node {
  const ready = instance.state === "ready";
  instance.shown ??= {
    name: instance.name,
    pool: instance.pool,
    flavor: model.pool.flavor,
    providerId: `openstack:///${instance.name}`,
    labels: { ...model.labels, "kubernetes.io/hostname": instance.name },
    taints: [
      ...model.taints,
      ...(instance.cordoned ? [cordonTaint] : []),
      ...(instance.avoided ? [softTaint] : []),
      ...(ready ? [] : [notReadyTaint]),
    ],
    allocatable: model.allocatable,
    ready,
    cordoned: instance.cordoned,
    drainingSince: instance.drainingSince,
    createdAt: instance.createdAt,
    deleting: false,
  };
  return instance.shown;
}

export function showPod(task: Task, attempt: number, createdAt: number, instance?: Instance, startedAt?: number): Pod {
  return {
    id: attempt > 1 ? `${task.id}-${attempt}` : task.id,
    shape: task.shape,
    node: instance?.name,
    isWorkload: true,
    schedulable: true,
    job: task.job,
    createdAt,
    startedAt,
  };
}
