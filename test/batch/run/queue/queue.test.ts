import { saveJob } from "../../../../batch/records/registry";
import { observeQueue, queueOverview } from "../../../../batch/run/queue/observe";
import { findQueue, findQueues } from "../../../../batch/run/queue/queue";
import { collectQueue, recordQueue } from "../../../../batch/run/queue/record";
import { type QueueInput } from "../../../../batch/spec/queue";
import { controllerLease } from "../../../../batch/jobs/submission";
import { ClusterError } from "../../../../kubernetes/cluster";
import { FakeCluster } from "../../fakes/cluster";
import { parametersWith } from "../../fakes/parameters";
import { createKeda, queueWith } from "../../fakes/queue";
import { FakeStore } from "../../fakes/store";

function createQueue(values: Partial<QueueInput> = {}) {
  const [cluster, store] = [new FakeCluster(), new FakeStore()];
  const queue = queueWith({ prices: { nodeHour: { "b3-8": 1 } }, ...values });
  const clients = { cluster, store };
  const record = () => recordQueue(queue, clients, { inCluster: true });
  const find = async () => (await findQueue(clients, "batch", "orders"))!;
  const look = async () => observeQueue(await find(), clients);
  const keys = (part: string) => [...store.objects.keys()].filter((key) => key.includes(part)).sort();
  return { ...{ cluster, store, queue, clients, record, find, look, keys }, keda: createKeda(cluster, queue) };
}

test("a run that has ended is recorded with its log, then its pod is deleted and its Job may go", async () => {
  const { cluster, store, keda, record, keys } = createQueue();
  keda.start("orders-a");
  keda.start("orders-b");
  keda.end("orders-a", { exitCode: 0, log: "order 1 done\n" });
  await record();
  expect(JSON.parse(store.objects.get("batch/orders/records/uid-orders-a.json")!) as object).toMatchObject({
    ...{ name: "orders-a", fingerprint: "uid-orders-a", status: "succeeded", node: "node-1", memory: "1Gi" },
    attempts: [{ pod: "orders-a-0", node: "node-1", exitCode: 0 }],
    job: { name: "orders-a", uid: "uid-orders-a", index: 0 },
  });
  expect(store.objects.get("batch/orders/logs/uid-orders-a/orders-a-0.log")).toBe("order 1 done\n");
  expect(cluster.pods().map(({ metadata }) => metadata.name)).toEqual(["orders-b-0"]);
  const [a, b] = cluster.jobs();
  expect(a).toMatchObject({ metadata: { annotations: { "batch.ovh-mks/recorded": "true" } }, spec: { ttlSecondsAfterFinished: 3600 } });
  expect(b?.metadata.annotations).not.toHaveProperty("batch.ovh-mks/recorded");
  expect(keys("/queues/")).toEqual(["batch/.jobs/queues/orders.json"]);
});

test("what a failed run said last is why it failed", async () => {
  const { keda, record, look } = createQueue();
  keda.start("orders-a");
  keda.end("orders-a", { exitCode: 3, log: "claimed 7\npsql:item.sql:9: ERROR:  2 items failed\n" });
  await record();
  expect((await look()).rows).toMatchObject([
    { name: "orders-a", status: "failed", exitCode: 3, reason: "psql:item.sql:9: ERROR:  2 items failed" },
  ]);
});

test("a process that dies at any point of recording loses and doubles nothing", async () => {
  for (let n = 0; ; n++) {
    const { cluster, keda, record, look, keys } = createQueue();
    for (const name of ["orders-a", "orders-b"]) {
      keda.start(name);
      keda.end(name, { exitCode: 0 });
    }
    let calls = 0;
    cluster.hook = (call, done) => {
      if (/^(patch|remove)/.test(call) && !done && calls++ === n) throw new Error("killed");
    };
    await record().catch(() => undefined);
    cluster.hook = () => undefined;
    await record();
    expect(keys("/records/")).toHaveLength(2);
    expect((await look()).progress).toMatchObject({ total: 2, succeeded: 2 });
    expect(cluster.jobs().every(({ metadata }) => metadata.annotations?.["batch.ovh-mks/recorded"] === "true")).toBe(true);
    if (calls <= n) break;
  }
});

test("only the last runs are kept, with their logs", async () => {
  const { keda, record, look, keys } = createQueue({ keepRuns: 2 });
  for (const [i, name] of ["orders-a", "orders-b", "orders-c"].entries()) {
    keda.start(name);
    keda.end(name, { exitCode: 0, log: "x" }, 10 - i);
    await record();
  }
  expect(keys("/records/")).toEqual(["batch/orders/records/uid-orders-a.json", "batch/orders/records/uid-orders-b.json"]);
  expect(keys("/logs/")).toHaveLength(2);
  expect((await look()).rows.map(({ name }) => name)).toEqual(["orders-b", "orders-a"]);
});

test("a batch Job of the same name keeps its records to itself", async () => {
  const { store, keda, record, keys } = createQueue();
  await saveJob(store, parametersWith({ name: "orders" }), "mks-batch");
  keda.start("orders-a");
  keda.end("orders-a", { exitCode: 0 });
  await expect(record()).rejects.toThrow("the queue 'orders' has the name of a batch Job of the bucket; rename one of them");
  expect(keys("/records/")).toEqual([]);
});

test("a client records where no controller does", async () => {
  const { cluster, clients, queue, keda, keys } = createQueue();
  keda.start("orders-a");
  keda.end("orders-a", { exitCode: 0 });
  const renewTime = new Date().toISOString();
  cluster.put("leases", { metadata: { name: controllerLease, namespace: "batch" }, spec: { holderIdentity: "a", renewTime } } as never);
  await collectQueue(queue, clients);
  expect(keys("/records/")).toEqual([]);
  cluster.drop("leases", "batch", controllerLease);
  await collectQueue(queue, clients);
  expect(keys("/records/")).toHaveLength(1);
  expect(cluster.pods()).toHaveLength(1);
});

test("it shows what is recorded, what has ended since, and what runs", async () => {
  const { clients, find, keda, record, look } = createQueue();
  for (const name of ["orders-a", "orders-b", "orders-c"]) keda.start(name);
  keda.end("orders-a", { exitCode: 0 });
  await record();
  keda.end("orders-b", { exitCode: 1 });
  const observation = await look();
  expect(observation).toMatchObject({ status: "running", progress: { total: 3, succeeded: 1, failed: 1, running: 1 }, unrecorded: 1 });
  expect(observation.rows.map(({ name, status }) => [name, status])).toEqual([
    ["orders-a", "succeeded"],
    ["orders-b", "failed"],
    ["orders-c", "running"],
  ]);
  expect(await queueOverview(await find(), clients)).toEqual({ status: "running", counts: { total: 3, succeeded: 1, failed: 1 } });
  keda.end("orders-c", { exitCode: 0 });
  expect((await look()).status).toBe("idle");
});

describe("what KEDA says", () => {
  const failing = [
    { type: "Ready", status: "False", reason: "TriggerError", message: "Triggers defined in ScaledJob are not working correctly" },
  ];
  const said = (message: string, at: string, uid = "uid-of-queue") => ({
    ...{ metadata: { name: at, namespace: "batch" }, type: "Warning", reason: "KEDAScalerFailed", message, eventTime: at },
    involvedObject: { kind: "ScaledJob", name: "orders", uid },
  });

  test("its last error is shown: the condition does not tell which", async () => {
    const { cluster, keda, look } = createQueue();
    keda.state(failing);
    expect(await look()).toMatchObject({ status: "failing", scaler: { message: failing[0]?.message } });
    cluster.put("events", said("no such host", "2026-01-01T00:00:00Z"));
    cluster.put("events", said('failed:\n\tpassword authentication failed for user "reader"', "2026-01-01T00:01:00Z"));
    cluster.put("events", { ...said("not created", "2026-01-01T00:01:30Z"), reason: "ScaledJobCheckFailed" } as never);
    cluster.put("events", said("of one before", "2026-01-01T00:02:00Z", "another"));
    expect(await look()).toMatchObject({
      status: "failing",
      scaler: { triggers: ["postgresql"], message: 'failed: password authentication failed for user "reader"' },
    });
  });

  test("nothing is shown of errors that are over", async () => {
    const { cluster, look } = createQueue();
    cluster.put("events", said("no such host", "2026-01-01T00:00:00Z"));
    const { status, scaler } = await look();
    expect({ status, scaler }).toEqual({
      status: "idle",
      scaler: { triggers: ["postgresql"], maxReplicas: 100, pollingSeconds: 30, status: "ready", active: false },
    });
  });

  test.each([
    [[{ type: "Paused", status: "True" }], "paused", "paused"],
    [[], "idle", "unknown"],
    [[{ type: "Ready", status: "Unknown", reason: "PartialTriggerError" }], "failing", "failing"],
    [[{ type: "Ready", status: "Unknown" }], "idle", "unknown"],
  ])("conditions %j", async (conditions, status, scaler) => {
    const { keda, look } = createQueue();
    keda.state(conditions);
    expect(await look()).toMatchObject({ status, scaler: { status: scaler } });
  });
});

test("a queue is found in the cluster, and in the bucket when it is gone; nobody else's ScaledJob is one", async () => {
  const { cluster, clients, keda, record, look } = createQueue();
  keda.start("orders-a");
  keda.end("orders-a", { exitCode: 0 });
  await record();
  cluster.put("scaledjobs", { metadata: { name: "other", namespace: "batch" }, spec: {} } as never);
  expect((await findQueues(clients, "batch")).map(({ settings }) => settings.name)).toEqual(["orders"]);
  expect(await findQueue(clients, "batch", "other")).toBeUndefined();
  cluster.drop("scaledjobs", "batch", "orders");
  expect(await look()).toMatchObject({ status: "deleted", progress: { succeeded: 1 }, scaler: undefined });
  expect(await findQueue(clients, "elsewhere", "orders")).toBeUndefined();
});

test.each([403, 404])("where ScaledJobs answer %d there are none", async (status) => {
  const { cluster, clients } = createQueue();
  cluster.hook = (call) => {
    if (call.includes("scaledjobs")) throw new ClusterError("no", status);
  };
  expect(await findQueues(clients, "batch")).toEqual([]);
});
