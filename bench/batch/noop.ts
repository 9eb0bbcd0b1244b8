import { openBucket } from "../../batch/storage/s3/store";
import { type StoreSettings } from "../../batch/storage/store";
import { median } from "../harness/result";
import { type Project } from "./project";
import { type StackSpec } from "./stack";

const rounds = 3;

export interface NoOp {
  /** Median seconds of the stack with and without the BatchJob. */
  readonly with: number;
  readonly without: number;
  /** Median seconds of one listing of all records. */
  readonly listing: number;
  /** Median of the rounds' ratios, with the listing taken off. */
  readonly ratio: number;
}

/** Times an operation on a stack that is as it should be, in turn with the same on an empty one, so that both see the same machine. */
export async function measureNoOp(
  project: Project,
  operation: "up" | "preview",
  spec: Exclude<StackSpec, { kind: "empty" }>,
  list: () => Promise<number>,
  say: (line: string) => void,
): Promise<NoOp> {
  const pairs: { with: number; without: number; listing: number }[] = [];
  for (let round = 0; round <= rounds; round++) {
    const without = await project.time(operation, "empty", { kind: "empty" });
    const pair = { without, with: await project.time(operation, spec.namespace, spec), listing: await list() };
    say(
      `no-op ${operation}, round ${round}: empty ${pair.without.toFixed(2)} s, with 10,000 tasks ${pair.with.toFixed(2)} s, listing ${pair.listing.toFixed(2)} s`,
    );
    // The first round warms both up.
    if (round > 0) pairs.push(pair);
  }
  return {
    with: median(pairs.map((pair) => pair.with)),
    without: median(pairs.map((pair) => pair.without)),
    listing: median(pairs.map((pair) => pair.listing)),
    ratio: median(pairs.map((pair) => (pair.with - pair.listing) / pair.without)),
  };
}

/** Answers a function that times one listing of all records, by the client that the BatchJob has and that is loaded already. */
export async function listingTimer(store: StoreSettings, prefix: string, count: number): Promise<() => Promise<number>> {
  const bucket = openBucket(store);
  const time = async (): Promise<number> => {
    const start = performance.now();
    let found = 0;
    await bucket.list(prefix, () => found++);
    if (found !== count) throw new Error(`there are ${found} objects under ${prefix} and not ${count}`);
    return (performance.now() - start) / 1000;
  };
  await time();
  return time;
}
