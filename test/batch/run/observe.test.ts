import { describePreview, listJobs, overview, parametersOf } from "../../../batch";
import { away } from "../fakes/cluster";
import { minimal } from "../fakes/parameters";
import { createWorld, tick, until, type World } from "../fakes/world";

const finish = ({ cluster }: World, index: number, exitCode = 0) => {
  const pod = cluster.pods().find(({ metadata }) => metadata.name.endsWith(`-${index}-0`));
  cluster.finish(pod!, { exitCode });
};
const brief = (rows: readonly { name: string; status: string }[]) => rows.map(({ name, status }) => `${name} ${status}`);

describe("observing", () => {
  test("a Job at work tells of every task, its pods, and what they wait for; it changes nothing", async () => {
    const world = createWorld(["a", "b", "c", "d"]);
    world.cluster.outcome = () => undefined;
    await world.go({ wait: "none", retries: 0 });
    finish(world, 0);
    finish(world, 1, 1);
    const waiting = {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message: "0/1 nodes are available: 1 Insufficient cpu.",
    };
    const last = world.cluster.pods().find(({ metadata }) => metadata.name.endsWith("-3-0"))!;
    world.cluster.put("pods", { ...last, status: { phase: "Pending", conditions: [waiting] } } as never);
    const [calls, objects] = [world.cluster.calls.length, new Map(world.store.objects)];
    const seen = await world.look();
    expect(seen).toMatchObject({
      status: "running",
      progress: { total: 4, succeeded: 1, failed: 1, running: 1 },
      jobs: [world.cluster.jobs()[0]!.metadata.name],
      pending: [{ kind: "node", reason: "NoNode", message: "not enough cpu left on its nodes", pods: 1 }],
      pods: [
        { task: 2, phase: "Running", node: "node-1" },
        { task: 3, phase: "Pending" },
      ],
      unrecorded: 2,
    });
    expect(brief(seen.rows)).toEqual(["a.mp4 succeeded", "b.mp4 failed", "c.mp4 running", "d.mp4 pending"]);
    expect(seen.rows[1]).toMatchObject({ exitCode: 1, attempts: 1, node: "node-1" });
    expect(world.cluster.calls.slice(calls).filter((call) => !call.startsWith("list"))).toEqual([]);
    expect(world.store.objects).toEqual(objects);
  });

  test("before the first run there is nothing, after it everything is recorded", async () => {
    const world = createWorld();
    expect(await world.look()).toMatchObject({
      status: "unfinished",
      progress: { total: 3, succeeded: 0 },
      jobs: [],
      pods: [],
      unrecorded: 0,
    });
    world.cluster.outcome = (index) => ({ exitCode: index === 1 ? 1 : 0 });
    const result = await world.go();
    const seen = await world.look();
    expect(seen).toMatchObject({ status: "failed", progress: { total: 3, succeeded: 2, failed: 1 }, unrecorded: 0 });
    expect(seen.rows).toEqual(result.tasks);
  });

  test("a Job that ended while nobody watched tells its end, also when its pods are gone", async () => {
    const world = createWorld();
    world.cluster.outcome = () => undefined;
    await world.go({ wait: "none" });
    for (const index of [0, 1, 2]) finish(world, index);
    for (const pod of world.cluster.pods()) world.cluster.drop("pods", "batch", pod.metadata.name);
    expect(await world.look()).toMatchObject({ status: "complete", unrecorded: 3 });
  });

  test("a task that runs again is at work, whatever came of it before", async () => {
    const world = createWorld(["a"]);
    world.cluster.outcome = () => ({ exitCode: 1 });
    await world.go();
    world.cluster.outcome = () => undefined;
    const again = world.go({ retryFailed: true }).catch(() => undefined);
    await until(() => world.cluster.pods().some(({ status }) => status?.phase === "Running"));
    const { rows, status } = await world.look();
    expect(status).toBe("running");
    expect(rows[0]).toMatchObject({ status: "running", exitCode: undefined, reason: undefined });
    world.cluster.breakDown(Object.assign(away(), { status: 401 }));
    await again;
  });
});

describe("the overview of a Job", () => {
  const look = async ({ cluster, store }: World) => {
    const [entry] = await listJobs(store);
    store.calls.length = 0;
    const found = await overview(entry!, { cluster, store });
    expect(store.calls).toEqual(["get batch/thumbnails/summary.json"]);
    return found;
  };

  test("needs no record, and counts what is at work", async () => {
    const world = createWorld();
    world.cluster.outcome = () => undefined;
    await world.go({ wait: "none" });
    expect(await look(world)).toEqual({ status: "running", counts: { total: 3, succeeded: 0, failed: 0 } });
    finish(world, 0);
    expect(await look(world)).toEqual({ status: "running", counts: { total: 3, succeeded: 1, failed: 0 } });
    for (const index of [1, 2]) finish(world, index);
    expect(await look(world)).toEqual({ status: "complete", counts: { total: 3, succeeded: 3, failed: 0 } });
    await world.go();
    expect(await look(world)).toEqual({ status: "complete", counts: { total: 3, succeeded: 3, failed: 0 } });
  });

  test("counts what is at work once, although its end is in the summary already", async () => {
    const world = createWorld();
    world.cluster.outcome = () => undefined;
    await world.go({ wait: "none" });
    finish(world, 0);
    const [{ metadata } = { metadata: { uid: "" } }] = world.cluster.jobs();
    const row = { name: "a.mp4", fingerprint: "f", status: "succeeded", jobUid: metadata.uid, attempts: 1, etag: "e", outputs: [] };
    world.store.objects.set("batch/thumbnails/summary.json", JSON.stringify({ tasks: [row], total: 3 }));
    expect(await look(world)).toEqual({ status: "running", counts: { total: 3, succeeded: 1, failed: 0 } });
  });

  test("without any task is complete", async () => {
    const world = createWorld([]);
    await world.go();
    expect(await look(world)).toEqual({ status: "complete", counts: { total: 0, succeeded: 0, failed: 0 } });
  });

  test("tells of failures, and of what never ran", async () => {
    const world = createWorld();
    world.cluster.outcome = (index) => (index === 0 ? { exitCode: 1 } : undefined);
    const running = world.go();
    await until(() => world.cluster.jobs()[0]?.status?.failedIndexes === "0");
    await tick();
    world.cluster.drop("jobs", "batch", world.cluster.jobs()[0]!.metadata.name);
    await running;
    expect(await look(world)).toEqual({ status: "unfinished", counts: { total: 3, succeeded: 0, failed: 1 } });
  });
});

describe("the registry's entries", () => {
  test("are listed by name, and are parameters again with the bucket's keys", async () => {
    const { go, store, parameters } = createWorld();
    await go({ name: "b" });
    await go({ name: "a", memory: "2Gi" });
    const entries = await listJobs(store);
    expect(entries.map((entry) => entry.parameters.name)).toEqual(["a", "b"]);
    expect(parametersOf(entries[0]!, minimal.store)).toEqual(parameters({ name: "a", memory: "2Gi" }));
  });

  test("of another version are told as such", () => {
    const entry = { parameters: { name: "a", nonsense: 1 }, submittedAt: "", submittedBy: "pulumi" } as never;
    expect(() => parametersOf(entry, minimal.store)).toThrow(
      /^a: its entry in the bucket is of another version \(.*nonsense.*\); submit it again$/,
    );
  });
});

describe("a preview", () => {
  const prices = { catalog: "http://127.0.0.1:1", nodeHour: { "b2-7": 0.25 } };
  const withPool = (world: World) => {
    world.cluster.put("nodepools", { metadata: { name: "compute" }, spec: { flavor: "b2-7", maxNodes: 3 } } as never);
    world.cluster.put("nodes", {
      metadata: { name: "n1", labels: { nodepool: "compute" } },
      status: { allocatable: { cpu: "1930m" } },
    } as never);
    return world;
  };

  test("tells what would run, why, and what it would cost; it changes nothing", async () => {
    const world = withPool(createWorld());
    const [objects] = [new Map(world.store.objects)];
    const found = await world.plan({ prices, taskSeconds: 3600 });
    expect(found).toMatchObject({
      total: 3,
      plan: { reasons: { new: 3 } },
      estimate: { nodes: 3, flavor: "b2-7", seconds: 3600, basis: "taskSeconds" },
    });
    expect(found.estimate!.amount).toBe(found.estimate!.nodeHours * 0.25);
    expect(world.store.objects).toEqual(objects);
    expect(world.cluster.calls.filter((call) => !call.startsWith("list"))).toEqual([]);
  });

  test("takes the duration from the last run", async () => {
    const world = withPool(createWorld());
    await world.go({ prices }); // tasks of 1 s
    world.store.objects.set("videos/b.mp4", "changed");
    world.store.objects.set("videos/d.mp4", "new");
    const found = await world.plan({ prices, taskSeconds: 3600 });
    expect(found).toMatchObject({ plan: { reasons: { changed: 1, new: 1 } }, estimate: { nodes: 2, seconds: 1, basis: "history" } });
    expect(describePreview(found)).toMatch(
      /^4 tasks: 2 to run \(1 changed, 1 new\), 2 done before; about 0\.03 node-hours on b2-7 \(2 nodes for 1 s\), 0\.0083$/,
    );
  });

  test("has no estimate when nothing runs, and asks only what is at work", async () => {
    const world = withPool(createWorld());
    await world.go({ prices });
    world.cluster.calls.length = 0;
    const found = await world.plan({ prices });
    expect(found).toEqual({ total: 3, atWork: 0, plan: { run: [], reasons: {} } });
    expect(describePreview(found)).toBe("3 tasks: none to run, 3 done before");
    expect(world.cluster.calls).toEqual(["list jobs", "list configmaps"]);
  });

  test("does not count what is at work, or ended while nobody watched, as to be run", async () => {
    const world = withPool(createWorld());
    world.cluster.outcome = () => undefined;
    await world.go({ wait: "none" });
    const found = await world.plan({ prices, taskSeconds: 3600 });
    expect(found).toMatchObject({ plan: { run: [] }, atWork: 3, estimate: { nodes: 3 } });
    expect(describePreview(found)).toMatch(/^3 tasks: none to run, 3 at work; about \d node-hours/);
    for (const index of [0, 1, 2]) finish(world, index);
    expect(await world.plan({ prices })).toMatchObject({ plan: { run: [] }, atWork: 3 });
    await world.go();
    expect(await world.plan({ prices })).toMatchObject({ plan: { run: [] }, atWork: 0 });
  });

  test("counts tasks as to be run when their Job is to be cancelled, as one of its tasks is not wanted any more", async () => {
    const world = withPool(createWorld());
    world.cluster.outcome = () => undefined;
    await world.go({ wait: "none" });
    world.store.objects.set("videos/b.mp4", "changed");
    const found = await world.plan({ prices });
    expect(found).toMatchObject({ plan: { reasons: { new: 3 } }, atWork: 0 });
  });

  test("does without the cluster's answer", async () => {
    const world = createWorld();
    world.cluster.hook = () => {
      throw new Error("the cluster is away");
    };
    expect(await world.plan()).toMatchObject({ plan: { reasons: { new: 3 } }, atWork: 0 });
  });

  test.each<[string, boolean, object]>([
    ["it is not known how long a task takes; set taskSeconds", true, {}],
    ["a task fits on no node of the pool 'compute'", true, { taskSeconds: 60, cpu: "2" }],
    ["the cluster does not tell the flavor of the pool's nodes", false, { taskSeconds: 60 }],
  ])("without an estimate says that %s", async (why, pool, values) => {
    const found = await (pool ? withPool(createWorld()) : createWorld()).plan({ prices, ...values });
    expect(found).not.toHaveProperty("estimate");
    expect(describePreview(found)).toBe(`3 tasks: 3 to run (3 new); no estimate: ${why}`);
  });

  test("without a price tells node-hours, and why", async () => {
    const found = await withPool(createWorld()).plan({ prices: { catalog: "http://127.0.0.1:1" }, taskSeconds: 60 });
    expect(found.estimate).toMatchObject({ nodes: 3 });
    expect(describePreview(found)).toMatch(
      /3 to run \(3 new\); about 0\.05 node-hours on b2-7 \(3 nodes for 60 s\); no price: OVHcloud's price list cannot be read from http:\S+: (Error: )?bad port$/,
    );
  });
});
