import { Orders, orderQueue } from "../../../local/demo/queue/orders";
import { type Database, startDatabase } from "../../images/sql-batch/postgres";

let database: Database | undefined;
let orders: Orders;

beforeAll(() => {
  database = startDatabase();
  database?.sql("DROP TABLE invoices, order_lines, orders; CREATE ROLE app; GRANT CREATE ON SCHEMA public TO app");
  orders = new Orders((_args, { input = "" } = {}) => Promise.resolve(database!.sql(input).join("\n")));
});
afterAll(() => database?.stop());

test("orders are put into tables of the queue's, and counted as they come to an end", async () => {
  if (!database) return console.warn("PostgreSQL is not installed (Debian package postgresql): the sample's SQL is not tried");
  await orders.create(0);
  await orders.create(0.01);
  await orders.put(3, 1);
  const none = { waiting: 0, running: 0, done: 0, dead: 0, invoices: 0, again: 0 };
  expect(await orders.counts()).toEqual({ ...none, waiting: 4 });
  const { status, stdout } = database.run("a", { QUEUE_ITEMS: "10", QUEUE_TRIES: "2" });
  expect([status, stdout]).toEqual([3, expect.stringMatching(/order 4: try 2 of 2 failed/)]);
  expect(await orders.counts()).toEqual({ ...none, done: 3, dead: 1, invoices: 3, again: 1 });
  const { query, oldestQuery, deadLettersQuery } = orderQueue;
  expect(await Promise.all([query, oldestQuery, deadLettersQuery].map((text) => orders.sql(text)))).toEqual([["0"], ["0"], ["1"]]);
  await orders.clear();
  expect(await orders.counts()).toEqual(none);
});
