import { type Orders } from "../../local/demo/queue/orders";
import { type Items } from "./items";

/** The orders of the sample queue. */
export const orderItems = (orders: Orders): Items => ({
  clear: () => orders.clear(),
  put: (count) => orders.put(count),
  async outcome() {
    const { done, dead, invoices, again } = await orders.counts();
    return { ended: done + dead, results: Math.min(done, invoices), again };
  },
  async makespan() {
    const [seconds = ""] = await orders.sql("SELECT extract(epoch FROM max(ended_at) - min(ordered_at)) FROM orders");
    return Number(seconds);
  },
});
