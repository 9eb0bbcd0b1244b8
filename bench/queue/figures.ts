import { atMost, type Figure, median } from "../harness/result";
import { type ItemsRun, type Shape } from "./items";

interface Measured extends ItemsRun {
  /** Seconds from an item's arrival to its pod. */
  readonly arrivals: readonly number[];
  /** Runs that fit on the nodes at a time. */
  readonly slots: number;
}

export const mebibytes = (bytes: number): number => bytes / 2 ** 20;

/** Seconds that the work would take without anything else, and how that comes. */
export function idealOf({ items, itemSeconds, itemsPerRun }: Shape, slots: number): { readonly ideal: number; readonly against: string } {
  const ideal = (items * itemSeconds) / slots;
  return {
    ideal,
    against: `${items} items of ${itemSeconds} s on ${slots} slots of two nodes, ${itemsPerRun} a run: ${ideal.toFixed(1)} s`,
  };
}

export function figures(shape: Shape, { makespan, outcome, memory, arrivals, slots }: Measured): Figure[] {
  const { items, pollingSeconds } = shape;
  const { ideal, against } = idealOf(shape, slots);
  const poll = `KEDA's polling interval, ${pollingSeconds} s; ${arrivals.length} single items on nodes with room`;
  const under = `nothing: its highest while ${items} items were done`;
  return [
    atMost("queue-sql-to-ideal", makespan / ideal, "ratio", 2, against),
    atMost("queue-latency-over-poll", Math.max(...arrivals) - pollingSeconds, "s", 3, `${poll}; the slowest`),
    atMost("queue-latency-median-seconds", median(arrivals), "s", null, poll),
    atMost("queue-items-twice", outcome.again, "items", 0, "the items: tries beyond the first of each"),
    atMost("queue-items-lost", items - outcome.results, "items", 0, "the items: those without a result"),
    atMost("queue-sql-makespan-seconds", makespan, "s", null, `the ideal, ${ideal.toFixed(1)} s`),
    atMost("queue-operator-mib", mebibytes(memory.operator), "MiB", null, under),
    atMost("queue-database-mib", mebibytes(memory.database), "MiB", null, under),
  ];
}
