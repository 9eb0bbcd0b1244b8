import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Database, startDatabase } from "./postgres";

let found: Database | undefined;
beforeAll(() => (found = startDatabase()));
afterAll(() => found?.stop());

/** Does nothing where there is no PostgreSQL. */
const withDatabase = (work: (database: Database) => void | Promise<void>) => async () => {
  if (!found) return console.warn("PostgreSQL is not installed (Debian package postgresql): the worker is not tried");
  found.sql("TRUNCATE orders, order_lines, invoices RESTART IDENTITY");
  found.sql("DROP TRIGGER IF EXISTS slow ON invoices; DROP TRIGGER IF EXISTS broken ON invoices");
  await work(found);
};

/** Orders from 1 on, each with two lines of 10.00 and 2.50 × its number. */
const order = ({ sql }: Database, count: number): void => {
  sql(`INSERT INTO orders (customer) SELECT 'customer ' || n FROM generate_series(1, ${count}) AS n`);
  sql("INSERT INTO order_lines SELECT id, line.* FROM orders, LATERAL (VALUES ('book', 1, 10.00), ('pen', id::integer, 2.50)) AS line");
};

/** Lets each invoice take so long. */
const slow = ({ sql }: Database, seconds: number): void => {
  sql(`CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(${seconds}); RETURN new; END $$`);
  sql("CREATE TRIGGER slow AFTER INSERT ON invoices FOR EACH ROW EXECUTE FUNCTION slow()");
};

const statuses = ({ sql }: Database): string[] => sql("SELECT status || ' ' || count(*) FROM orders GROUP BY status ORDER BY 1");
const untilRow = async ({ sql }: Database, query: string): Promise<void> => {
  while (sql(query).length === 0) await sleep(20);
};

test(
  "an order becomes an invoice, and is done in the same transaction",
  withDatabase((database) => {
    order(database, 2);
    const { status, stdout } = database.run("orders-a");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "order 1: done\n" });
    expect(database.sql("SELECT order_id, customer, net, vat, total FROM invoices")).toEqual(["1|customer 1|12.50|2.50|15.00"]);
    expect(database.sql("SELECT status, tries, worker, lease_until IS NULL FROM orders ORDER BY id")).toEqual([
      "done|1|orders-a|t",
      "waiting|0||t",
    ]);
  }),
);

test(
  "a run takes up to so many items over one connection, and where nothing waits it ends with success",
  withDatabase((database) => {
    order(database, 3);
    expect(database.run("a", { QUEUE_ITEMS: "2" }).stdout).toBe("order 1: done\norder 2: done\n");
    const { status, stdout } = database.run("a", { QUEUE_ITEMS: "500" });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "order 3: done\nnothing waits\n" });
  }),
);

test(
  "several runs at once do each item exactly once, and wait for none of each other's",
  withDatabase(async (database) => {
    order(database, 60);
    slow(database, 0.02);
    const runs = ["a", "b", "c"].map((worker) => database.start(worker, { QUEUE_ITEMS: "60" }).ended);
    expect(await Promise.all(runs)).toEqual([0, 0, 0]);
    expect(statuses(database)).toEqual(["done 60"]);
    expect(database.sql("SELECT count(*), count(DISTINCT order_id) FROM invoices")).toEqual(["60|60"]);
    expect(database.sql("SELECT count(DISTINCT worker), max(tries) FROM orders")).toEqual(["3|1"]);
  }),
);

test(
  "a psql that is killed in the middle leaves nothing; the item is another run's once the lease is over, and not before",
  withDatabase(async (database) => {
    order(database, 1);
    slow(database, 30);
    const { ended, kill } = database.start("killed", { QUEUE_LEASE_SECONDS: "3" });
    await untilRow(database, "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'INSERT INTO invoices%' AND wait_event = 'PgSleep'");
    kill();
    await ended;
    database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    await untilRow(database, "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep')");
    database.sql("DROP TRIGGER slow ON invoices");
    expect(database.sql("SELECT count(*) FROM invoices")).toEqual(["0"]);
    expect(database.run("early").stdout).toBe("nothing waits\n");
    await untilRow(database, "SELECT 1 FROM orders WHERE lease_until < now()");
    expect(database.run("later").stdout).toBe("order 1: done\n");
    expect(database.sql("SELECT status, tries, worker FROM orders")).toEqual(["done|2|later"]);
    expect(database.sql("SELECT count(*) FROM invoices")).toEqual(["1"]);
  }),
);

test(
  "runs that are killed at any moment neither lose nor double an item",
  withDatabase(async (database) => {
    order(database, 40);
    slow(database, 0.03);
    const env = { QUEUE_ITEMS: "40", QUEUE_TRIES: "1000", QUEUE_LEASE_SECONDS: "1" };
    for (let round = 0; statuses(database).join() !== "done 40"; round++) {
      const runs = ["a", "b", "c"].map((worker) => database.start(`${worker}${round}`, env));
      const after = [40, 90, 170].map((base) => base + ((round * 37) % 120));
      await Promise.all(runs.map(({ ended, kill }, i) => Promise.race([ended, sleep(after[i]).then(kill)]).then(() => ended)));
    }
    expect(database.sql("SELECT count(*), count(DISTINCT order_id) FROM invoices")).toEqual(["40|40"]);
  }),
);

test(
  "a run whose lease was over in the middle does not do what another one has claimed",
  withDatabase((database) => {
    order(database, 1);
    database.sql(
      "CREATE OR REPLACE FUNCTION taken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.worker = 'another'; RETURN new; END $$",
    );
    database.sql("CREATE TRIGGER taken BEFORE UPDATE ON orders FOR EACH ROW WHEN (new.status = 'running') EXECUTE FUNCTION taken()");
    const { status, stdout } = database.run("slow");
    database.sql("DROP TRIGGER taken ON orders");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "order 1: its lease was over, another run has it\n" });
    expect(database.sql("SELECT count(*) FROM invoices")).toEqual(["0"]);
  }),
);

test(
  "a run that works longer than its lease keeps its item until its end",
  withDatabase(async (database) => {
    order(database, 1);
    slow(database, 2);
    const { ended } = database.start("long", { QUEUE_LEASE_SECONDS: "1" });
    await untilRow(database, "SELECT 1 FROM orders WHERE lease_until < now()");
    expect(database.run("other").stdout).toBe("nothing waits\n");
    expect(await ended).toBe(0);
    expect(database.sql("SELECT status, tries, worker FROM orders")).toEqual(["done|1|long"]);
  }),
);

test(
  "a poison item is put aside after its tries, with the reason, and holds up no other",
  withDatabase((database) => {
    order(database, 5);
    database.sql("DELETE FROM order_lines WHERE order_id = 2");
    const { status, stdout, stderr } = database.run("a", { QUEUE_ITEMS: "10", QUEUE_TRIES: "2" });
    expect(stdout).toBe(
      "order 1: done\norder 2: try 1 of 2 failed\norder 3: done\norder 4: done\norder 5: done\norder 2: try 2 of 2 failed\nnothing waits\n",
    );
    expect(status).toBe(3);
    const reason = 'null value in column "net" of relation "invoices" violates not-null constraint';
    expect(stderr.trim().split("\n").at(-1)).toMatch(new RegExp(`ERROR: +2 of the tries failed, the last one: ${reason}$`));
    expect(statuses(database)).toEqual(["dead 1", "done 4"]);
    expect(database.sql("SELECT tries, reason FROM orders WHERE status = 'dead'")).toEqual([`2|${reason}`]);
    expect(database.run("b").stdout).toBe("nothing waits\n");
  }),
);

test(
  "a reason may be anything",
  withDatabase((database) => {
    order(database, 1);
    const said = `it's "bad"; DROP TABLE orders -- \\q :item`;
    const body = `BEGIN RAISE EXCEPTION '%', $q$${said}$q$; END`;
    database.sql(`CREATE OR REPLACE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $f$ ${body} $f$`);
    database.sql("CREATE TRIGGER broken BEFORE INSERT ON invoices FOR EACH ROW EXECUTE FUNCTION broken()");
    expect(database.run("a", { QUEUE_TRIES: "1" }).status).toBe(3);
    expect(database.sql("SELECT reason FROM orders")).toEqual([said]);
  }),
);

test(
  "an item whose every run was killed becomes a dead letter, too",
  withDatabase((database) => {
    order(database, 2);
    database.sql("UPDATE orders SET status = 'running', tries = 3, worker = 'gone', lease_until = now() - interval '1 s' WHERE id = 1");
    database.sql("UPDATE orders SET status = 'running', tries = 3, worker = 'alive', lease_until = now() + interval '1 h' WHERE id = 2");
    expect(database.run("a").stdout).toBe("nothing waits\n");
    expect(database.sql("SELECT status, reason FROM orders ORDER BY id")).toEqual([
      "dead|its run ended in the middle of the last try",
      "running|",
    ]);
  }),
);

test(
  "what waits with all its tries used up does not keep KEDA starting runs",
  withDatabase((database) => {
    order(database, 1);
    database.sql("UPDATE orders SET tries = 5, reason = 'no lines'");
    database.run("a");
    expect(database.sql("SELECT status, reason FROM orders")).toEqual(["dead|no lines"]);
  }),
);

test(
  "the schema may be applied again",
  withDatabase((database) => {
    order(database, 1);
    database.sql(readFileSync(join(__dirname, "..", "..", "..", "images", "sql-batch", "schema.sql"), "utf8"));
    expect(statuses(database)).toEqual(["waiting 1"]);
  }),
);

test(
  "a server that cannot be reached fails the run",
  withDatabase((database) => {
    const { status, stderr } = database.run("a", { PGHOST: "/nowhere" });
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining("No such file or directory") as string });
  }),
);
