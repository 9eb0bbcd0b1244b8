import { type Figure, figure } from "../harness/result";
import { type JobShape } from "./job";
import { type Run } from "./run";
import { describe } from "./watch";

/** @param unbounded the same without a quota @param idle percent of a core @param beside small Jobs that run beside the large one */
export function figures({ tasks, seconds }: JobShape, bounded: Run, unbounded: Run, idle: number, beside: number): Figure[] {
  const what = `${tasks} tasks of ${seconds} s on ${bounded.nodes} simulated nodes`;
  const { usage, quota } = bounded.share;
  const pause = `the same with a quota of 8 GB: ${unbounded.makespan.toFixed(0)} s`;
  return [
    figure(
      `etcd-share-${tasks}`,
      bounded.share.value,
      "ratio",
      "<=",
      0.3,
      `etcd's quota, which grows with the nodes: ${describe(usage)} of ${describe(quota)} at the highest; ${what}`,
    ),
    figure(`writes-refused-${tasks}`, bounded.refused, "writes", "<=", 0, "all writes: alarms of etcd and errors of the API server"),
    figure(`node-orders-${tasks}`, bounded.orders, "orders", "<=", 1, `all ${bounded.nodes} nodes in one`),
    figure(`tasks-recorded-${tasks}`, bounded.recorded, "tasks", ">=", tasks, "the tasks, which no client waits for"),
    figure(
      "controller-rss-mib",
      bounded.memory,
      "MiB",
      "<=",
      150,
      `the goal: the batch controller at its highest, with ${beside} small Jobs beside the large one`,
    ),
    figure("controller-idle-cpu-percent", idle, "%", "<=", 1, "the goal: of a core, in the minute after all have ended"),
    figure("recording-lag-p99-seconds", bounded.lag, "s", "<=", 10, "the goal: from a task's end to its record in the bucket"),
    figure(`makespan-${tasks}-to-unbounded`, bounded.makespan / unbounded.makespan, "ratio", "<=", 1.05, pause),
    figure(`makespan-${tasks}-seconds`, bounded.makespan, "s", "<=", null, pause),
    figure(
      `etcd-file-${tasks}-mib`,
      bounded.file / 2 ** 20,
      "MiB",
      "<=",
      null,
      "past states of objects included, which do not count on the plan Free",
    ),
  ];
}

/** Of a Job with ten times as many tasks. */
export function veryLargeFigures({ tasks, seconds }: JobShape, { nodes, memory, makespan, recorded, share, refused }: Run): Figure[] {
  const what = `${tasks} tasks of ${seconds} s on ${nodes} simulated nodes`;
  return [
    figure(`tasks-recorded-${tasks}`, recorded, "tasks", ">=", tasks, "the tasks, which no client waits for"),
    figure(`controller-rss-${tasks}-mib`, memory, "MiB", "<=", 400, `the goal: the batch controller at its highest; ${what}`),
    figure(`writes-refused-${tasks}`, refused, "writes", "<=", 0, "all writes: alarms of etcd and errors of the API server"),
    figure(`etcd-share-${tasks}`, share.value, "ratio", "<=", null, `etcd's quota: ${describe(share.usage)} of ${describe(share.quota)}`),
    figure(`makespan-${tasks}-seconds`, makespan, "s", "<=", null, what),
  ];
}
