import { type ParametersInput } from "../../../batch";
import { isMoving, listTasks, taskList, taskSet } from "../../../batch/spec/tasks";
import { parametersWith } from "../fakes/parameters";
import { FakeStore } from "../fakes/store";

function bucketOf(objects: Record<string, string>): FakeStore {
  const store = new FakeStore();
  for (const [key, text] of Object.entries(objects)) store.objects.set(key, text);
  return store;
}

const tasksOf = (values: Partial<ParametersInput> = {}, objects: Record<string, string> = {}) =>
  listTasks(parametersWith(values), bucketOf(objects));
const fingerprintOf = async (values: Partial<ParametersInput> = {}) => (await tasksOf(values))[0]!.fingerprint;

test("without tasks there is one", async () => {
  expect(await tasksOf()).toMatchObject([{ name: "task-0", env: {} }]);
});

test("tasks are called as given, else by their number", async () => {
  const tasks = await tasksOf({ tasks: [{ env: { A: "1" } }, { name: "second", env: { A: "2" } }] });
  expect(tasks.map(({ name }) => name)).toEqual(["task-0", "second"]);
});

test("more objects than a Job can have tasks are told at once, with what to do", async () => {
  const store = bucketOf({});
  store.list = (_prefix, visit) => {
    for (let n = 0; n <= 100_000; n++) visit({ key: `videos/${n}`, etag: `"${n}"`, bytes: 1, modified: "" });
    return Promise.resolve();
  };
  await expect(listTasks(parametersWith({ tasksFrom: { prefix: "videos/", env: { INPUT: "{key}" } } }), store)).rejects.toThrow(
    "tasksFrom: 100001 objects under 'videos/' match, and a Job has at most 100000 tasks; narrow 'prefix' or 'pattern', or make several Jobs of them",
  );
});

test.each([
  ["registry/fit", true],
  ["registry:5000/fit", true],
  ["registry:5000/fit:latest", true],
  ["registry:5000/fit:1.4", false],
  ["fit:1", false],
  ["fit:latest@sha256:00", false],
])("the image %p may be another one tomorrow: %p", (image, moving) => expect(isMoving(image)).toBe(moving));

describe("a fingerprint", () => {
  const base: Partial<ParametersInput> = { env: { A: "1", B: "2" }, envFrom: ["s3"], tasks: [{ env: { C: "3", D: "4" } }] };

  test.each<[string, Partial<ParametersInput>]>([
    ["image", { image: "registry/thumbnail:2" }],
    ["command", { command: ["node", "other.js"] }],
    ["shell line", { command: undefined, shell: "node main.js" }],
    ["env", { env: { A: "1", B: "3" } }],
    ["task's env", { tasks: [{ env: { C: "3", D: "5" } }] }],
    ["envFrom", { envFrom: ["s4"] }],
    ["variables from Secrets", { secretEnv: { TOKEN: { secret: "a", key: "token" } } }],
    ["claims", { volumes: [{ claim: "data", mountPath: "/data" }] }],
  ])("changes with the %s", async (_what, values) => {
    expect(await fingerprintOf({ ...base, ...values })).not.toBe(await fingerprintOf(base));
  });

  test.each<[string, Partial<ParametersInput>]>([
    ["order of env", { env: { B: "2", A: "1" } }],
    ["order of the task's env", { tasks: [{ env: { D: "4", C: "3" } }] }],
    ["name", { tasks: [{ name: "other", env: { C: "3", D: "4" } }] }],
    ["place among the tasks", { tasks: [{ env: { C: "3", D: "4" } }, { env: { C: "0" } }] }],
    ["resources", { cpu: "2", memory: "4Gi", ephemeralStorage: "2Gi" }],
    ["scratch space", { volumes: [{ scratch: "10Gi", mountPath: "/scratch" }] }],
    ["node", { gpu: 1, nodeAffinity: [{ key: "zone", operator: "Exists" }], tolerations: [{ operator: "Exists" }], priorityClass: "low" }],
    ["estimate", { taskSeconds: 60, prices: { subsidiary: "DE", nodeHour: { "c3-8": 1 } } }],
    ["time and order", { schedule: { cron: "@daily" } }],
    ["notifications", { notify: ["team"] }],
    ["wait", { wait: "none", after: ["other"], minAvailable: 1, outOfMemory: { maxMemory: "8Gi" } }],
    [
      "pod's settings",
      { readOnlyRootFilesystem: false, fsGroup: 1000, runAsUser: 1000, imagePullSecrets: ["registry"], annotations: { a: "b" } },
    ],
    ["pool and limits", { pool: "large", retries: 0, parallelism: 1, deadlineSeconds: 5, taskDeadlineSeconds: 5 }],
    ["policy", { onFailure: "report", retryFailed: "again", ttlSeconds: 0, finalExitCodes: [65], maxFailedTasks: 3 }],
  ])("does not change with the %s", async (_what, values) => {
    expect(await fingerprintOf({ ...base, ...values })).toBe(await fingerprintOf(base));
  });

  test("does not mix up env and command, or the Job's and the task's env", async () => {
    const inJob = await fingerprintOf({ env: { A: "1" }, tasks: [{}] });
    const inTask = await fingerprintOf({ tasks: [{ env: { A: "1" } }] });
    expect(inJob).not.toBe(inTask);
    expect(await fingerprintOf({ command: ["a b"] })).not.toBe(await fingerprintOf({ command: ["a", "b"] }));
  });
});

test("fingerprints are those of earlier versions: what they recorded does not run again", async () => {
  const command = { env: { B: "2", A: "1" }, envFrom: ["s3-credentials"], tasks: [{ env: { C: "3" } }] };
  expect(await fingerprintOf(command)).toBe("c0deaf6efa64e92aba8b15e9f2ee7e5e");
  const [task] = await tasksOf(
    { command: undefined, shell: "node main.js", tasksFrom: { prefix: "videos/", env: { INPUT: "{key}" } } },
    { "videos/a.mp4": "a" },
  );
  expect(task?.fingerprint).toBe("10b778295232ac8f899eebeb240e227e");
});

describe("what a fingerprint takes from volumes and Secrets", () => {
  const data = { claim: "data", mountPath: "/data" };
  const out = { claim: "out", mountPath: "/out" };

  test.each<[string, Partial<ParametersInput>, Partial<ParametersInput>, boolean]>([
    ["another claim", { volumes: [data] }, { volumes: [{ ...data, claim: "other" }] }, true],
    ["another place", { volumes: [data] }, { volumes: [{ ...data, mountPath: "/input" }] }, true],
    ["a part of the claim", { volumes: [data] }, { volumes: [{ ...data, subPath: "2026" }] }, true],
    ["the order", { volumes: [data, out] }, { volumes: [out, data] }, false],
    ["whether it may be written", { volumes: [data] }, { volumes: [{ ...data, readOnly: true }] }, false],
    ["another Secret", { secretEnv: { A: { secret: "a", key: "k" } } }, { secretEnv: { A: { secret: "b", key: "k" } } }, true],
    ["another key", { secretEnv: { A: { secret: "a", key: "k" } } }, { secretEnv: { A: { secret: "a", key: "l" } } }, true],
  ])("%s", async (_what, before, after, changes) => {
    expect((await fingerprintOf(before)) !== (await fingerprintOf(after))).toBe(changes);
  });
});

describe("a matrix", () => {
  test("makes every combination, the first variable slowest", async () => {
    const tasks = await tasksOf({ matrix: { SEED: ["1", "2"], ALPHA: ["0.1", "0.2", "0.3"] } });
    expect(tasks.map(({ name }) => name)).toEqual([
      "SEED=1,ALPHA=0.1",
      "SEED=1,ALPHA=0.2",
      "SEED=1,ALPHA=0.3",
      "SEED=2,ALPHA=0.1",
      "SEED=2,ALPHA=0.2",
      "SEED=2,ALPHA=0.3",
    ]);
    expect(tasks[3]?.env).toEqual({ SEED: "2", ALPHA: "0.1" });
  });

  test("makes the tasks that a list would: the one may take the place of the other without a run", async () => {
    const fromMatrix = await tasksOf({ matrix: { A: ["1", "2"] } });
    const fromList = await tasksOf({ tasks: [{ env: { A: "1" } }, { env: { A: "2" } }] });
    expect(fromMatrix.map(({ fingerprint }) => fingerprint)).toEqual(fromList.map(({ fingerprint }) => fingerprint));
  });

  test("with another value runs only what is new", async () => {
    const before = new Set((await tasksOf({ matrix: { A: ["1", "2"], B: ["x"] } })).map(({ fingerprint }) => fingerprint));
    const after = await tasksOf({ matrix: { A: ["1", "2", "3"], B: ["x"] } });
    expect(after.filter(({ fingerprint }) => !before.has(fingerprint)).map(({ name }) => name)).toEqual(["A=3,B=x"]);
  });

  test("of 100,000 combinations is made within seconds", async () => {
    const numbers = (length: number) => Array.from({ length }, (_, i) => String(i));
    const tasks = await tasksOf({ matrix: { A: numbers(100), B: numbers(100), C: numbers(10) } });
    expect(tasks).toHaveLength(100_000);
    expect(new Set(tasks.map(({ fingerprint }) => fingerprint)).size).toBe(100_000);
  });
});

test("tasks that cannot be told apart are refused", async () => {
  const tasks = [
    { name: "first", env: { A: "1" } },
    { name: "second", env: { A: "1" } },
  ];
  await expect(tasksOf({ tasks })).rejects.toThrow("tasks: 'second' is the same as 'first'; give each task an env that differs");
});

describe("tasks from objects", () => {
  const tasksFrom = { prefix: "videos/", pattern: "**/*.mp4", env: { INPUT: "{key}", OUTPUT: "thumbnails/{stem}.webm" } };

  test("are those that match, in the order of their names", async () => {
    const objects = {
      "videos/b.mp4": "b",
      "videos/x/a.mp4": "a",
      "videos/a.mp4": "a",
      "videos/notes.txt": "",
      "other/c.mp4": "c",
      "videos/d.mp4/": "",
    };
    expect(await tasksOf({ tasksFrom }, objects)).toMatchObject([
      { name: "a.mp4", env: { INPUT: "videos/a.mp4", OUTPUT: "thumbnails/a.webm" } },
      { name: "b.mp4", env: { INPUT: "videos/b.mp4", OUTPUT: "thumbnails/b.webm" } },
      { name: "x/a.mp4", env: { INPUT: "videos/x/a.mp4", OUTPUT: "thumbnails/x/a.webm" } },
    ]);
  });

  test("are not the Job's own results, nor the list of Jobs", async () => {
    const everything = { prefix: "", env: { INPUT: "{key}" } };
    const tasks = await tasksOf(
      { tasksFrom: everything },
      { "a.mp4": "", "batch/thumbnails/summary.json": "{}", "batch/.jobs/thumbnails.json": "{}", "batch/other/b": "" },
    );
    expect(tasks.map(({ name }) => name)).toEqual(["a.mp4", "batch/other/b"]);
  });

  test("change with their object's content only", async () => {
    const before = await tasksOf({ tasksFrom }, { "videos/a.mp4": "a", "videos/b.mp4": "b" });
    const after = await tasksOf({ tasksFrom }, { "videos/a.mp4": "a", "videos/b.mp4": "new" });
    expect(after[0]).toEqual(before[0]);
    expect(after[1]!.fingerprint).not.toBe(before[1]!.fingerprint);
  });

  test("with the same env are told apart by their object", async () => {
    const tasks = await tasksOf({ tasksFrom: { prefix: "videos/", env: {} } }, { "videos/a": "same", "videos/b": "same" });
    expect(new Set(tasks.map(({ fingerprint }) => fingerprint)).size).toBe(2);
  });
});

test("a set of tasks is the same in any order, a list is not", async () => {
  const tasks = await tasksOf({ tasks: [{ env: { A: "1" } }, { env: { A: "2" } }] });
  const reversed = [...tasks].reverse();
  expect(taskSet(reversed)).toBe(taskSet(tasks));
  expect(taskSet(tasks)).toMatch(/^[0-9a-f]{10}$/);
  expect(taskSet(tasks.slice(1))).not.toBe(taskSet(tasks));
  expect(taskList(reversed)).not.toBe(taskList(tasks));
});
