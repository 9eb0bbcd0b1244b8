import { billedHours } from "../common/billing";
import { clockHour } from "../common/hours";
import { type Instance } from "./cluster/instances";
import { type Trace } from "./traces/trace";

const hour = 3_600_000;

export interface Bill {
  readonly hours: number;
  /** Hours times price. */
  readonly cost: number;
  /** Each payment that falls due: when (milliseconds since 1970) and how much. */
  readonly payments: readonly { readonly time: number; readonly amount: number }[];
}

/** The bill for all nodes until `end`. */
export function billOf(instances: Iterable<Instance>, end: number, { pools, billing }: Trace): Bill {
  const prices = new Map(pools.map(({ name, price }) => [name, price]));
  const payments: { time: number; amount: number }[] = [];
  let hours = 0;
  let cost = 0;
  for (const { pool, createdAt, endedAt = end } of instances) {
    const price = prices.get(pool)!;
    const billed = billedHours(createdAt, endedAt, billing);
    hours += billed;
    cost += billed * price;
    // A clock hour falls due as it begins; seconds, for the plot, once an hour.
    for (let i = 0; i < billed; i++) {
      const time = i === 0 ? createdAt : (clockHour(createdAt) + i) * hour;
      payments.push({ time, amount: Math.min(1, billed - i) * price });
    }
  }
  return { hours, cost, payments: payments.sort((a, b) => a.time - b.time) };
}
