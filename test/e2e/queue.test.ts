/**
 * A queue in the stack's database on a local cloud, with real KEDA, PostgreSQL, node autoscaler and batch controller, in steps that build on each other: what
 * KEDA cannot ask, docs/scenarios/queue-sql.md from an empty pool that OVHcloud refuses nodes, a change of the image, and 1,000 items with every fault at
 * once. Needs Linux and root. The local cloud must not run; it does not afterwards.
 */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pushImage, startRegistry } from "../../local/commands/registry";
import { shutdown } from "../../local/daemon/control";
import { callProject } from "../../local/daemon/project";
import { type QueueCloud, startQueueCloud } from "../../local/demo/queue/cloud";
import { paths } from "../../local/lib/paths";
import { createProgress } from "../../local/lib/progress";
import { hang } from "./autoscaler/cloud";
import { keepSettings } from "./kept-settings";
import { Page, runShell } from "./scenarios/page";
import { until } from "./until";

const progress = createProgress((line) => process.stdout.write(`${line}\n`));
const putSettingsBack = keepSettings();
let cloud: QueueCloud;

const page = new Page("queue-sql", () => cloud.env);
const kubectl = (...args: string[]): Promise<string> => cloud.kubectl(args);
const inBatch = (...args: string[]): Promise<string> => kubectl("--namespace", "batch", ...args);
const batch = (...args: string[]) => runShell(`mks-batch ${args.join(" ")}`, cloud.env);

interface Listed {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: {
    readonly nodeName?: string;
    readonly template?: { readonly spec: { readonly containers: readonly { image: string }[] } };
  };
  readonly status?: { readonly phase?: string; readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}
const list = async (kind: string): Promise<Listed[]> =>
  (JSON.parse(await inBatch("get", kind, "--selector", "batch.ovh-mks/job=orders", "--output", "json")) as { items: Listed[] }).items;
const runningPods = async (): Promise<Listed[]> => (await list("pods")).filter(({ status }) => status?.phase === "Running");
const nodes = async (): Promise<string[]> =>
  (await kubectl("get", "nodes", "--selector", "nodepool=compute", "--output", "name")).split("\n").filter(Boolean);
const atZero = (): Promise<void> => until("the pool is at zero", async () => (await nodes()).length === 0, { timeout: 300_000 });

/** As the superuser. */
const asSuperuser = (statement: string): Promise<string> =>
  cloud.kubectl(["--namespace", "database", "exec", "--stdin", "postgresql-0", "--", "psql", "--host=/tmp", "--quiet", "app"], {
    input: statement,
  });

/** A node whose machine hangs, with all that runs on it, and is gone. */
async function lose(node: string): Promise<void> {
  hang(node);
  const [cluster] = await callProject<string[]>("GET", "/kube");
  const machines = await callProject<{ id: string; name: string }[]>("GET", `/kube/${cluster}/node`);
  await callProject("DELETE", `/kube/${cluster}/node/${machines.find(({ name }) => name === node)!.id}`);
}

/** What KEDA's operator tells Prometheus. */
async function metric(name: string, ...labels: readonly string[]): Promise<number | undefined> {
  const [pod] = (
    await kubectl("--namespace", "keda", "get", "pods", "--selector", "app.kubernetes.io/name=keda-operator", "--output", "name")
  ).split("\n");
  const text = await kubectl("get", "--raw", `/api/v1/namespaces/keda/pods/${pod!.replace("pod/", "")}:8080/proxy/metrics`);
  const line = text.split("\n").find((one) => one.startsWith(`${name}{`) && labels.every((label) => one.includes(label)));
  return line === undefined ? undefined : Number(line.split(" ").at(-1));
}
const scalerMetric = (scaler: string) => metric("keda_scaler_metrics_value", 'scaledObject="orders"', `scaler="${scaler}"`);

beforeAll(async () => {
  await shutdown(progress);
  cloud = await startQueueCloud(
    progress,
    { realNodes: 3 },
    {
      "ovh-mks-batch:pools": { system: { maxNodes: 1 }, compute: { flavor: "c2-7", maxNodes: 2 } },
      "ovh-mks-batch:database": { enabled: true, volume: { size: "1Gi" }, memory: "256Mi", cpu: "100m" },
    },
    queue,
  );
});
afterAll(async () => {
  await shutdown(progress);
  putSettingsBack();
});

/** A deadline that a run of twenty seconds keeps on a busy machine, too: it counts from the pod's start on its node. */
const queue = { itemsPerRun: 5, itemTries: 3, taskDeadlineSeconds: 90 };

describe("what KEDA cannot ask", () => {
  it("is told before there are tables, and is over once there are", async () => {
    await until("the status has the error", async () => {
      const { code, output } = await batch("status", "orders");
      return code === 1 && /orders: failing/.test(output) && /relation "orders" does not exist/.test(output);
    });
    await page.run("schema.sql");
    await until("the queue is idle", async () => /orders: idle/.test((await batch("status", "orders")).output));
  });

  it("is told of a wrong password, by the status and by the metric that the alert goes by", async () => {
    const errors = async (): Promise<number> => (await metric("keda_scaled_job_errors_total", 'scaledJob="orders"')) ?? 0;
    const before = await errors();
    const password = Buffer.from(
      await inBatch("get", "secret", "postgresql", "--output", "jsonpath={.data.PGPASSWORD}"),
      "base64",
    ).toString();
    await asSuperuser("ALTER ROLE app PASSWORD 'another'; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'");
    let told = "";
    await until("the status has the error", async () => {
      const { code, output } = await batch("status", "orders");
      told = output;
      return code === 1 && /password authentication failed for user "app"/.test(output);
    });
    expect(told).not.toContain(password);
    expect(await errors()).toBeGreaterThan(before);
    await asSuperuser(`ALTER ROLE app PASSWORD '${password}'`);
    await until("the queue is idle", async () => /orders: idle/.test((await batch("status", "orders")).output));
  });
});

describe("docs/scenarios/queue-sql.md, from an empty pool", () => {
  const report = "/tmp/orders.html";

  beforeAll(() => rmSync(report, { force: true }));
  afterAll(async () => {
    rmSync(report, { force: true });
    await callProject("DELETE", "/_faults");
  });

  it("a quota that is used up is told at the Jobs and in the status, and then the nodes come", async () => {
    expect(await nodes()).toEqual([]);
    await callProject("POST", "/_faults", { faults: [{ action: "quota", instances: 1 }] });
    await page.run("generate_series");
    const events = (): Promise<string> =>
      inBatch(
        "get",
        "events",
        "--field-selector",
        "involvedObject.kind=Job,reason=PoolBlocked",
        "--output",
        "jsonpath={.items[*].involvedObject.name}",
      );
    await until("an Event of a Job tells", async () => /\borders-\w+/.test(await events()));
    const { code, output } = await page.run("mks-batch status orders");
    expect([code, output]).toEqual([0, expect.stringMatching(/^orders: running$[^]* waiting/m)]);
    await callProject("DELETE", "/_faults");
    await page.run("kubectl --namespace batch wait");
  });

  /** A query of KEDA's that failed once makes the queue inactive before its items have come to an end. */
  const ended = (): Promise<void> =>
    until(
      "all have come to an end",
      async () => {
        const { waiting, running } = await cloud.orders.counts();
        return waiting + running === 0;
      },
      { timeout: 300_000 },
    );

  it("each order is done exactly once, and one that fails always is a dead letter after its tries", async () => {
    await ended();
    expect(await cloud.orders.counts()).toEqual({ waiting: 0, running: 0, done: 200, dead: 1, invoices: 200, again: 2 });
    const { stdout } = await page.run("count(*)");
    expect(stdout).toMatch(/^ *200 \|/m);
    expect((await page.run("status = 'dead'")).stdout).toMatch(/3 \| .*null value/);
    // As of KEDA's last look.
    await until(
      "KEDA has seen it",
      async () => (await scalerMetric("dead-letters-0")) === 1 && (await scalerMetric("oldest-item-0")) === 0,
    );
  });

  it("the runs are in the list, the status, the logs and the report", async () => {
    await until(
      "all runs are recorded",
      async () => (await list("jobs")).length === 0 || !/running|waiting/.test((await batch("status", "orders")).output),
    );
    expect((await page.run("mks-batch list")).stdout).toMatch(/^orders +batch +idle .*keda +queue$/m);
    const { stdout } = await page.run("mks-batch status orders --tasks");
    expect(stdout).toMatch(/\d+ succeeded, [1-3] failed/);
    expect(stdout).toMatch(/failed +1 .* 3 +.*null value/);
    const { stdout: logs } = await page.run("mks-batch logs orders");
    expect(existsSync(report)).toBe(true);
    for (const order of [1, 100, 200]) expect(logs).toContain(`order ${order}: done`);
    await atZero();
  });

  it("a dead letter whose cause is mended is done", async () => {
    await page.run("UPDATE orders");
    await ended();
    expect(await cloud.orders.counts()).toMatchObject({ done: 201, dead: 0, invoices: 201 });
  });

  it("every command of the page was run", () => expect(page.unused).toEqual([]));
});

/** Whether the Job of a run has a condition. */
const is = ({ status }: Listed, condition: "Complete" | "Failed"): boolean =>
  status?.conditions?.some(({ type, status }) => type === condition && status === "True") ?? false;

let image: string;

describe("a change while runs are at work", () => {
  const items = 150;
  let before: Listed[];

  beforeAll(async () => {
    const { address, account } = await startRegistry(progress);
    image = await pushImage(join(paths.root, "images", "sql-batch"), "sql-batch:2", progress);
    const auth = Buffer.from(`${account.username}:${account.password}`).toString("base64");
    const secret = {
      ...{ apiVersion: "v1", kind: "Secret", type: "kubernetes.io/dockerconfigjson", metadata: { name: "pull", namespace: "batch" } },
      stringData: { ".dockerconfigjson": JSON.stringify({ auths: { [address]: { ...account, auth } } }) },
    };
    await cloud.kubectl(["apply", "--filename", "-"], { input: JSON.stringify(secret) });
    await inBatch("patch", "serviceaccount", "default", "--patch", JSON.stringify({ imagePullSecrets: [{ name: "pull" }] }));
    await cloud.orders.clear();
    // Each run works on one item: runs of 20 s, of which one node alone has so many at the same time, on a busy machine, too.
    await cloud.orders.create(4);
    await cloud.orders.put(items);
    await until("many items are at work", async () => (await cloud.orders.counts()).running >= 5);
  });

  it("an update that changes the image ends no run", async () => {
    // The runs of the dead letter have failed before.
    before = (await list("jobs")).filter((job) => !is(job, "Failed"));
    const { counts } = await cloud.up({ ...queue, image });
    expect(counts).toMatchObject({ created: 0, deleted: 0, failed: 0 });
    const after = new Map((await list("jobs")).map((job) => [job.metadata.uid, job]));
    expect(before.filter((job) => !is(job, "Complete")).length).toBeGreaterThan(0);
    expect(before.filter(({ metadata }) => !after.has(metadata.uid) || is(after.get(metadata.uid)!, "Failed"))).toEqual([]);
  });

  it("later runs have the new image, and the pool is at zero", async () => {
    await cloud.orders.create(0.1);
    await cloud.orders.put(1);
    await until("a run has the new image", async () =>
      (await list("jobs")).some(({ spec }) => spec.template!.spec.containers[0]!.image === image),
    );
    await until("all are done", async () => (await cloud.orders.counts()).done === items + 1);
    await atZero();
  });
});

describe("1,000 items at once on an empty pool", () => {
  const items = 1_000;
  /** So long that most still wait when the second node is there, however late. */
  const itemSeconds = 0.6;
  /** Runs of twelve seconds. What a fault leaves in the middle comes back a minute after the deadline, and has had one try of six. */
  const longRuns = () => ({ itemsPerRun: 20, itemTries: 6, taskDeadlineSeconds: 60, image });

  it("a pod and KEDA's operator killed, a node lost, PostgreSQL restarted: each item is done exactly once", async () => {
    await cloud.up(longRuns());
    await cloud.orders.clear();
    await cloud.orders.create(itemSeconds);
    expect(await nodes()).toEqual([]);
    await cloud.orders.put(items);
    let runs: Listed[] = [];
    await until("two nodes have runs", async () => {
      runs = await runningPods();
      return new Set(runs.map(({ spec }) => spec.nodeName)).size === 2;
    });
    const [pod] = runs;
    const lost = runs.find(({ spec }) => spec.nodeName !== pod!.spec.nodeName)!.spec.nodeName!;
    // The faults come in the middle of the work.
    expect((await cloud.orders.counts()).waiting).toBeGreaterThan(items / 4);
    await lose(lost);
    const kill = ["delete", "pod", "--force", "--grace-period=0", "--wait=false", "--ignore-not-found"];
    await Promise.all([
      inBatch(...kill, pod!.metadata.name),
      kubectl("--namespace", "keda", ...kill, "--selector", "app.kubernetes.io/name=keda-operator"),
      kubectl("--namespace", "database", "delete", "pod", "postgresql-0", "--wait=false"),
    ]);
    const counts = () => cloud.orders.counts().catch(() => undefined);
    await until("all are done", async () => (await counts())?.done === items, { timeout: 600_000, pause: 1_000 });
    const { invoices, dead, again } = await cloud.orders.counts();
    expect({ invoices, dead }).toEqual({ invoices: items, dead: 0 });
    expect(again).toBeGreaterThan(0);
    expect(await nodes()).not.toContain(`node/${lost}`);
  });

  it("the next update changes nothing, and the pool is at zero", async () => {
    expect((await cloud.up(longRuns())).counts).toEqual({ created: 0, updated: 0, deleted: 0, failed: 0 });
    await atZero();
  });

  it("a queue that is taken out of the settings is gone from the cluster, and its runs are not", async () => {
    await cloud.up(null);
    await expect(inBatch("get", "scaledjob", "orders")).rejects.toThrow();
    expect((await batch("status", "orders")).output).toMatch(/^orders: deleted\n/);
  });
});
