import { gzipSync } from "node:zlib";
import { createForesight } from "../../../components/batch/foresee";
import { parametersOf } from "../../../components/batch/inputs";
import { createProvider, type Inputs, type Outputs } from "../../../components/batch/provider";
import { fromText, toText } from "../../../components/batch/text";
import { away, FakeCluster } from "../../batch/fakes/cluster";
import { kubeconfig } from "../../batch/fakes/kubeconfig";
import { minimal } from "../../batch/fakes/parameters";
import { FakeStore } from "../../batch/fakes/store";

interface Row {
  readonly name: string;
}

/** What the engine passes for a value that a preview does not know. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const given = {
  ...minimal,
  tasksFrom: { prefix: "videos/", pattern: "*.mp4", env: { INPUT: "{key}" } },
  retries: 0,
  kubeconfig: kubeconfig("https://127.0.0.1:6443"),
  __provider: "text",
};

function setUp() {
  const cluster = new FakeCluster();
  const store = new FakeStore();
  for (const video of ["a", "b", "c"]) store.objects.set(`videos/${video}.mp4`, video);
  const lines: string[] = [];
  let connections = 0;
  const provider = createProvider({
    connect: () => (connections++, cluster),
    openStore: () => store,
    write: (line) => lines.push(line),
  });
  const check = async (values: object = {}, olds: object = {}) => {
    const { inputs, failures } = await provider.check!(olds as Inputs, { ...given, ...values } as Inputs);
    return { inputs: inputs as Inputs, failures };
  };
  const create = async (values: object = {}) => provider.create((await check(values)).inputs);
  const update = async (olds: Outputs, values: object = {}) => provider.update!("batch/thumbnails", olds, (await check(values)).inputs);
  const diff = async (olds: Outputs, values: object = {}) => provider.diff!("batch/thumbnails", olds, (await check(values, olds)).inputs);
  /** What the engine records of a create that failed. */
  const failedCreate = (values: object = {}) =>
    create(values).then(
      () => Promise.reject(new Error("it did not fail")),
      (error: unknown) => error as Error & { id: string; properties: Outputs; reasons: string[] },
    );
  return { cluster, store, lines, provider, check, create, update, diff, failedCreate, connections: () => connections };
}

const failing = (cluster: FakeCluster) =>
  (cluster.outcome = (_index, _attempt, env) =>
    env.includes("b.mp4") ? { exitCode: 65, message: "no video stream", log: "opening\nno video stream\n" } : { exitCode: 0 });

/** Paths of undefined values, which Pulumi's wire format does not have. */
function undefinedIn(value: unknown, path = "outs"): string[] {
  if (value === undefined) return [path];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => undefinedIn(part, `${path}.${key}`));
}

describe("check", () => {
  test("fills the defaults in and passes kubeconfig and provider through", async () => {
    const { inputs, failures } = await setUp().check();
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ ...given, namespace: "batch", memory: "1Gi", resultsPrefix: "batch/thumbnails/" });
    expect(undefinedIn(inputs)).toEqual([]);
  });

  test("tells every fault with its property", async () => {
    const { failures } = await setUp().check({ memory: "much", tasksFrom: { prefix: 1, env: {} }, kubeconfig: "}", parallel: 1 });
    expect(failures).toEqual(
      expect.arrayContaining([
        { property: "memory", reason: `must be a positive Kubernetes quantity such as 512Mi or 2Gi, not "much"` },
        { property: "tasksFrom.prefix", reason: expect.any(String) as string },
        { property: "parallel", reason: "is not known; did you mean 'parallelism'?" },
        { property: "kubeconfig", reason: expect.not.stringMatching(/^kubeconfig/) as string },
      ]),
    );
    expect(failures).toHaveLength(4);
  });

  test("takes the tasks as JSON text, tells their faults with their places, and passes them on as text", async () => {
    const { check } = setUp();
    const text = (...envs: object[]) => ({ tasksFrom: undefined, tasks: JSON.stringify(envs.map((env) => ({ env }))) });
    const { inputs, failures } = await check(text({ A: "1" }, {}));
    expect(failures).toEqual([]);
    expect(inputs.tasks).toBe('[{"env":{"A":"1"}},{"env":{}}]');
    expect((await check(text({ A: "1" }, { A: 1 }))).failures).toMatchObject([{ property: "tasks[1].env.A" }]);
    expect((await check({ tasksFrom: undefined, tasks: unknown })).failures).toEqual([]);
  });

  test("takes 10,000 tasks packed, and passes them on packed", async () => {
    const { check } = setUp();
    const tasks = Array.from({ length: 10_000 }, (_, index) => ({ env: { SEED: `${index}` } }));
    const { inputs, failures } = await check({ tasksFrom: undefined, tasks: toText(tasks) });
    expect(failures).toEqual([]);
    expect(inputs.tasks).toMatch(/^gzip:/);
    expect(parametersOf(inputs).tasks).toEqual(tasks);
  });

  test("answers the old inputs when nothing changed, and not when a secret did", async () => {
    const { check } = setUp();
    const { inputs } = await check();
    expect((await check({}, inputs)).inputs).toBe(inputs);
    expect((await check({ memory: "2Gi" }, inputs)).inputs).toMatchObject({ memory: "2Gi" });
    expect((await check({ store: { ...given.store, secretAccessKey: "another" } }, inputs)).inputs.store.secretAccessKey).toBe("another");
    expect((await check({ kubeconfig: "}" }, inputs)).failures).toMatchObject([{ property: "kubeconfig" }]);
  });

  test("leaves what a preview does not know to the update, and still finds the other faults", async () => {
    const { check } = setUp();
    expect((await check({ store: unknown, kubeconfig: unknown, memory: unknown, command: unknown })).failures).toEqual([]);
    expect((await check({ store: { ...given.store, endpoint: unknown } })).failures).toEqual([]);
    expect((await check({ store: unknown, cpu: "x" })).failures).toMatchObject([{ property: "cpu" }]);
  });
});

describe("diff", () => {
  const done = async () => {
    const world = setUp();
    const { outs } = (await world.create()) as { outs: Outputs };
    return { ...world, outs };
  };

  test("finds nothing to do, without asking the cluster", async () => {
    const { diff, outs, connections } = await done();
    const before = connections();
    expect(await diff(outs)).toMatchObject({ changes: false, replaces: [] });
    expect(connections()).toBe(before);
  });

  test("finds nothing to do when another machine packs the same tasks in another way", async () => {
    const { diff, create } = setUp();
    const tasks = Array.from({ length: 2000 }, (_, index) => ({ env: { SEED: `${index}`, NAME: "n".repeat(20) } }));
    const { outs } = (await create({ tasksFrom: undefined, tasks: toText(tasks) })) as { outs: Outputs };
    const packed = (level: number, list: object[]) => `gzip:${gzipSync(JSON.stringify(list), { level }).toString("base64")}`;
    expect(outs.tasks).toMatch(/^gzip:/);
    expect(outs.tasks).not.toBe(packed(1, tasks));
    expect(await diff(outs, { tasksFrom: undefined, tasks: packed(1, tasks) })).toMatchObject({ changes: false });
    expect(await diff(outs, { tasksFrom: undefined, tasks: packed(1, tasks.slice(1)) })).toMatchObject({ changes: true });
  });

  test.each<[string, object]>([
    ["a changed image", { image: "registry/thumbnail:2" }],
    ["more memory", { memory: "2Gi" }],
    ["a new kubeconfig", { kubeconfig: kubeconfig("https://127.0.0.1:7443") }],
    ["a value that is not known yet", { image: unknown }],
    ["a new text of retryFailed", { retryFailed: "once more" }],
  ])("%s is an update", async (_what, values) => {
    const { diff, outs } = await done();
    expect(await diff(outs, values)).toMatchObject({ changes: true, replaces: [] });
  });

  test.each<[string, (store: FakeStore) => void]>([
    ["new", (store) => store.objects.set("videos/d.mp4", "d")],
    ["changed", (store) => store.objects.set("videos/a.mp4", "another a")],
    ["deleted", (store) => store.objects.delete("videos/a.mp4")],
  ])("a %s object is an update", async (_what, change) => {
    const { diff, outs, store } = await done();
    change(store);
    expect(await diff(outs)).toMatchObject({ changes: true, replaces: [] });
  });

  test("an object that matches nothing is none", async () => {
    const { diff, outs, store } = await done();
    store.objects.set("videos/notes.txt", "notes");
    expect(await diff(outs)).toMatchObject({ changes: false });
  });

  test("another name or namespace replaces, old one first", async () => {
    const { diff, outs } = await done();
    expect(await diff(outs, { name: "other" })).toMatchObject({ changes: true, replaces: ["name"], deleteBeforeReplace: true });
    expect(await diff(outs, { namespace: "other" })).toMatchObject({ changes: true, replaces: ["namespace"] });
  });

  test("a store that is not known yet replaces nothing, although no default could be filled in", async () => {
    const { diff, outs } = await done();
    expect(await diff(outs, { store: unknown })).toMatchObject({ changes: true, replaces: [] });
    expect(await diff(outs, { store: unknown, name: unknown })).toMatchObject({ changes: true, replaces: [] });
  });

  test("failed tasks run again only for retryFailed, unfinished ones always", async () => {
    const { diff, cluster, create } = setUp();
    failing(cluster);
    const reported = (await create({ onFailure: "report" })).outs as Outputs;
    expect(await diff(reported, { onFailure: "report" })).toMatchObject({ changes: false });
    expect(await diff({ ...reported, onFailure: "fail" })).toMatchObject({ changes: true });
    const retried = { ...reported, retryFailed: true };
    expect(await diff(retried, { onFailure: "report", retryFailed: true })).toMatchObject({ changes: true });
    expect(await diff({ ...reported, status: "unfinished" }, { onFailure: "report" })).toMatchObject({ changes: true });
  });
});

describe("create and update", () => {
  test("run the tasks and answer what became of them", async () => {
    const { create, cluster, lines } = setUp();
    const { id, outs } = await create();
    expect(id).toBe("batch/thumbnails");
    expect(outs).toMatchObject({ status: "complete", counts: { total: 3, succeeded: 3 }, jobName: cluster.jobs()[0]!.metadata.name });
    expect((JSON.parse((outs as Outputs).taskResults) as Row[]).map(({ name }) => name)).toEqual(["a.mp4", "b.mp4", "c.mp4"]);
    expect(undefinedIn(outs)).toEqual([]);
    // The first line is the preview's, which the engine asks for in a process of its own.
    expect(lines).toEqual([
      expect.stringMatching(/^thumbnails: 3 tasks: 3 to run \(3 new\)/),
      "thumbnails: 3 tasks: 3 to run (3 new)",
      "thumbnails: all 3 tasks succeeded",
    ]);
    expect(outs).toMatchObject({
      cost: { nodeHours: 1 },
      logs: "s3://videos/batch/thumbnails/logs/",
      registry: "s3://videos/batch/.jobs/thumbnails.json",
      nextRun: "",
      lastRun: "",
    });
  });

  test("keep secrets in the secret outputs, and out of messages and the bucket", async () => {
    const { create, cluster, store, lines } = setUp();
    const { kubeconfig, store: settings, ...plain } = (await create()).outs as Outputs;
    expect([kubeconfig, settings]).toEqual([given.kubeconfig, given.store]);
    const visible = JSON.stringify([plain, lines, [...store.objects], cluster.all("jobs"), cluster.all("configmaps")]);
    expect(visible).not.toMatch(/very-secret|secret-token/);
  });

  test("run only what is new", async () => {
    const { create, update, cluster, store } = setUp();
    const { outs } = await create();
    store.objects.set("videos/d.mp4", "d");
    expect((await update(outs as Outputs)).outs).toMatchObject({ counts: { total: 4, succeeded: 4, skipped: 3 } });
    expect(cluster.ran).toHaveLength(4);
  });

  test("fail for a failed task with its reason, its log and all that the engine records", async () => {
    const { failedCreate, cluster } = setUp();
    failing(cluster);
    const error = await failedCreate();
    expect(error.message).toContain(
      "1 of 3 tasks failed:\n  - b.mp4: no video stream (exit status 65, 1 attempt)\n      opening\n      no video stream\n",
    );
    expect(error).toMatchObject({ id: "batch/thumbnails", reasons: [error.message] });
    expect(error.properties).toMatchObject({ ...given, status: "failed", counts: { total: 3, succeeded: 2, failed: 1 } });
    expect(undefinedIn(error.properties)).toEqual([]);
    expect(error.message).not.toMatch(/very-secret|secret-token/);
  });

  test("do not fail for it when failures are only reported", async () => {
    const { create, cluster, lines } = setUp();
    failing(cluster);
    expect((await create({ onFailure: "report" })).outs).toMatchObject({ status: "failed", counts: { failed: 1 } });
    expect(lines.at(-1)).toContain("1 of 3 tasks failed");
  });

  test("fail for a store that does not answer, and the next update goes on", async () => {
    const { failedCreate, update, store, cluster } = setUp();
    store.before = () => {
      throw new Error("bucket is away");
    };
    const error = await failedCreate();
    expect(error).toMatchObject({
      message: "bucket is away",
      id: "batch/thumbnails",
      properties: { status: "unfinished", taskResults: "[]" },
    });
    expect(undefinedIn(error.properties)).toEqual([]);
    store.before = () => undefined;
    expect((await update(error.properties)).outs).toMatchObject({ status: "complete" });
    expect(cluster.ran).toHaveLength(3);
  });

  test("fail for an input that was unknown at the check and is wrong", async () => {
    const { provider, check } = setUp();
    const { inputs } = await check();
    const wrong = { ...inputs, cpu: "0", retries: -1 };
    await expect(provider.create(wrong)).rejects.toThrow(/^cpu: must be .*\nretries: must be at least 0, not -1$/);
  });

  test("keep 1,000 rows in the state, the failed ones first", async () => {
    const { create, cluster } = setUp();
    cluster.outcome = (_index, _attempt, env) => ({ exitCode: env.includes("'1002'") ? 1 : 0 });
    const tasks = Array.from({ length: 1003 }, (_, i) => ({ env: { N: String(i) } }));
    const { counts, taskResults } = (await create({ tasksFrom: undefined, tasks, onFailure: "report" })).outs as Outputs;
    expect(counts).toMatchObject({ total: 1003, failed: 1 });
    const rows = fromText(taskResults) as Row[];
    expect(rows).toHaveLength(1000);
    expect(rows.slice(0, 2).map(({ name }) => name)).toEqual(["task-1002", "task-0"]);
  });
});

describe("read", () => {
  test("keeps a settled Job as it is, without the cluster", async () => {
    const { create, provider, connections } = setUp();
    const { id, outs } = await create();
    const before = connections();
    expect(await provider.read!(id, outs as Outputs)).toEqual({ id, props: outs });
    expect(connections()).toBe(before);
  });

  test("records what an unsettled Job has come to by now, and waits for nothing", async () => {
    const { create, provider, cluster, store } = setUp();
    cluster.outcome = () => undefined;
    const { id, outs } = await create({ wait: "none" });
    expect(outs).toMatchObject({ status: "running", counts: { succeeded: 0 } });
    const [first, ...others] = cluster.pods();
    cluster.finish(first!, { exitCode: 0 });
    const { props } = await provider.read!(id, outs);
    expect(props).toMatchObject({ status: "running", counts: { total: 3, succeeded: 1 } });
    expect([...store.objects.keys()].filter((key) => key.includes("/records/"))).toHaveLength(1);
    others.forEach((pod) => cluster.finish(pod, { exitCode: 0 }));
    const { props: ended } = await provider.read!(id, props);
    expect(ended).toMatchObject({ ...given, status: "complete", counts: { succeeded: 3 } });
    expect(undefinedIn(ended)).toEqual([]);
    expect(await provider.diff!(id, ended as Outputs, (await setUp().check({ wait: "none" })).inputs)).toMatchObject({ changes: false });
  });

  test("finds that a Job was deleted before its end: the next update goes on", async () => {
    const { create, provider, cluster, diff, update } = setUp();
    cluster.outcome = (index) => (index === 0 ? { exitCode: 0 } : undefined);
    const { id, outs } = await create({ wait: "none" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { props: running } = await provider.read!(id, outs);
    cluster.drop("jobs", "batch", cluster.jobs()[0]!.metadata.name);
    const { props } = await provider.read!(id, running);
    expect(props).toMatchObject({ status: "unfinished", counts: { succeeded: 1 } });
    expect(await diff(props as Outputs, { wait: "none" })).toMatchObject({ changes: true, replaces: [] });
    cluster.outcome = () => ({ exitCode: 0 });
    expect((await update(props as Outputs)).outs).toMatchObject({ status: "complete", counts: { skipped: 1 } });
  });

  test("refuses an import", async () => {
    await expect(setUp().provider.read!("batch/thumbnails")).rejects.toThrow("a BatchJob cannot be imported");
  });
});

describe("a schedule", () => {
  const nightly = { schedule: { cron: "30 2 * * *" } };

  test("is made instead of a run, and its outputs tell when it runs", async () => {
    const { create, cluster, lines } = setUp();
    const { outs } = await create(nightly);
    expect(outs).toMatchObject({
      status: "scheduled",
      counts: { total: 3 },
      nextRun: expect.stringMatching(/T02:30:00Z$/) as string,
      lastRun: "",
    });
    expect(undefinedIn(outs)).toEqual([]);
    expect([cluster.all("cronjobs").length, cluster.ran.length]).toEqual([1, 0]);
    expect(lines.at(-1)).toMatch(/^thumbnails: 3 tasks at each time of "30 2 \* \* \*" \(Etc\/UTC\), next at /);
  });

  test("that is as it was is no update, without asking the cluster; other objects are one", async () => {
    const { create, diff, connections, store } = setUp();
    const { outs } = await create(nightly);
    const before = connections();
    expect(await diff(outs as Outputs, nightly)).toMatchObject({ changes: false });
    expect(connections()).toBe(before);
    store.objects.set("videos/d.mp4", "d");
    expect(await diff(outs as Outputs, nightly)).toMatchObject({ changes: true });
  });

  test("is read with what became of its last time", async () => {
    const { create, provider, cluster, diff } = setUp();
    const { id, outs } = await create(nightly);
    failing(cluster);
    cluster.fire("thumbnails");
    await new Promise((resolve) => setTimeout(resolve, 20));
    const [cronJob] = cluster.all("cronjobs");
    cluster.put("cronjobs", { ...cronJob!, status: { lastScheduleTime: "2026-03-10T02:30:00Z" } } as never);
    const { props } = await provider.read!(id, outs);
    expect(props).toMatchObject({ status: "scheduled", counts: { succeeded: 2, failed: 1 }, lastRun: "2026-03-10T02:30:00Z" });
    expect(await diff(props as Outputs, nightly)).toMatchObject({ changes: false });
  });

  test.each<[string, (cluster: FakeCluster) => void]>([
    ["deleted", (cluster) => cluster.drop("cronjobs", "batch", "thumbnails")],
    ["suspended", (cluster) => cluster.put("cronjobs", { ...cluster.all("cronjobs")[0]!, spec: { suspend: true } } as never)],
  ])("that somebody %s is drift, and the next update makes it anew", async (_what, change) => {
    const { create, provider, cluster, diff, update } = setUp();
    const { id, outs } = await create(nightly);
    change(cluster);
    const { props } = await provider.read!(id, outs);
    expect(props).toMatchObject({ status: "unfinished", nextRun: "" });
    expect(await diff(props as Outputs, nightly)).toMatchObject({ changes: true });
    expect((await update(props as Outputs, nightly)).outs).toMatchObject({ status: "scheduled" });
    expect(cluster.all("cronjobs")[0]).toMatchObject({ spec: { suspend: false } });
  });

  test("goes with the resource", async () => {
    const { create, provider, cluster } = setUp();
    const { id, outs } = await create(nightly);
    await provider.delete!(id, outs as Outputs);
    expect([...cluster.all("cronjobs"), ...cluster.all("configmaps")]).toEqual([]);
  });
});

describe("the preview", () => {
  test("of a new Job tells what would run, once, and starts nothing", async () => {
    const { check, cluster, lines } = setUp();
    await check();
    await check();
    expect(lines).toEqual([expect.stringMatching(/^thumbnails: 3 tasks: 3 to run \(3 new\)/)]);
    expect(cluster.calls.filter((call) => /create|patch|remove/.test(call))).toEqual([]);
  });

  test("of a change tells why each group runs, and what it costs", async () => {
    const first = setUp();
    const { outs } = await first.create();
    const { store, diff, lines, cluster } = setUp();
    for (const [key, text] of first.store.objects) store.objects.set(key, text);
    store.objects.set("videos/b.mp4", "changed");
    store.objects.set("videos/d.mp4", "new");
    cluster.put("nodepools", { metadata: { name: "compute" }, spec: { flavor: "c3-8", maxNodes: 3 } } as never);
    const allocatable = { cpu: "3900m", memory: "6Gi", "ephemeral-storage": "40Gi", pods: "110" };
    cluster.put("nodes", { metadata: { name: "n", labels: { nodepool: "compute" } }, status: { allocatable } } as never);
    const values = { prices: { nodeHour: { "c3-8": 0.25 } } };
    await diff(outs as Outputs, values);
    await diff(outs as Outputs, values);
    expect(lines).toEqual([
      "thumbnails: 4 tasks: 2 to run (1 changed, 1 new), 2 done before; about 1 node-hour on c3-8 (1 node for 1 s), 0.25",
    ]);
  });

  test("says nothing when nothing changes, and while inputs are not known", async () => {
    const { create, diff, check, lines } = setUp();
    const { outs } = await create();
    lines.length = 0;
    await diff(outs as Outputs);
    await check({ name: "other", store: unknown });
    await diff({ ...(outs as Outputs), name: "other" }, { name: "other", image: unknown });
    expect(lines).toEqual([]);
  });

  test("does not fail because there is no bucket yet", async () => {
    const { check, store, lines } = setUp();
    store.before = () => {
      throw new Error("cannot list s3://videos/videos/: NoSuchBucket");
    };
    expect((await check()).failures).toEqual([]);
    expect(lines).toEqual(["thumbnails: what would run cannot be told yet: cannot list s3://videos/videos/: NoSuchBucket"]);
  });

  test("does not fail because there is no cluster yet", async () => {
    const { check, cluster, lines } = setUp();
    cluster.broken = away();
    expect((await check({ taskSeconds: 60 })).failures).toEqual([]);
    expect(lines).toHaveLength(1);
  });

  test("does not wait long for a bucket that does not answer", async () => {
    const { check, store, cluster } = setUp();
    const { inputs } = await check();
    store.list = () => new Promise(() => undefined);
    const lines: string[] = [];
    const foresee = createForesight({ connect: () => cluster, openStore: () => store }, (_inputs, text) => lines.push(text), 100);
    await foresee(inputs);
    expect(lines).toEqual(["what would run cannot be told yet: no answer within 0.1 s"]);
  });

  test("of a schedule tells its times", async () => {
    const { check, lines } = setUp();
    await check({ schedule: { cron: "@daily", timeZone: "Europe/Paris" } });
    expect(lines).toEqual([expect.stringMatching(/^thumbnails: 3 tasks at each time of "@daily" \(Europe\/Paris\), next at \d{4}-/)]);
  });

  test("shows no secret", async () => {
    const { check, lines, store } = setUp();
    await check();
    store.before = () => {
      throw new Error("away");
    };
    await check({ name: "other" });
    expect(lines.join()).not.toMatch(/very-secret|secret-token/);
  });
});

describe("delete", () => {
  test("removes the Job and keeps records and results; another create runs nothing", async () => {
    const { create, provider, cluster, store } = setUp();
    const { id, outs } = await create();
    const kept = [...store.objects.keys()];
    await provider.delete!(id, outs as Outputs);
    expect([...cluster.jobs(), ...cluster.all("configmaps")]).toEqual([]);
    expect([...store.objects.keys()]).toEqual(kept);
    expect((await create()).outs).toMatchObject({ counts: { succeeded: 3, skipped: 3 } });
    expect(cluster.ran).toHaveLength(3);
  });

  test("removes the Job although the bucket is gone", async () => {
    const { create, provider, cluster, store, lines } = setUp();
    const { id, outs } = await create();
    const [job] = cluster.jobs();
    cluster.put("jobs", {
      ...job!,
      metadata: { ...job!.metadata, annotations: { ...job!.metadata.annotations, "batch.ovh-mks/recorded": "false" } },
    });
    store.before = () => {
      throw new Error("NoSuchBucket");
    };
    await provider.delete!(id, outs as Outputs);
    expect(cluster.jobs()).toEqual([]);
    expect(lines.join("\n")).toContain("could not be recorded: NoSuchBucket");
  });
});
