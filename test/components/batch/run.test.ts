import { StoreError } from "../../../batch/storage/store";
import { type Outputs } from "../../../components/batch/provider";
import { fromText } from "../../../components/batch/text";
import { failing, given, setUp, undefinedIn } from "./fakes/provider";

interface Row {
  readonly name: string;
}

describe("create and update", () => {
  test("run the tasks and answer what became of them", async () => {
    const { create, cluster, lines } = setUp();
    const { id, outs } = await create();
    expect(id).toBe("batch/thumbnails");
    expect(outs).toMatchObject({ status: "complete", counts: { total: 3, succeeded: 3 }, jobName: cluster.jobs()[0]!.metadata.name });
    expect((JSON.parse((outs as Outputs).taskResults) as Row[]).map(({ name }) => name)).toEqual(["a.mp4", "b.mp4", "c.mp4"]);
    expect(undefinedIn(outs)).toEqual([]);
    expect(lines).toEqual(["thumbnails: 3 tasks: 3 to run (3 new)", "thumbnails: all 3 tasks succeeded"]);
    expect(outs).toMatchObject({
      cost: { nodeHours: expect.closeTo(1 / 60) as number },
      logs: "s3://videos/batch/thumbnails/logs/",
      registry: "s3://videos/batch/.jobs/thumbnails.json",
      nextRun: "",
      lastRun: "",
    });
  });

  test("tell while the bucket does not answer", async () => {
    const { create, store, lines } = setUp();
    store.before = (call) => {
      if (call.startsWith("put") && call.includes("/records/")) store.say("S3 does not answer");
    };
    await create();
    expect(lines).toContain("thumbnails: S3 does not answer");
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
    expect(error.message).toContain("A failed task runs again when");
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
      throw new StoreError("NoSuchBucket", { status: 404 });
    };
    await provider.delete!(id, outs as Outputs);
    expect(cluster.jobs()).toEqual([]);
    expect(lines.join("\n")).toContain("could not be recorded: NoSuchBucket");
  });
});
