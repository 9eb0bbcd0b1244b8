/** Many items at once. */
import { until } from "../harness/cloud";
import { type Memory, type Nodes } from "./nodes";

export interface Shape {
  readonly items: number;
  readonly itemSeconds: number;
  readonly itemsPerRun: number;
  readonly pollingSeconds: number;
  readonly cpu: string;
}

/** What became of the items. */
export interface Outcome {
  /** Done, or dead letters. */
  readonly ended: number;
  /** Items with a result. */
  readonly results: number;
  /** Tries beyond the first of each, or results. */
  readonly again: number;
}

/** Where items wait. */
export interface Items {
  readonly clear: () => Promise<void>;
  /** So many, all at once. */
  readonly put: (count: number) => Promise<void>;
  readonly outcome: () => Promise<Outcome>;
  /** Seconds from the arrival of the items to the end of the last. */
  readonly makespan: () => Promise<number>;
}

export interface ItemsRun {
  readonly makespan: number;
  readonly outcome: Outcome;
  /** The highest of each. */
  readonly memory: Memory;
}

/** Milliseconds between two looks: each runs a psql beside the database. */
const pause = 3_000;

/** Runs of items that come first: a node loads the image with its first one. */
const warmUp = 6;

export async function measureItems(
  queue: Items,
  nodes: Nodes,
  { items, itemsPerRun }: Shape,
  say: (line: string) => void,
): Promise<ItemsRun> {
  const memory = { operator: 0, database: 0, kafka: 0 };
  const done = async (count: number): Promise<void> => {
    const look = async (): Promise<boolean> => {
      const now = await nodes.memory();
      for (const of of ["operator", "database", "kafka"] as const) memory[of] = Math.max(memory[of], now[of]);
      return (await queue.outcome()).ended >= count;
    };
    await until(look, { pause, patience: 600 });
    await until(async () => (await nodes.openJobs()) === 0);
  };
  await queue.put(warmUp * itemsPerRun);
  await done(warmUp * itemsPerRun);
  await queue.clear();
  await queue.put(items);
  await done(items);
  const makespan = await queue.makespan();
  const outcome = await queue.outcome();
  say(`${items} items: ${makespan.toFixed(1)} s, ${JSON.stringify(outcome)}`);
  return { makespan, outcome, memory };
}
