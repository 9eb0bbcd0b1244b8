import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createKeda, queueWith } from "../batch/fakes/queue";
import { command, createHarness, sweep } from "./harness";

function createQueue() {
  const here = createHarness();
  return { ...here, keda: createKeda(here.cluster, queueWith({ prices: { nodeHour: { "b3-8": 1 } } })) };
}

test("list tells of queues beside Jobs", async () => {
  const { run, keda } = createQueue();
  await run([...sweep, ...command]);
  keda.start("orders-a");
  const { out } = await run(["list"]);
  expect(out).toMatch(/^sweep +batch +complete +3 +3 +0 .*mks-batch$/m);
  expect(out).toMatch(/^orders +batch +running +1 +0 +0 .*keda +queue$/m);
  expect((await run(["list", "--json"])).json()).toMatchObject({ queues: [{ name: "orders", status: "running" }] });
});

test("status tells what runs, what KEDA says, and why runs failed", async () => {
  const { run, keda } = createQueue();
  for (const name of ["orders-a", "orders-b", "orders-c"]) keda.start(name);
  keda.end("orders-a", { exitCode: 0 });
  keda.end("orders-b", { exitCode: 3, log: "ERROR: 1 item failed" });
  const { status, out } = await run(["status", "orders"]);
  expect(status).toBe(0);
  expect(out).toMatch(
    /^orders: running\n {2}queue \(postgresql\), up to 100 runs at a time, asked every 30 s\n {2}3 runs: 1 succeeded, 1 failed, 1 running\n/,
  );
  expect(out).toMatch(/^1 +orders-b +failed +1 .* 3 +ERROR: 1 item failed$/m);
  expect(out).toMatch(/^2 +orders-c +running/m);
  expect(out).not.toContain("orders-a");
  expect((await run(["status", "orders", "--tasks"])).out).toContain("orders-a");
});

test("status ends with 1 while KEDA cannot ask a trigger, and tells why", async () => {
  const { cluster, run, keda } = createQueue();
  keda.state([{ type: "Ready", status: "False", reason: "TriggerError" }]);
  const message = 'error establishing postgreSQL connection: password authentication failed for user "reader"';
  const involvedObject = { kind: "ScaledJob", name: "orders", uid: "uid-of-queue" };
  cluster.put("events", {
    metadata: { name: "a", namespace: "batch" },
    type: "Warning",
    reason: "KEDAScalerFailed",
    message,
    involvedObject,
  } as never);
  const { status, out } = await run(["status", "orders"]);
  expect(status).toBe(1);
  expect(out).toContain(`orders: failing\n  queue (postgresql), up to 100 runs at a time, asked every 30 s\n  KEDA: ${message}\n`);
  expect((await run(["status", "orders", "--json"])).json()).toMatchObject({ status: "failing", scaler: { message } });
});

test("logs shows those of ended and of running runs", async () => {
  const { cluster, run, keda } = createQueue();
  keda.start("orders-a");
  keda.start("orders-b");
  keda.end("orders-a", { exitCode: 0, log: "order 1 done" });
  cluster.setLog("orders-b-0", "order 2 claimed");
  expect((await run(["logs", "orders"])).out).toBe(
    "==> orders-a, attempt 1 (succeeded) <==\norder 1 done\n==> orders-b, attempt 1 (running) <==\norder 2 claimed\n",
  );
  expect((await run(["logs", "orders", "--task", "orders-a"])).out).toBe("order 1 done\n");
});

test("report writes a page about the runs", async () => {
  const { home, run, keda } = createQueue();
  keda.start("orders-a");
  keda.end("orders-a", { exitCode: 0 });
  const file = join(home, "orders.html");
  expect((await run(["report", "orders", "--output", file])).out).toMatch(/^wrote .*orders\.html \(1 task, /);
  expect(readFileSync(file, "utf8")).toContain("orders-a");
});

test("what there is not for queues is told", async () => {
  const { run, keda } = createQueue();
  keda.start("orders-a");
  keda.end("orders-a", { exitCode: 0 });
  await run(["status", "orders"]);
  expect(await run(["status", "orders", "--watch"])).toMatchObject({
    status: 2,
    err: expect.stringContaining("which has no end") as string,
  });
  expect(await run(["logs", "orders", "--follow"])).toMatchObject({
    status: 2,
    err: expect.stringContaining("kubectl logs --namespace batch --follow") as string,
  });
  expect(await run(["cancel", "orders"])).toMatchObject({ status: 2, err: expect.stringContaining("'orders' is a queue") as string });
});
