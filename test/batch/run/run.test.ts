import { BatchError, collect } from "../../../batch";
import { annotations } from "../../../batch/jobs/manifest";
import { away, FakeCluster } from "../fakes/cluster";
import { createWorld as setUp, input, killAt, tick, until, type World } from "../fakes/world";

test("runs every task once and records it", async () => {
  const { cluster, go, records, said } = setUp();
  cluster.outcome = (index) => ({ exitCode: 0, message: `{"outputs":[{"key":"thumbnails/${index}","bytes":7}]}` });
  const result = await go();
  expect(result).toMatchObject({ status: "complete", counts: { total: 3, succeeded: 3, failed: 0, skipped: 0 } });
  expect(result).toMatchObject({ startedAt: "2026-01-01T00:00:01Z", finishedAt: "2026-01-01T00:00:02Z" });
  expect(result.tasks[1]).toMatchObject({
    name: "b.mp4",
    status: "succeeded",
    attempts: 1,
    node: "node-1",
    exitCode: 0,
    outputs: [{ key: "thumbnails/1", bytes: 7 }],
  });
  expect(cluster.ran).toEqual(["a", "b", "c"].map(input));
  expect(records().map(({ name, status }) => [name, status])).toEqual([
    ["a.mp4", "succeeded"],
    ["b.mp4", "succeeded"],
    ["c.mp4", "succeeded"],
  ]);
  expect(said).toEqual(["3 tasks: 3 to run (3 new)"]);
});

test("keeps the log of every attempt, and tells where", async () => {
  const { cluster, go, store, records } = setUp();
  cluster.outcome = (index, attempt) =>
    index === 1 ? { exitCode: attempt === 0 ? 1 : 0, log: `try ${attempt}\n` } : { exitCode: 0, log: "fine\n" };
  const result = await go();
  expect(result.logs).toBe("s3://videos/batch/thumbnails/logs/");
  const [, b] = result.tasks;
  expect(store.objects.get(b!.logKey!)).toBe("try 1\n");
  const record = records().find(({ name }) => name === "b.mp4");
  expect(record?.attempts.map(({ logKey }) => store.objects.get(logKey!))).toEqual(["try 0\n", "try 1\n"]);
  expect(record?.attempts.map(({ log }) => log)).toEqual(["try 0\n", undefined]);
  expect(b!.logKey).toMatch(/^batch\/thumbnails\/logs\/[0-9a-f]{32}\/thumbnails-\w{10}-1-1\.log$/);
});

test.each<[string, object, number]>([
  ["by the second, a minute at least", {}, 1 / 60],
  ["by the commenced hours of the nodes in the US", { billing: "hourly" }, 1],
])("tells what it cost, %s", async (_how, billing, nodeHours) => {
  const { cluster, go } = setUp();
  cluster.put("nodepools", { metadata: { name: "compute" }, spec: { flavor: "b2-7", maxNodes: 3 } } as never);
  const catalog = "http://127.0.0.1:1";
  const cost = { nodeHours, amount: 0.25 * nodeHours };
  expect((await go({ prices: { catalog, nodeHour: { "b2-7": 0.25 }, ...billing } })).cost).toEqual(cost);
  // Nothing ran: the price is that of then, and nobody is asked.
  cluster.calls.length = 0;
  expect((await go({ prices: { catalog, ...billing } })).cost).toEqual(cost);
  expect(cluster.calls).not.toContain("list nodepools");
});

test("lets the Job go only when its results are in the bucket", async () => {
  const { cluster, go } = setUp();
  await go();
  const [job] = cluster.jobs();
  expect(job).toMatchObject({ metadata: { annotations: { [annotations.recorded]: "true" } }, spec: { ttlSecondsAfterFinished: 3600 } });
  const created = cluster.calls.indexOf(`create jobs ${job!.metadata.name}`);
  expect(cluster.calls.slice(created).filter((call) => /create|patch/.test(call))).toHaveLength(5); // Job, two ConfigMaps, launch, release
});

test("a tag that moves is told once there are tasks that were done under it", async () => {
  const { go, said } = setUp();
  await go({ image: "registry/thumbnail:latest" });
  expect(said.join()).not.toContain("whatever");
  await go({ image: "registry/thumbnail:latest" });
  expect(said).toContain(
    "3 tasks are done and do not run again, whatever registry/thumbnail:latest is now; a tag of its own for each build, or a digest, would tell",
  );
});

test("without any task no Job is launched, and the result is complete", async () => {
  const { cluster, go, store } = setUp([]);
  expect(await go()).toMatchObject({ status: "complete", counts: { total: 0 }, tasks: [], startedAt: "" });
  expect(cluster.jobs()).toEqual([]);
  expect([...store.objects.keys()]).toEqual(["batch/.jobs/thumbnails.json", "batch/thumbnails/summary.json"]);
});

test("a second call runs nothing, writes nothing but the summary and needs no record but that", async () => {
  const { cluster, go, store } = setUp();
  const first = await go();
  store.calls.length = 0;
  const second = await go();
  expect(second).toEqual({ ...first, counts: { ...first.counts, skipped: 3 } });
  expect(cluster.ran).toHaveLength(3);
  expect(store.calls.filter((call) => !call.startsWith("list")).sort()).toEqual([
    "get batch/.jobs/thumbnails.json",
    "get batch/thumbnails/summary.json",
    "put batch/thumbnails/summary.json",
  ]);
});

test("only new and changed objects run, also when Pulumi's state, the Job and the summary are lost", async () => {
  const { cluster, go, store, said } = setUp();
  await go();
  const lost = new FakeCluster();
  store.objects.set("videos/b.mp4", "new content of b");
  store.objects.set("videos/d.mp4", "content of d");
  expect(await go({}, lost)).toMatchObject({ status: "complete", counts: { total: 4, succeeded: 4, skipped: 2 } });
  expect(lost.ran).toEqual(["b", "d"].map(input));
  expect(said.at(-1)).toBe("4 tasks: 2 to run (1 changed, 1 new), 2 done before");
  store.objects.delete("batch/thumbnails/summary.json");
  expect(await go({}, lost)).toMatchObject({ counts: { succeeded: 4, skipped: 4 } });
  expect(cluster.ran).toHaveLength(3);
});

describe("a task that fails", () => {
  const failing = (cluster: FakeCluster) =>
    (cluster.outcome = (_index, attempt, env) =>
      env === input("b") ? { exitCode: 65, message: "no video stream", log: `try ${attempt}\nno video stream\n` } : { exitCode: 0 });

  test("is retried, recorded with every attempt's log, and does not stop the others", async () => {
    const { cluster, go, records } = setUp();
    failing(cluster);
    const result = await go();
    expect(result).toMatchObject({ status: "failed", counts: { total: 3, succeeded: 2, failed: 1 } });
    expect(result.tasks[1]).toMatchObject({ name: "b.mp4", status: "failed", attempts: 2, exitCode: 65, reason: "no video stream" });
    const record = records().find(({ status }) => status === "failed");
    expect(record?.attempts.map(({ log }) => log)).toEqual(["try 0\nno video stream\n", "try 1\nno video stream\n"]);
  });

  test("does not run again while nothing changed", async () => {
    const { cluster, go } = setUp();
    failing(cluster);
    await go();
    expect(await go()).toMatchObject({ status: "failed", counts: { failed: 1, skipped: 3 } });
    expect(cluster.ran).toHaveLength(4);
  });

  test("runs again for retryFailed: true, at each call but once per call", async () => {
    const { cluster, go, said } = setUp();
    failing(cluster);
    await go();
    await go({ retryFailed: true });
    expect(cluster.ran).toHaveLength(4 + 2);
    expect(said.at(-1)).toBe("3 tasks: 1 to run (1 failed before), 2 done before");
    cluster.outcome = () => ({ exitCode: 0 });
    expect(await go({ retryFailed: true })).toMatchObject({ status: "complete", counts: { succeeded: 3, skipped: 2 } });
    expect(cluster.ran).toHaveLength(7);
  });

  test("runs again once for each new text of retryFailed", async () => {
    const { cluster, go } = setUp();
    failing(cluster);
    await go({ retryFailed: "first" });
    await go({ retryFailed: "first" });
    expect(cluster.ran).toHaveLength(4);
    await go({ retryFailed: "second" });
    await go({ retryFailed: "second" });
    expect(cluster.ran).toHaveLength(6);
  });

  test("runs again when its input changes", async () => {
    const { cluster, go, store } = setUp();
    failing(cluster);
    await go();
    cluster.outcome = () => ({ exitCode: 0 });
    store.objects.set("videos/b.mp4", "a good video");
    expect(await go()).toMatchObject({ status: "complete", counts: { skipped: 2 } });
  });
});

describe("killed at any point", () => {
  test.each([false, true])("the next call finishes the work and runs nothing twice (after the request: %s)", async (after) => {
    for (let n = 0; ; n++) {
      const world = setUp();
      if (!(await killAt(world, n, after))) {
        expect(n).toBeGreaterThan(4);
        break;
      }
      expect(await world.go()).toMatchObject({ status: "complete", counts: { total: 3, succeeded: 3 } });
      expect([n, world.cluster.ran]).toEqual([n, ["a", "b", "c"].map(input)]);
      expect(world.records()).toHaveLength(3);
      expect(world.records().map(({ logKey }) => logKey)).toEqual(world.keys("/logs/"));
      expect(world.cluster.jobs()).toHaveLength(1);
      expect(
        world.cluster
          .all("configmaps")
          .every(({ metadata }) => metadata.ownerReferences?.[0]?.uid === world.cluster.jobs()[0]!.metadata.uid),
      ).toBe(true);
    }
  });

  test.each([false, true])(
    "also when the tasks changed meanwhile: wanted ones run to the end, nothing overlaps (after: %s)",
    async (after) => {
      for (let n = 0; ; n++) {
        const world = setUp();
        world.cluster.outcome = () => undefined;
        const killing = killAt(world, n, after);
        await new Promise((resolve) => setTimeout(resolve, 20));
        const running = world.cluster.pods();
        world.cluster.outcome = () => ({ exitCode: 0 });
        if (running.length > 0) running.forEach((pod) => world.cluster.finish(pod, { exitCode: 0 }));
        if (!(await killing)) {
          expect(n).toBeGreaterThan(4);
          break;
        }
        world.store.objects.set("videos/b.mp4", "changed");
        world.store.objects.set("videos/d.mp4", "new");
        expect(await world.go()).toMatchObject({ status: "complete", counts: { total: 4, succeeded: 4 } });
        expect(world.cluster.overlaps).toEqual([]);
        expect(world.cluster.ran.filter((env) => env === input("d"))).toHaveLength(1);
      }
    },
  );
});

describe("a Job that another process left at work", () => {
  /** A call that is cut off while its tasks run. */
  async function abandon(world: World) {
    const finished = world.cluster.outcome;
    world.cluster.outcome = () => undefined;
    const abandoned = world.go().catch(() => undefined);
    while (world.cluster.pods().length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    world.cluster.breakDown(Object.assign(away(), { status: 401 }));
    await abandoned;
    world.cluster.breakDown(undefined);
    world.cluster.outcome = finished;
  }
  const finishAll = ({ cluster }: World, exitCode = 0) => cluster.pods().forEach((pod) => cluster.finish(pod, { exitCode }));

  test("is adopted: no task starts again", async () => {
    const world = setUp();
    await abandon(world);
    const adopted = world.go();
    await until(() => world.said.some((text) => text.includes("is at work")));
    finishAll(world);
    expect(await adopted).toMatchObject({ status: "complete", counts: { succeeded: 3, skipped: 0 } });
    expect(world.cluster.ran).toHaveLength(3);
    expect(world.said.at(-1)).toMatch(/is at work: waiting for its 3 tasks/);
  });

  test("and that ended while nobody watched is read, not run again", async () => {
    const world = setUp();
    await abandon(world);
    finishAll(world);
    expect(await world.go()).toMatchObject({ status: "complete" });
    expect(world.cluster.ran).toHaveLength(3);
  });

  test("and whose failures were not seen yet is not retried at once by retryFailed", async () => {
    const world = setUp();
    world.cluster.outcome = () => ({ exitCode: 1 });
    await abandon(world);
    finishAll(world, 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await world.go({ retryFailed: true })).toMatchObject({ status: "failed", counts: { failed: 3 } });
    expect(world.cluster.ran).toHaveLength(6); // one retry each, by the Job itself
  });

  test("goes on beside a Job for new tasks", async () => {
    const world = setUp();
    await abandon(world);
    world.store.objects.set("videos/d.mp4", "new");
    const adopted = world.go();
    await until(() => world.cluster.ran.length === 4);
    finishAll(world);
    expect(await adopted).toMatchObject({ status: "complete", counts: { total: 4, succeeded: 4 } });
    expect(world.cluster.ran).toEqual(["a", "b", "c", "d"].map(input));
  });

  test("with a task that is not wanted any more is cancelled with onChange: cancel; what it finished counts", async () => {
    const world = setUp();
    await abandon(world);
    world.cluster.finish(world.cluster.pods()[0]!, { exitCode: 0 });
    world.store.objects.delete("videos/b.mp4");
    expect(await world.go({ onChange: "cancel" })).toMatchObject({ status: "complete", counts: { total: 2, succeeded: 2, skipped: 1 } });
    expect(world.cluster.ran).toEqual(["a", "b", "c", "c"].map(input));
    expect(world.cluster.overlaps).toEqual([]);
    expect(world.said).toContainEqual(
      expect.stringMatching(/^Job thumbnails-\w{10} works on tasks that are not wanted any more \(2 running\): cancelling it$/),
    );
  });

  test("with a task that is not wanted any more goes on to its end by default; only then what is new runs", async () => {
    const world = setUp();
    await abandon(world);
    world.store.objects.delete("videos/b.mp4");
    world.store.objects.set("videos/d.mp4", "new");
    const running = world.go();
    await until(() =>
      world.said.some((text) => text.includes("works on tasks that are not wanted any more (3 running): waiting for its end")),
    );
    await tick();
    expect(world.cluster.ran).toHaveLength(3);
    finishAll(world);
    expect(await running).toMatchObject({ status: "complete", counts: { total: 3, succeeded: 3, skipped: 0 } });
    expect(world.cluster.ran).toEqual(["a", "b", "c", "d"].map(input));
  });

  test("with a task that is not wanted any more, and a call that does not wait: nothing is launched yet", async () => {
    const world = setUp();
    await abandon(world);
    world.store.objects.set("videos/b.mp4", "changed");
    expect(await world.go({ wait: "none" })).toMatchObject({ status: "running" });
    expect(world.said.at(-1)).toBe("nothing is launched before it has ended; run it again then");
    expect(world.cluster.ran).toHaveLength(3);
  });

  test("and whose pods are gone counts by its status", async () => {
    const world = setUp();
    await abandon(world);
    finishAll(world);
    for (const pod of world.cluster.pods()) world.cluster.drop("pods", "batch", pod.metadata.name);
    const result = await world.go();
    expect(result).toMatchObject({ status: "complete" });
    expect(result.tasks[0]).toMatchObject({ attempts: 0, reason: "its pods were gone before they were read" });
    expect(world.cluster.ran).toHaveLength(3);
  });
});

describe("a Job that does not come to its end", () => {
  test("because it was deleted leaves its tasks unfinished; the next call runs them", async () => {
    const { cluster, go } = setUp();
    cluster.outcome = (index) => (index === 0 ? { exitCode: 0 } : undefined);
    const running = go();
    while (cluster.jobs()[0]?.status?.completedIndexes !== "0") await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 20));
    cluster.drop("jobs", "batch", cluster.jobs()[0]!.metadata.name);
    const result = await running;
    expect(result).toMatchObject({ status: "unfinished", counts: { total: 3, succeeded: 1, failed: 0 } });
    expect(result.reason).toMatch(/^Job thumbnails-\w{10} was deleted before its end$/);
    cluster.outcome = () => ({ exitCode: 0 });
    expect(await go()).toMatchObject({ status: "complete", counts: { skipped: 1 } });
  });

  test("because it was deleted, while its pods go on: they have to end before their tasks run again", async () => {
    const { cluster, go, said } = setUp();
    cluster.outcome = () => undefined;
    const running = go();
    while (cluster.pods().length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    const orphans = cluster.pods();
    cluster.drop("jobs", "batch", cluster.jobs()[0]!.metadata.name);
    for (const pod of orphans) cluster.put("pods", pod);
    expect(await running).toMatchObject({ status: "unfinished" });
    cluster.outcome = () => ({ exitCode: 0 });
    const again = go();
    while (!said.some((text) => text.includes("waiting for the end"))) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(said).toContain("3 pods of a Job that was deleted still run: waiting for the end");
    expect(cluster.jobs()).toEqual([]);
    for (const { metadata } of orphans) cluster.drop("pods", "batch", metadata.name);
    expect(await again).toMatchObject({ status: "complete", counts: { succeeded: 3 } });
  });

  test("because of its deadline says so", async () => {
    const { cluster, go } = setUp();
    cluster.outcome = () => undefined;
    const running = go({ deadlineSeconds: 5 });
    while (cluster.pods().length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    const [job] = cluster.jobs();
    cluster.put("jobs", {
      ...job!,
      status: {
        conditions: [
          { type: "Failed", status: "True", reason: "DeadlineExceeded", message: "Job was active longer than specified deadline" },
        ],
      },
    } as never);
    const result = await running;
    expect(result).toMatchObject({
      status: "unfinished",
      reason: "the Job ended early: DeadlineExceeded: Job was active longer than specified deadline",
    });
    expect(cluster.ran).toHaveLength(3);
  });
});

test("a Job that can never start is deleted, so that it holds no nodes", async () => {
  const { cluster, go, records } = setUp();
  const waiting = { reason: "InvalidImageName", message: "invalid reference" };
  cluster.podStatus = { phase: "Pending", containerStatuses: [{ state: { waiting } }] };
  cluster.outcome = () => undefined;
  await expect(go()).rejects.toThrow("the image reference is not valid (InvalidImageName, 3 pods): invalid reference");
  expect([...cluster.jobs(), ...cluster.pods(), ...cluster.all("configmaps")]).toEqual([]);
  expect(records()).toEqual([]);
});

test("waits over a break of the API server, and over a watch that expired meanwhile", async () => {
  const { cluster, go } = setUp();
  cluster.outcome = () => undefined;
  const running = go();
  while (cluster.pods().length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  cluster.breakDown(away());
  for (const pod of cluster.pods()) cluster.finish(pod, { exitCode: 0 });
  cluster.compact();
  await new Promise((resolve) => setTimeout(resolve, 100));
  cluster.breakDown(undefined);
  expect(await running).toMatchObject({ status: "complete", counts: { succeeded: 3 } });
});

test("a Job of somebody else that has the name is left alone", async () => {
  const { cluster, go } = setUp();
  await go();
  const { name } = cluster.jobs()[0]!.metadata;
  const other = new FakeCluster();
  other.put("jobs", { metadata: { name, namespace: "batch", labels: {} }, spec: {} } as never);
  await expect(go({ retryFailed: false, image: "registry/thumbnail:1", resultsPrefix: "elsewhere/" }, other)).rejects.toThrow(
    `name: there is a Job '${name}' in namespace 'batch' that is none of 'thumbnails'; rename one of them`,
  );
  expect(other.jobs()).toHaveLength(1);
});

test("a store that refuses a record fails the call but keeps the Job at work; the next call adopts it and writes the record", async () => {
  const { cluster, go, store, records, said } = setUp();
  // As the real store fails: see s3/store.ts.
  store.before = (call) => {
    if (call.includes("put batch/thumbnails/records/")) throw new BatchError("cannot write: SlowDown");
  };
  cluster.outcome = (index) => (index === 0 ? { exitCode: 0 } : undefined);
  await expect(go()).rejects.toThrow("SlowDown");
  expect(cluster.jobs()).toHaveLength(1);
  expect(cluster.pods().filter(({ status }) => status?.phase === "Running")).toHaveLength(2);
  store.before = () => undefined;
  const adopted = go();
  await until(() => said.some((text) => text.includes("is at work")));
  for (const pod of cluster.pods()) if (pod.status?.phase === "Running") cluster.finish(pod, { exitCode: 0 });
  expect(await adopted).toMatchObject({ status: "complete", counts: { succeeded: 3 } });
  expect(cluster.ran).toHaveLength(3);
  expect(records()).toHaveLength(3);
});

describe("a Job that another process starts while a run goes on", () => {
  const numbers = (...all: number[]) => ({ tasksFrom: undefined, retries: 0, tasks: all.map((n) => ({ env: { N: String(n) } })) });
  const ran = (...all: number[]) => all.map((n) => `export N='${n}'`);

  test.each(["wait", "cancel"] as const)("is not cancelled by it, and not waited for (onChange: %s)", async (onChange) => {
    const { cluster, go } = setUp();
    cluster.outcome = () => undefined;
    const finish = (...envs: string[]) =>
      cluster.pods().forEach((pod, i) => envs.includes(cluster.ran[i]!) && cluster.finish(pod, { exitCode: 0 }));
    const first = go({ ...numbers(1, 2), onChange });
    await until(() => cluster.pods().length === 2);
    const other = go(numbers(1, 2, 101));
    await until(() => cluster.ran.length === 3);
    finish(...ran(1, 2));
    expect(await first).toMatchObject({ status: "complete", counts: { succeeded: 2 } });
    finish(...ran(101));
    expect(await other).toMatchObject({ status: "complete", counts: { succeeded: 3 } });
    expect(cluster.ran).toEqual(ran(1, 2, 101));
  });
});

describe("a Job that lost its ConfigMaps", () => {
  async function lose(world: World) {
    world.cluster.outcome = () => undefined;
    await world.go({ wait: "none" });
    for (const { metadata } of world.cluster.all("configmaps")) world.cluster.drop("configmaps", "batch", metadata.name);
  }
  const lost =
    /^Job thumbnails-\w{10} has lost the ConfigMaps with its tasks: what it runs is not known, and nothing can be launched beside it; to end it: kubectl -n batch delete job thumbnails-\w{10}$/;

  test("while it runs is told, and not deleted, by those who read", async () => {
    const world = setUp();
    await lose(world);
    await collect(world.parameters(), world.surroundings(world.cluster));
    expect(world.said.at(-1)).toMatch(lost);
    expect(await world.look()).toMatchObject({ status: "running" });
    const following = world.follow();
    await tick();
    world.cluster.pods().forEach((pod) => world.cluster.finish(pod, { exitCode: 0 }));
    expect(await following).toMatchObject({ status: "unfinished" });
    expect(world.cluster.jobs()).toHaveLength(1);
    expect(world.cluster.calls.filter((call) => call.startsWith("remove"))).toEqual([]);
  });

  test("is waited for by the next run, which runs its tasks only then", async () => {
    const world = setUp();
    await lose(world);
    const running = world.go();
    await until(() => world.said.some((text) => lost.test(text)));
    await tick();
    expect(world.cluster.ran).toHaveLength(3);
    world.cluster.outcome = () => ({ exitCode: 0 });
    world.cluster.pods().forEach((pod) => world.cluster.finish(pod, { exitCode: 0 }));
    expect(await running).toMatchObject({ status: "complete", counts: { succeeded: 3 } });
    expect(world.cluster.overlaps).toEqual([]);
  });
});
