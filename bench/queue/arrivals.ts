/** Single items, each in a queue where nothing is at work. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Orders } from "../../local/demo/queue/orders";
import { until } from "../harness/cloud";
import { type Shape } from "./items";
import { type Nodes } from "./nodes";

const arrivals = 12;

/** @returns seconds from each item's arrival until its pod was there */
export async function measureArrivals(
  orders: Orders,
  nodes: Nodes,
  { pollingSeconds }: Shape,
  say: (line: string) => void,
): Promise<number[]> {
  await orders.clear();
  await orders.create(0.01);
  const waits: number[] = [];
  for (let n = 0; n < arrivals; n++) {
    await until(async () => (await nodes.openJobs()) === 0);
    const before = new Set(await nodes.pods());
    // KEDA's polls go on at their own pace: the items arrive at all places between two of them.
    await sleep((1_000 * pollingSeconds * n) / arrivals);
    await orders.put(1);
    await until(async () => (await nodes.pods()).some((name) => !before.has(name)), { pause: 50 });
    const seen = Date.now();
    const [arrived = ""] = await orders.sql("SELECT 1000 * extract(epoch FROM max(ordered_at)) FROM orders");
    waits.push((seen - Number(arrived)) / 1_000);
  }
  say(`seconds from an item's arrival to its pod: ${waits.map((wait) => wait.toFixed(1)).join(", ")}`);
  return waits;
}
