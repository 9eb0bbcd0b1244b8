/** The sample queue: orders that become invoices (images/sql-batch), in the database of the stack. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../../lib/paths";
import type { Kubectl } from "../kubectl";

const open = "FROM orders WHERE status IN ('waiting', 'running')";

/** The queue in the stack's settings, with small runs. */
export const orderQueue = {
  query: `SELECT count(*) ${open}`,
  oldestQuery: `SELECT coalesce(extract(epoch FROM now() - min(ordered_at)), 0) ${open}`,
  deadLettersQuery: "SELECT count(*) FROM orders WHERE status = 'dead'",
  cpu: "200m",
  memory: "64Mi",
  itemsPerRun: 10,
  pollingSeconds: 2,
  taskDeadlineSeconds: 60,
};

/** How the orders stand. */
export interface Counts {
  readonly waiting: number;
  readonly running: number;
  readonly done: number;
  readonly dead: number;
  readonly invoices: number;
  /** Tries beyond the first of each order. */
  readonly again: number;
}

export class Orders {
  constructor(private readonly kubectl: Kubectl) {}

  /** Runs SQL as the owner of the database. @returns rows with columns divided by `|` */
  async sql(text: string): Promise<string[]> {
    const psql = ["psql", "--host=/tmp", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "app"];
    const args = ["--namespace", "database", "exec", "--stdin", "postgresql-0", "--", ...psql];
    const out = await this.kubectl(args, { input: `SET ROLE app;\n${text};\n` });
    return out.split("\n").filter((line) => line !== "");
  }

  /** Makes the tables. @param seconds that an item takes */
  async create(seconds: number): Promise<void> {
    const schema = readFileSync(join(paths.root, "images", "sql-batch", "schema.sql"), "utf8");
    await this.sql(`SET client_min_messages = warning;\n${schema};
      CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(${seconds}); RETURN new; END $$;
      CREATE OR REPLACE TRIGGER slow AFTER INSERT ON invoices FOR EACH ROW EXECUTE FUNCTION slow()`);
  }

  /** Puts orders into the queue, all at once. @param poison how many more of which fail always */
  async put(count: number, poison = 0): Promise<void> {
    await this.sql(`BEGIN;
      WITH new AS (INSERT INTO orders (customer) SELECT 'customer ' || n FROM generate_series(1, ${count}) AS n RETURNING id)
        INSERT INTO order_lines SELECT id, 'book', 1, 10.00 FROM new;
      INSERT INTO orders (customer) SELECT 'poison ' || n FROM generate_series(1, ${poison}) AS n;
      COMMIT`);
  }

  /** All orders so far. */
  async counts(): Promise<Counts> {
    const having = (status: string): string => `count(*) FILTER (WHERE status = '${status}')`;
    const [row = ""] = await this.sql(
      `SELECT ${["waiting", "running", "done", "dead"].map(having).join(", ")}, (SELECT count(*) FROM invoices),
         coalesce(sum(greatest(tries - 1, 0)), 0) FROM orders`,
    );
    const [waiting, running, done, dead, invoices, again] = row.split("|").map(Number) as [number, number, number, number, number, number];
    return { waiting, running, done, dead, invoices, again };
  }

  /** Removes all orders. */
  async clear(): Promise<void> {
    await this.sql("TRUNCATE orders, order_lines, invoices");
  }
}
