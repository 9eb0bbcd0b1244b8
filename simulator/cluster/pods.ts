import { type Pod } from "../../autoscaler/state/model";
import { type Machine } from "./machines";
import { type Task } from "../traces/workload";

/** A pod that waits or runs. A task whose pod is killed gets another one, and starts again from nothing. */
export interface RunningPod {
  readonly task: Task;
  readonly machine: Machine | undefined;
  readonly shown: Pod;
}

export function showPod(task: Task, attempt: number, createdAt: number, machine?: Machine, startedAt?: number): Pod {
  return {
    id: attempt > 1 ? `${task.id}-${attempt}` : task.id,
    shape: task.shape,
    node: machine?.name,
    ofValue: true,
    schedulable: true,
    job: task.job,
    createdAt,
    startedAt,
  };
}
