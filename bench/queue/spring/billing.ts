import { type Orders } from "../../../local/demo/queue/orders";
import { type Items } from "../items";

/** Orders of a billing run. */
export const ordersOfRun = 5;

/** Rows of `billing_runs`. */
export function billingItems(orders: Orders): Items {
  let arrived = 0;
  return {
    async clear() {
      await orders.sql("TRUNCATE billing_invoices, billing_orders, billing_runs");
    },
    async put(count) {
      await orders.sql(`BEGIN;
        WITH runs AS (INSERT INTO billing_runs (customer) SELECT 'customer ' || n FROM generate_series(1, ${count}) AS n RETURNING id, customer)
        INSERT INTO billing_orders (run_id, customer, net) SELECT id, customer, n FROM runs, generate_series(1, ${ordersOfRun}) AS n;
        COMMIT`);
      arrived = Date.now();
    },
    async outcome() {
      const [row = ""] = await orders.sql(`SELECT count(*) FILTER (WHERE status IN ('done', 'dead')),
        least(count(*) FILTER (WHERE status = 'done'), (SELECT count(*) FROM billing_invoices) / ${ordersOfRun}),
        coalesce(sum(greatest(tries - 1, 0)), 0) FROM billing_runs`);
      const [ended, results, again] = row.split("|").map(Number) as [number, number, number];
      return { ended, results, again };
    },
    async makespan() {
      const [end = ""] = await orders.sql("SELECT extract(epoch FROM max(ended_at)) FROM billing_runs");
      return Number(end) - arrived / 1_000;
    },
  };
}
