import { type Job, type Pod } from "../../kubernetes/cluster";
import { viewPod } from "../../batch/jobs/pods";
import { Recorder } from "../../batch/watch/recorder";
import { readRecord, Records, type TaskRecord } from "../../batch/records";
import { Tracker } from "../../batch/watch/tracker";
import { FakeCluster } from "./fakes/cluster";
import { parametersWith } from "./fakes/parameters";
import { FakeStore } from "./fakes/store";
import { until } from "./fakes/world";

const prefix = "batch/a/";
const record = (values: Partial<TaskRecord> = {}): TaskRecord => ({
  name: "a.mp4",
  fingerprint: "f1",
  status: "succeeded",
  outputs: [],
  attempts: [{ pod: "pod-1", exitCode: 0 }],
  job: { name: "job", uid: "uid-1", index: 0 },
  ...values,
});

const a = { name: "a.mp4", fingerprint: "f1" };
const b = { name: "b.mp4", fingerprint: "f2" };

/** What a process that starts now knows of the tasks. */
const load = (store: FakeStore, ...fingerprints: string[]) => Records.load(store, prefix, fingerprints);
const gets = (store: FakeStore) => store.calls.filter((call) => call.startsWith("get")).sort();

describe("records", () => {
  test("are found again by a later process, one object each", async () => {
    const store = new FakeStore();
    const records = await load(store, "f1", "f2");
    await records.write(record({ retry: "once" }));
    const later = await load(store, "f1", "f2");
    expect([...store.objects.keys()]).toEqual(["batch/a/records/f1.json"]);
    expect(later.row("f1")).toMatchObject({ name: "a.mp4", status: "succeeded", attempts: 1, jobUid: "uid-1", retry: "once" });
    expect(later.row("f2")).toBeUndefined();
    expect(await readRecord(store, prefix, "f1")).toEqual(record({ retry: "once" }));
  });

  test("are not read one by one while the summary holds", async () => {
    const store = new FakeStore();
    const records = await load(store, "f1", "f2");
    await records.write(record());
    await records.write(record({ fingerprint: "f2", name: "b.mp4" }));
    await records.saveSummary([a, b]);
    store.calls.length = 0;
    const later = await load(store, "f1", "f2");
    expect(gets(store)).toEqual(["get batch/a/summary.json"]);
    expect(later.row("f2")).toEqual(records.row("f2"));
  });

  test("are read where the summary is lost or older than they are", async () => {
    const store = new FakeStore();
    const records = await load(store, "f1", "f2");
    await records.write(record());
    await records.write(record({ fingerprint: "f2" }));
    await records.saveSummary([a, b]);
    await (await load(store, "f2")).write(record({ fingerprint: "f2", status: "failed" }));
    store.calls.length = 0;
    expect((await load(store, "f1", "f2")).row("f2")?.status).toBe("failed");
    expect(gets(store)).toEqual(["get batch/a/records/f2.json", "get batch/a/summary.json"]);
    store.objects.delete("batch/a/summary.json");
    expect((await load(store, "f1", "f2")).row("f1")?.status).toBe("succeeded");
  });

  test("that are many are told to be read", async () => {
    const store = new FakeStore();
    const all = Array.from({ length: 1_000 }, (_, i) => `f${i}`);
    for (const fingerprint of all) store.objects.set(`batch/a/records/${fingerprint}.json`, JSON.stringify(record({ fingerprint })));
    const said: string[] = [];
    await Records.load(store, prefix, all, (text) => said.push(text));
    expect(said[0]).toBe("reading 1000 records");
  });

  test("that were deleted are not believed to the summary", async () => {
    const store = new FakeStore();
    const records = await load(store, "f1");
    await records.write(record());
    await records.saveSummary([a]);
    store.objects.delete("batch/a/records/f1.json");
    expect((await load(store, "f1")).row("f1")).toBeUndefined();
  });

  test("of another process that was quicker stand", async () => {
    const store = new FakeStore();
    const [mine, other] = [await load(store, "f1"), await load(store, "f1")];
    await other.write(record({ node: "node-of-other" }));
    await mine.write(record({ node: "mine" }));
    await mine.saveSummary([a]);
    expect(await readRecord(store, prefix, "f1")).toMatchObject({ node: "node-of-other" });
    expect((await load(store, "f1")).row("f1")).toMatchObject({ node: "node-of-other" });
  });

  test("are replaced only as long as they are what was read", async () => {
    const store = new FakeStore();
    await (await load(store, "f1")).write(record({ status: "failed" }));
    const [mine, other] = [await load(store, "f1"), await load(store, "f1")];
    await mine.write(record({ node: "mine" }));
    await other.write(record({ status: "failed", node: "too late" }));
    expect(await readRecord(store, prefix, "f1")).toMatchObject({ status: "succeeded", node: "mine" });
  });

  test("tell a changed task from a new one", async () => {
    const store = new FakeStore();
    const records = await load(store, "f1");
    await records.write(record());
    await records.saveSummary([a]);
    const later = await load(store, "f9");
    expect(later.changed({ name: "a.mp4", fingerprint: "f9" })).toBe(true);
    expect(later.changed({ name: "a.mp4", fingerprint: "f1" })).toBe(false);
    expect(later.changed({ name: "new.mp4", fingerprint: "f9" })).toBe(false);
    // Somebody looked at the Job before it ran again.
    await later.saveSummary([{ name: "a.mp4", fingerprint: "f9" }]);
    expect((await load(store, "f9")).changed({ name: "a.mp4", fingerprint: "f9" })).toBe(true);
  });
});

describe("the recorder", () => {
  const job: Job = { metadata: { name: "job", uid: "uid-1" }, spec: { completions: 1 } };
  const pod = (name: string, exitCode: number, index = 0, message?: string): Pod => ({
    metadata: {
      name,
      uid: name,
      labels: { "batch.kubernetes.io/controller-uid": "uid-1" },
      annotations: { "batch.kubernetes.io/job-completion-index": String(index) },
    },
    status: { phase: exitCode === 0 ? "Succeeded" : "Failed", containerStatuses: [{ state: { terminated: { exitCode, message } } }] },
  });

  async function setUp(retryFailed: boolean | string = false) {
    const store = new FakeStore();
    const cluster = new FakeCluster();
    const records = await load(store, "f1");
    const recorder = new Recorder(cluster, store, records, parametersWith({ resultsPrefix: prefix, retryFailed }));
    const tracker = new Tracker([{ job, tasks: [{ name: "a.mp4", fingerprint: "f1" }] }]);
    return { store, cluster, records, recorder, tracker };
  }

  test("writes a task once, with the log of each failed attempt", async () => {
    const { store, cluster, recorder, tracker } = await setUp("text");
    cluster.log = (_namespace, name) => Promise.resolve(Buffer.from(`log of ${name}`));
    tracker.setPod(viewPod(pod("first", 1))!);
    recorder.take(tracker);
    await recorder.drain();
    expect([...store.objects.keys()]).toEqual(["batch/a/logs/f1/first.log"]); // the Job may try again
    tracker.setPod(viewPod(pod("second", 0))!);
    recorder.take(tracker);
    recorder.take(tracker);
    await recorder.drain();
    expect(store.calls.filter((call) => call.startsWith("put") && !call.includes("logs"))).toEqual(["put batch/a/records/f1.json"]);
    expect(await readRecord(store, prefix, "f1")).toMatchObject({
      status: "succeeded",
      exitCode: 0,
      retry: "text",
      job: { name: "job", uid: "uid-1", index: 0 },
      attempts: [
        { pod: "first", exitCode: 1, reason: "exit status 1", log: "log of first", logKey: "batch/a/logs/f1/first.log" },
        { pod: "second", exitCode: 0, logKey: "batch/a/logs/f1/second.log" },
      ],
    });
  });

  test("records a failure although its log is gone", async () => {
    const { store, cluster, recorder, tracker } = await setUp();
    cluster.log = () => Promise.reject(new Error("the node is gone"));
    tracker.setPod(viewPod(pod("only", 1))!);
    tracker.setJob({ ...job, status: { failedIndexes: "0" } });
    recorder.take(tracker);
    await recorder.drain();
    expect(await readRecord(store, prefix, "f1")).toMatchObject({
      status: "failed",
      attempts: [{ log: "(the log could not be kept: the node is gone)" }],
    });
  });

  test("takes the line of error of a program that left no reason, and its exit status where there is none", async () => {
    for (const [log, reason] of [
      ["seed 5 step 12\nValueError: no such seed\n", "ValueError: no such seed"],
      ["seed 5 step 11\nseed 5 step 12\n", "exit status 1"],
    ] as const) {
      const { store, cluster, recorder, tracker } = await setUp();
      cluster.log = () => Promise.resolve(Buffer.from(log));
      tracker.setPod(viewPod(pod("only", 1))!);
      tracker.setJob({ ...job, status: { failedIndexes: "0" } });
      recorder.take(tracker);
      await recorder.drain();
      expect(await readRecord(store, prefix, "f1")).toMatchObject({ reason, attempts: [{ reason, log }] });
    }
  });

  test.each<[string, string | undefined, object]>([
    ["batch/a/lists/1.json", JSON.stringify({ outputs: [{ key: "a", bytes: 2 }, 1] }), { outputs: [{ key: "a", bytes: 2 }] }],
    ["batch/a/lists/1.json", undefined, { outputs: [], note: "outputs not read: there is no object batch/a/lists/1.json" }],
    ["batch/a/lists/1.json", "[]", { outputs: [], note: 'outputs not read: batch/a/lists/1.json is not {"outputs": […]}' }],
    ["batch/a/lists/1.json", " ".repeat(2 ** 20 + 1), { outputs: [], note: "outputs not read: batch/a/lists/1.json has more than 1 MiB" }],
    ["batch/", undefined, { outputs: [], note: "outputs not read: batch/ is not under batch/a/" }],
  ])("reads the outputs that a task lists in the object %s", async (outputsKey, content, told) => {
    const { store, recorder, tracker } = await setUp();
    if (content !== undefined) store.objects.set(outputsKey, content);
    tracker.setPod(viewPod(pod("only", 0, 0, JSON.stringify({ outputsKey })))!);
    recorder.take(tracker);
    await recorder.drain();
    expect(await readRecord(store, prefix, "f1")).toMatchObject({ status: "succeeded", ...told });
  });

  test("records all ends while the API server is slow to delete the pods", async () => {
    const store = new FakeStore();
    const cluster = new FakeCluster();
    const released: (() => void)[] = [];
    cluster.remove = () => new Promise((resolve) => released.push(() => resolve(true)));
    const tasks = Array.from({ length: 40 }, (_, i) => ({ name: `${i}`, fingerprint: `f${i}` }));
    const parameters = parametersWith({ resultsPrefix: prefix });
    const recorder = new Recorder(cluster, store, await load(store), parameters, tasks, { inCluster: true });
    const tracker = new Tracker([{ job: { ...job, spec: { completions: 40 } }, tasks }]);
    const end = async (from: number, to: number) => {
      for (let index = from; index < to; index++) tracker.setPod(viewPod(pod(`pod-${index}`, 0, index))!);
      recorder.take(tracker);
      await until(() => [...store.objects.keys()].filter((key) => key.includes("/records/")).length === to);
    };
    await end(0, 20);
    await until(() => released.length > 0);
    await end(20, 40);
    await recorder.drain();
    for (let i = 0; i < 40; i++) {
      await until(() => released.length > i);
      released[i]!();
    }
  });

  test("leaves what the same Job already recorded", async () => {
    const { store, records, recorder, tracker } = await setUp();
    await records.write(record({ node: "seen before" }));
    tracker.setPod(viewPod(pod("only", 0))!);
    recorder.take(tracker);
    await recorder.drain();
    expect(await readRecord(store, prefix, "f1")).toMatchObject({ node: "seen before" });
  });

  test("lets the summary keep up with the records, so that who takes over has few to read", async () => {
    const store = new FakeStore();
    const tasks = Array.from({ length: 1_500 }, (_, index) => ({ name: `task-${index}`, fingerprint: `f${index}` }));
    const fingerprints = tasks.map(({ fingerprint }) => fingerprint);
    const records = await load(store, ...fingerprints);
    const recorder = new Recorder(new FakeCluster(), store, records, parametersWith({ resultsPrefix: prefix }), tasks);
    const tracker = new Tracker([{ job, tasks }]);
    const end = async (from: number, to: number) => {
      for (let index = from; index < to; index++) tracker.setPod(viewPod(pod(`pod-${index}`, 0, index))!);
      recorder.take(tracker);
      await recorder.drain();
    };
    await end(0, 999);
    expect(store.objects.has("batch/a/summary.json")).toBe(false);
    await end(999, 1_200);
    store.calls.length = 0;
    const said: string[] = [];
    const later = await Records.load(store, prefix, fingerprints, (text) => said.push(text));
    expect(tasks.filter(({ fingerprint }) => later.row(fingerprint))).toHaveLength(1_200);
    expect(gets(store).length).toBeLessThanOrEqual(201);
    expect(said).toEqual([]);
  });

  test("tells at its next call that a record could not be written", async () => {
    const { store, recorder, tracker } = await setUp();
    store.before = () => {
      throw new Error("SlowDown");
    };
    tracker.setPod(viewPod(pod("only", 0))!);
    recorder.take(tracker);
    await expect(recorder.drain()).rejects.toThrow("SlowDown");
    expect(() => recorder.take(tracker)).toThrow("SlowDown");
  });
});

describe("what is malformed in the bucket", () => {
  const row = { name: "a.mp4", fingerprint: "f1", status: "succeeded", outputs: [], attempts: 1, etag: "e" };

  test.each<readonly [what: string, key: string, why: string, text: string]>([
    ["a record that is not JSON", "batch/a/records/f1.json", "not JSON", "{"],
    [
      "a record without attempts",
      "batch/a/records/f1.json",
      "no record of a task",
      JSON.stringify({ name: "a.mp4", fingerprint: "f1", status: "succeeded", outputs: [] }),
    ],
    ["another task's record", "batch/a/records/f1.json", "the record of another task", JSON.stringify(record({ fingerprint: "f2" }))],
    ...[
      { attempts: [{}] },
      { attempts: [{ pod: "p", start: "yesterday" }] },
      { attempts: [{ pod: "p", log: ["line"] }] },
      { outputs: [{ key: "a" }] },
      { end: 5 },
      { reason: {} },
      { exitCode: "1" },
      { memory: 5 },
    ].map((part) => {
      const text = JSON.stringify({ ...record({ fingerprint: "f1" }), ...part });
      return [`a record with ${JSON.stringify(part)}`, "batch/a/records/f1.json", "no record of a task", text] as const;
    }),
    ...[
      { stopped: 5 },
      { stopped: [null] },
      { price: { nodeHour: "1" } },
      { total: "1" },
      { replaced: { a: 1 } },
      { tasks: [{ ...row, earlier: 5 }] },
      { tasks: [{ ...row, earlier: [null] }] },
      { tasks: [{ ...row, start: "yesterday" }] },
    ].map((part) => {
      const text = JSON.stringify({ tasks: [row], total: 1, ...part });
      return [`a summary with ${JSON.stringify(part)}`, "batch/a/summary.json", "no summary of a run", text] as const;
    }),
    ["a summary that is a list", "batch/a/summary.json", "no summary of a run", "[]"],
    ["a summary with rows that are none", "batch/a/summary.json", "no summary of a run", JSON.stringify({ tasks: [null] })],
  ])("is told and counts as absent: %s", async (_what, key, why, text) => {
    const store = new FakeStore();
    store.objects.set(key, text);
    const said: string[] = [];
    store.open((line) => said.push(line));
    const records = await Records.load(store, prefix, ["f1"]);
    expect(said).toEqual([`${key} in the bucket is not what this program writes there, and counts as absent: ${why}`]);
    expect(records.row("f1")).toBeUndefined();
    await records.write(record());
    expect(await readRecord(store, prefix, "f1")).toEqual(record());
  });
});

describe("a record that another process has written meanwhile", () => {
  const uid = (uid: string) => ({ job: { name: "job", uid, index: 0 } });
  test.each<[string, Partial<TaskRecord>, Partial<TaskRecord>, "mine" | "other"]>([
    ["of the same Job stands", { ...uid("1"), end: "2026-01-01T00:00:02Z" }, uid("1"), "other"],
    ["that tells of a success stands against a failure", { ...uid("1"), status: "failed", end: "2026-01-01T00:00:09Z" }, uid("2"), "other"],
    ["that tells of a failure is replaced by a success", uid("1"), { ...uid("2"), status: "failed" }, "mine"],
    ["with an earlier end is replaced", { ...uid("1"), end: "2026-01-01T00:00:02Z" }, { ...uid("2"), end: "2026-01-01T00:00:01Z" }, "mine"],
  ])("%s", async (_what, mine, other, stands) => {
    const store = new FakeStore();
    const [here, there] = [await load(store, "f1"), await load(store, "f1")];
    await there.write(record({ ...other, node: "other" }));
    await here.write(record({ ...mine, node: "mine" }));
    expect(await readRecord(store, prefix, "f1")).toMatchObject({ node: stands });
    expect(here.row("f1")).toEqual((await load(store, "f1")).row("f1"));
  });
});
