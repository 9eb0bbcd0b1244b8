/**
 * Spring Batch jobs that KEDA starts by rows of a table and by records of a topic, on a local cloud with real PostgreSQL, Kafka, node autoscaler and batch
 * controller, in steps that build on each other: docs/scenarios/queue-spring-postgresql.md and queue-spring-kafka.md from an empty pool, a pod that is killed in
 * the middle of a chunk, a Kafka that restarts, and its removal from the settings. Needs Linux and root, Maven and a JDK. The local cloud must not run; it does not afterwards.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { shutdown, startDaemon } from "../../local/daemon/control";
import { localEnvironment } from "../../local/environment";
import { exec } from "../../local/lib/exec";
import { paths } from "../../local/lib/paths";
import { createProgress } from "../../local/lib/progress";
import { loadSettings, type Settings } from "../../local/lib/settings";
import { deploy } from "../../local/pulumi/deploy";
import { localOverrides } from "../../local/pulumi/overrides";
import { keepSettings } from "./kept-settings";
import { Page, runShell } from "./scenarios/page";
import { until } from "./until";

const progress = createProgress((line) => process.stdout.write(`${line}\n`));
const putSettingsBack = keepSettings();
const program = join(paths.root, "docs", "scenarios", "queue-spring");
let environment: Awaited<ReturnType<typeof localEnvironment>>;
let local: Settings;

const billing = new Page("queue-spring-postgresql", () => environment);
const invoices = new Page("queue-spring-kafka", () => environment);

const kubectl = (args: readonly string[], input?: string): Promise<string> =>
  exec("kubectl", ["--request-timeout=30s", ...args], { env: environment, timeout: 330_000, input });
const inBatch = (...args: string[]): Promise<string> => kubectl(["--namespace", "batch", ...args]);

/** Rows of a statement, columns apart by `|`. As the owner of the tables. */
async function sql(statement: string): Promise<string[]> {
  const psql = ["psql", "--host=/tmp", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "app"];
  const out = await kubectl(["--namespace", "database", "exec", "--stdin", "postgresql-0", "--", ...psql], `SET ROLE app; ${statement}`);
  return out.split("\n").filter(Boolean);
}
const count = async (table: string): Promise<number> => Number((await sql(`SELECT count(*) FROM ${table}`))[0]);

/** Lag of the group, as the trigger counts it: nobody has committed what is left. */
async function committed(): Promise<number> {
  // By itself it waits for 5 s only.
  const group = ["org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--group", "invoices", "--describe", "--timeout", "60000"];
  const out = await kubectl([
    "--namespace",
    "kafka",
    "exec",
    "kafka-0",
    "--",
    "kafka",
    "run",
    ...group,
    "--bootstrap-server",
    "localhost:9092",
  ]);
  return [...out.matchAll(/^invoices +orders +\d+ +(\d+)/gm)].reduce((sum, [, offset]) => sum + Number(offset), 0);
}
/** For JVMs that start, and nodes that boot, on a busy machine. */
const patient = { timeout: 300_000 };

/** Records by key. */
const send = (records: readonly [key: string, value: object][]): Promise<string> => {
  const producer = ["kafka", "run", "org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server", "localhost:9092", "--topic", "orders"];
  const keyed = ["--property", "parse.key=true", "--property", "key.separator=|"];
  const lines = records.map(([key, value]) => `${key}|${JSON.stringify(value)}\n`);
  return kubectl(["--namespace", "kafka", "exec", "--stdin", "kafka-0", "--", ...producer, ...keyed], lines.join(""));
};

/** Ends a worker at once, as the loss of its node does. @param worker what it calls itself: its Job's name, and its number */
const kill = (worker: string): Promise<string> =>
  inBatch(
    ...["delete", "pod", "--grace-period=0", "--force", "--ignore-not-found"],
    ...["--selector", `batch.kubernetes.io/job-name=${worker.replace(/-0$/, "")}`],
  );

const nodes = async (): Promise<string[]> =>
  (await kubectl(["get", "nodes", "--selector", "nodepool=compute", "--output", "name"])).split("\n").filter(Boolean);

const up = (changed: Record<string, unknown> = {}) => {
  const settings = {
    ...localOverrides(local),
    "ovh-mks-batch:pools": { system: { maxNodes: 1 }, compute: { flavor: "c2-7", maxNodes: 2 } },
    "ovh-mks-batch:thumbnails": { enabled: false },
    "ovh-mks-batch:database": { enabled: true, volume: { size: "1Gi" }, memory: "256Mi", cpu: "100m" },
    ...changed,
  };
  return deploy(environment, settings, progress);
};

beforeAll(async () => {
  await shutdown(progress);
  local = loadSettings(paths.settings, { keda: "scaled-jobs", database: "on", java: "on", realNodes: 3 });
  await startDaemon(progress, local);
  environment = await localEnvironment(progress);
  await up();
});
afterAll(async () => {
  await shutdown(progress);
  rmSync(join(program, "Pulumi.local.yaml"), { force: true });
  putSettingsBack();
});

describe("docs/scenarios/queue-spring-postgresql.md", () => {
  /** A query of KEDA's that failed once makes the queue inactive before its items have come to an end. */
  const ended = (): Promise<void> =>
    until("all runs have come to an end", async () => (await count("billing_runs WHERE status IN ('waiting', 'running')")) === 0, patient);

  it("deploys tables and a queue beside that of the settings; queues that are empty start nothing, and the pool has no node for them", async () => {
    await billing.run("pulumi stack init");
    await until("the queues are ready", async () => {
      const ready = await inBatch("get", "scaledjobs", "--output", 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}');
      return ready.trim() === "True True";
    });
    expect(await inBatch("get", "jobs", "--selector", "scaledjob.keda.sh/name", "--output", "name")).toBe("");
  });

  it("each order is invoiced exactly once, and a billing run that fails always is a dead letter after its tries", async () => {
    await billing.run("generate_series");
    expect((await billing.run("mks-batch status billing")).output).toMatch(/^billing: /m);
    await billing.run("kubectl --namespace batch wait");
    await ended();
    const { stdout } = await billing.run("batch_job_execution");
    expect(stdout).toMatch(/dead +\| +1 \| +3\n/);
    expect(stdout).toMatch(/done +\| +10 \| +10\n/);
    // 300 of the ten, and the first chunk of the one that failed.
    expect(stdout).toMatch(/^ +310 \| +5646\.00$/m);
    expect(stdout).toMatch(/COMPLETED +\| +10\n[^]*FAILED +\| +3\n/);
    expect((await billing.run("status = 'dead'")).stdout).toMatch(/nobody +\| +3 \| order \d+ has no price/);
  });

  it("what was mended goes on after its first chunk", async () => {
    await billing.run("SET net = 15");
    await ended();
    expect(await count("billing_invoices")).toBe(315);
    expect(
      await sql("SELECT count(DISTINCT worker) FROM billing_invoices JOIN billing_orders o ON o.id = order_id WHERE o.customer = 'nobody'"),
    ).toEqual(["2"]);
  });

  it("a pod that is killed in the middle of a chunk is followed by another, which goes on after the last one that was committed", async () => {
    await sql(`WITH run AS (INSERT INTO billing_runs (customer) VALUES ('killed') RETURNING id, customer)
      INSERT INTO billing_orders (run_id, customer, net) SELECT id, customer, 1 FROM run, generate_series(1, 200)`);
    const own = "billing_invoices WHERE customer = 'killed'";
    await until("a chunk is committed", async () => (await count(own)) > 0, { pause: 100 });
    const [worker = ""] = await sql("SELECT worker FROM billing_runs WHERE customer = 'killed'");
    await kill(worker);
    // Its lease comes to an end first.
    await until(
      "the run is done",
      async () => (await sql("SELECT status FROM billing_runs WHERE customer = 'killed'"))[0] === "done",
      patient,
    );
    const executions = await sql(`SELECT e.status || ' ' || s.write_count
      FROM batch_job_execution e JOIN batch_job_execution_params p USING (job_execution_id) JOIN batch_step_execution s USING (job_execution_id)
      WHERE p.parameter_name = 'run' AND p.parameter_value = (SELECT id::text FROM billing_runs WHERE customer = 'killed') ORDER BY job_execution_id`);
    const written = executions.map((line) => Number(line.split(" ")[1]));
    expect(executions.map((line) => line.split(" ")[0])).toEqual(["FAILED", "COMPLETED"]);
    expect([written[0]! % 10, written[0]! + written[1]!, await count(own)]).toEqual([0, 200, 200]);
  });

  it("is removed, and its results stay", async () => {
    await billing.run("pulumi destroy");
    expect(billing.unused).toEqual([]);
    expect(await inBatch("get", "scaledjobs", "--output", "name")).toBe("scaledjob.keda.sh/invoices\n");
    expect(await count("billing_invoices")).toBeGreaterThan(300);
  });
});

describe("docs/scenarios/queue-spring-kafka.md", () => {
  it("each record is an invoice exactly once, or a dead letter after its tries", async () => {
    await invoices.run("ConsoleProducer");
    expect((await invoices.run("mks-batch status invoices")).output).toMatch(/^invoices: /m);
    await invoices.run("kubectl --namespace batch wait");
    // As with the billing runs, it may be too early.
    await until(
      "all records have come to an end",
      async () => (await count("record_invoices")) + (await count("record_dead_letters")) === 202,
      patient,
    );
    const { stdout } = await invoices.run("record_dead_letters");
    expect(stdout).toMatch(/^ +200 \| +200 \| 24120\.00$/m);
    expect(stdout).toMatch(/\| order 201 has no price$/m);
    expect(stdout).toMatch(/no order +\| the record is no order: /);
    await until("the group has committed them", async () => (await committed()) === 202);
  });

  /** Runs wait for Kafka, fail, and are followed by others. */
  const afterRestart = { timeout: 600_000, pause: 1_000 };

  it("a Kafka that restarts in the middle, and a pod that is killed, lose no record and double none", async () => {
    const before = await count("record_invoices");
    await send(Array.from({ length: 200 }, (_, n) => [`customer ${n}`, { id: 1000 + n, customer: `customer ${n}`, net: 1 }]));
    await until("some are done", async () => (await count("record_invoices")) > before, { pause: 100 });
    const [worker = ""] = await sql("SELECT worker FROM record_invoices ORDER BY issued_at DESC LIMIT 1");
    await Promise.all([kill(worker), kubectl(["--namespace", "kafka", "delete", "pod", "kafka-0", "--grace-period=0", "--force"])]);
    await kubectl(["--namespace", "kafka", "rollout", "status", "statefulset/kafka", "--timeout=300s"]);
    await until("all are done", async () => (await count("record_invoices")) === before + 200, afterRestart);
    expect(await sql("SELECT count(DISTINCT order_id), count(*) FROM record_invoices")).toEqual([`${before + 200}|${before + 200}`]);
    await until("the group has committed them", async () => (await committed()) === 402, afterRestart);
    expect(await count("record_dead_letters")).toBe(2);
  }, 1_800_000);

  it("runs are recorded with their logs, and the pool goes back to zero", async () => {
    const shell = (script: string) => runShell(script, environment);
    await until("no run is left", async () => /^invoices: idle$/m.test((await shell("mks-batch status invoices")).output));
    expect((await shell("mks-batch logs invoices")).output).toMatch(/records taken: \d+, failed: \d+/);
    await until("the pool is at zero", async () => (await nodes()).length === 0, { timeout: 300_000 });
    expect(invoices.unused).toEqual([]);
  });

  it("is gone from the cluster once it is out of the settings", async () => {
    await up({ "ovh-mks-batch:kafka": { enabled: false }, "ovh-mks-batch:queues": {} });
    expect(await inBatch("get", "scaledjobs", "--output", "name")).toBe("");
    await expect(kubectl(["get", "namespace", "kafka"])).rejects.toThrow("NotFound");
    expect(await count("record_invoices")).toBe(400);
  });
});
