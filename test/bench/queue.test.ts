import { figures } from "../../bench/queue/figures";
import { itemFigures, memoryFigures, startFigures } from "../../bench/queue/spring/figures";
import { parseStarts } from "../../bench/queue/spring/starts";

const shape = { items: 1_000, itemSeconds: 0.5, itemsPerRun: 20, pollingSeconds: 2, cpu: "500m" };
const memory = { operator: 100 * 2 ** 20, database: 2 ** 20, kafka: 0 };
const run = { makespan: 125, outcome: { ended: 1_000, results: 999, again: 2 }, memory };
const measured = { ...run, arrivals: [0.5, 2.5, 1], slots: 5 };

test("the figures are ratios to the ideal, and what is beyond a poll, once and lost", () => {
  const values = Object.fromEntries(figures(shape, measured).map(({ name, value }) => [name, value]));
  expect(values).toEqual({
    "queue-sql-to-ideal": 1.25,
    "queue-latency-over-poll": 0.5,
    "queue-latency-median-seconds": 1,
    "queue-items-twice": 2,
    "queue-items-lost": 1,
    "queue-sql-makespan-seconds": 125,
    "queue-operator-mib": 100,
    "queue-database-mib": 1,
  });
});

test("those of Spring Batch are the same of each kind, with the higher memory of both", () => {
  const more = { ...run, memory: { ...memory, kafka: 300 * 2 ** 20 } };
  const all = [...itemFigures("kafka", shape, run, 5), ...memoryFigures(shape, [run, more])];
  expect(Object.fromEntries(all.map(({ name, value }) => [name, value]))).toEqual({
    "queue-spring-kafka-to-ideal": 1.25,
    "queue-spring-kafka-makespan-seconds": 125,
    "queue-spring-kafka-items-twice": 2,
    "queue-spring-kafka-items-lost": 1,
    "queue-spring-operator-mib": 100,
    "queue-spring-database-mib": 1,
    "queue-spring-kafka-mib": 300,
  });
});

test("the starts are medians, without the first of each", () => {
  const log =
    "archive 9 9 9\njdk 9 9 9\narchive 2.0 2.5 0.5\njdk 4.0 4.5 0.5\narchive 3.0 3.5 0.5\njdk 4.1 4.5 0.7\narchive 1.0 1.0 1.0\njdk 8 8 8\n";
  const said: string[] = [];
  const starts = parseStarts(log, (line) => said.push(line));
  expect(starts).toEqual({ archive: { wallSeconds: 2, processorSeconds: 3 }, jdk: { wallSeconds: 4.1, processorSeconds: 5.2 } });
  expect(said).toEqual([expect.stringContaining("archive: 2.0 s (3.0 s of CPU), 3.0 s"), expect.stringContaining("jdk: 4.0 s")]);
  expect(startFigures(starts).map(({ value }) => value)).toEqual([3, 2, 5.2, 4.1]);
  expect(() => parseStarts("nothing", () => undefined)).toThrow("nothing was timed of archive");
});
