import { type ParametersInput } from "../../batch";
import { listTasks, taskList, taskSet } from "../../batch/tasks";
import { parametersWith } from "./fakes/parameters";
import { FakeStore } from "./fakes/store";

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

describe("a fingerprint", () => {
  const base: Partial<ParametersInput> = { env: { A: "1", B: "2" }, envFrom: ["s3"], tasks: [{ env: { C: "3", D: "4" } }] };

  test.each<[string, Partial<ParametersInput>]>([
    ["image", { image: "registry/thumbnail:2" }],
    ["command", { command: ["node", "other.js"] }],
    ["shell line", { command: undefined, shell: "node main.js" }],
    ["env", { env: { A: "1", B: "3" } }],
    ["task's env", { tasks: [{ env: { C: "3", D: "5" } }] }],
    ["envFrom", { envFrom: ["s4"] }],
  ])("changes with the %s", async (_what, values) => {
    expect(await fingerprintOf({ ...base, ...values })).not.toBe(await fingerprintOf(base));
  });

  test.each<[string, Partial<ParametersInput>]>([
    ["order of env", { env: { B: "2", A: "1" } }],
    ["order of the task's env", { tasks: [{ env: { D: "4", C: "3" } }] }],
    ["name", { tasks: [{ name: "other", env: { C: "3", D: "4" } }] }],
    ["place among the tasks", { tasks: [{ env: { C: "3", D: "4" } }, { env: { C: "0" } }] }],
    ["resources", { cpu: "2", memory: "4Gi", ephemeralStorage: "2Gi" }],
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

  test("are not the Job's own results", async () => {
    const everything = { prefix: "", env: { INPUT: "{key}" } };
    const tasks = await tasksOf({ tasksFrom: everything }, { "a.mp4": "", "batch/thumbnails/summary.json": "{}", "batch/other/b": "" });
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
