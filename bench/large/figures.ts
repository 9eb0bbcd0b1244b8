import { type Figure } from "../harness/result";
import { type JobShape } from "./job";
import { type Run } from "./run";
import { describe } from "./watch";

/** @param unbounded the same without a quota */
export function figures({ tasks, seconds }: JobShape, bounded: Run, unbounded: Run): Figure[] {
  const what = `${tasks} tasks of ${seconds} s on ${bounded.nodes} simulated nodes`;
  const figure = (name: string, value: number, unit: string, comparator: "<=" | ">=", goal: number | null, against: string): Figure => ({
    name,
    value,
    unit,
    comparator,
    goal,
    against,
  });
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
    figure("controller-rss-mib", bounded.memory, "MiB", "<=", 150, "the goal: the batch controller at its highest"),
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
