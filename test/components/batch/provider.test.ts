import { createProvider, type Inputs, type Outputs } from "../../../components/batch/provider";
import { FakeCluster } from "../../batch/fakes/cluster";
import { kubeconfig } from "../../batch/fakes/kubeconfig";
import { minimal } from "../../batch/fakes/parameters";
import { FakeStore } from "../../batch/fakes/store";

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
        { property: "parallel", reason: "is not known; check its spelling" },
        { property: "kubeconfig", reason: expect.not.stringMatching(/^kubeconfig/) as string },
      ]),
    );
    expect(failures).toHaveLength(4);
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
    expect((outs as Outputs).taskResults.map(({ name }) => name)).toEqual(["a.mp4", "b.mp4", "c.mp4"]);
    expect(undefinedIn(outs)).toEqual([]);
    expect(lines).toEqual(["thumbnails: 3 tasks: 3 to run (3 new)", "thumbnails: all 3 tasks succeeded"]);
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
      properties: { status: "unfinished", taskResults: [] },
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
    expect(taskResults).toHaveLength(1000);
    expect(taskResults.slice(0, 2).map(({ name }) => name)).toEqual(["task-1002", "task-0"]);
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

  test("tells whether an unsettled Job is at work", async () => {
    const { create, provider, cluster } = setUp();
    const { id, outs } = await create();
    const unsettled = { ...outs, status: "unfinished" } as Outputs;
    expect(await provider.read!(id, unsettled)).toMatchObject({ props: { status: "unfinished" } });
    const [job] = cluster.jobs();
    cluster.put("jobs", { ...job!, status: {} } as never);
    expect(await provider.read!(id, unsettled)).toMatchObject({ props: { status: "running" } });
  });

  test("refuses an import", async () => {
    await expect(setUp().provider.read!("batch/thumbnails")).rejects.toThrow("a BatchJob cannot be imported");
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
