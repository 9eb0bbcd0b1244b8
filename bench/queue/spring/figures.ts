import { atMost, type Figure } from "../../harness/result";
import { idealOf, mebibytes } from "../figures";
import { type ItemsRun, type Shape } from "../items";
import { type Starts } from "./starts";

/** @param kind of the trigger @param slots runs at a time */
export function itemFigures(kind: "postgresql" | "kafka", shape: Shape, { makespan, outcome }: ItemsRun, slots: number): Figure[] {
  const { ideal, against } = idealOf(shape, slots);
  return [
    atMost(`queue-spring-${kind}-to-ideal`, makespan / ideal, "ratio", null, `${against}; the start of each run's JVM is in it`),
    atMost(`queue-spring-${kind}-makespan-seconds`, makespan, "s", null, `the ideal, ${ideal.toFixed(1)} s`),
    atMost(`queue-spring-${kind}-items-twice`, outcome.again, "items", 0, "the items: tries, or results, beyond the first of each"),
    atMost(`queue-spring-${kind}-items-lost`, shape.items - outcome.results, "items", 0, "the items: those without a result"),
  ];
}

export function startFigures({ archive, jdk }: Starts): Figure[] {
  const own = "the JDK's own archive of classes only";
  const nothing = "nothing: a run that finds nothing, start to end, with the JDK's own archive of classes only";
  return [
    atMost("queue-spring-start-cpu-seconds", archive.processorSeconds, "s", null, `${own}: ${jdk.processorSeconds.toFixed(1)} s`),
    atMost("queue-spring-start-seconds", archive.wallSeconds, "s", null, `${own}: ${jdk.wallSeconds.toFixed(1)} s`),
    atMost("queue-spring-start-cpu-seconds-before", jdk.processorSeconds, "s", null, nothing),
    atMost("queue-spring-start-seconds-before", jdk.wallSeconds, "s", null, nothing),
  ];
}

export function memoryFigures({ items }: Shape, runs: readonly ItemsRun[]): Figure[] {
  const highest = (of: keyof ItemsRun["memory"]): number => mebibytes(Math.max(...runs.map(({ memory }) => memory[of])));
  const under = `nothing: its highest while ${items} items of each kind were done`;
  return (["operator", "database", "kafka"] as const).map((of) => atMost(`queue-spring-${of}-mib`, highest(of), "MiB", null, under));
}
