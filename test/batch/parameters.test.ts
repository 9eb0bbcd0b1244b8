import { parseParameters } from "../../batch";
import { minimal, parametersWith } from "./fakes/parameters";

const faultsOf = (values: object) =>
  (parseParameters({ ...minimal, ...values }).faults ?? []).map(({ property, reason }) => `${property}: ${reason}`);

test("fills all defaults in", () => {
  expect(parametersWith()).toEqual({
    ...minimal,
    namespace: "batch",
    env: {},
    envFrom: [],
    cpu: "1",
    memory: "1Gi",
    ephemeralStorage: "1Gi",
    pool: "compute",
    tolerations: [],
    retries: 3,
    finalExitCodes: [],
    ttlSeconds: 3600,
    labels: {},
    onFailure: "fail",
    retryFailed: false,
    resultsPrefix: "batch/thumbnails/",
  });
});

test("fills the defaults of tasks and tasksFrom in", () => {
  expect(parametersWith({ tasks: [{}] }).tasks).toEqual([{ env: {} }]);
  expect(parametersWith({ tasksFrom: { prefix: "videos/", env: {} } }).tasksFrom).toEqual({ prefix: "videos/", pattern: "**", env: {} });
});

test.each<[string, object, string]>([
  [
    "a name that is no DNS label",
    { name: "My_Job" },
    `name: must be lower-case letters, digits and '-', with a letter or digit at both ends, not "My_Job"`,
  ],
  ["a name that leaves no room for a suffix", { name: "a".repeat(41) }, "name: must be at most 40 characters long, not"],
  ["a namespace that ends with a dash", { namespace: "batch-" }, "namespace: must be lower-case"],
  ["an image with a blank", { image: "a b" }, `image: must be an image reference such as registry/name:tag, not "a b"`],
  ["an empty command", { command: [] }, "command: must be a program and its arguments, not []"],
  ["command and shell", { shell: "echo" }, "shell: must not be given together with 'command'; keep one of them"],
  ["neither command nor shell", { command: undefined }, "command: must be given (or 'shell')"],
  ["tasks and tasksFrom", { tasks: [{}], tasksFrom: { prefix: "", env: {} } }, "tasksFrom: must not be given together with 'tasks'"],
  ["a variable that a shell refuses", { env: { "A-B": "" } }, "env.A-B: the name must be letters, digits and '_'"],
  ["a reserved variable", { tasks: [{}, { env: { UID: "1" } }] }, "tasks[1].env.UID: the name is reserved by the shell or by Kubernetes"],
  ["Kubernetes' own variable", { env: { JOB_COMPLETION_INDEX: "1" } }, "env.JOB_COMPLETION_INDEX: the name is reserved"],
  ["a NUL in a value", { env: { A: "a\0b" } }, "env.A: the value must be text without NUL characters"],
  ["half a character in a value", { env: { A: "\ud83d" } }, "env.A: the value must be text"],
  ["a value that Linux passes to no program", { env: { A: "a".repeat(128 * 1024) } }, "env.A: the value must be at most 127 KiB"],
  [
    "an environment that fits into no ConfigMap",
    { tasks: [{ env: Object.fromEntries(["A", "B", "C", "D"].map((name) => [name, "a".repeat(110 * 1024)])) }] },
    "tasks[0].env: must be at most 400 KiB in all; put larger data into the bucket",
  ],
  [
    "an unknown placeholder",
    { tasksFrom: { prefix: "", env: { A: "{nmae}" } } },
    "tasksFrom.env.A: {nmae} is no placeholder; there are {key}, {name}, {stem}",
  ],
  ["a CPU count that is none", { cpu: "two" }, `cpu: must be a positive Kubernetes quantity such as 1 or 500m, not "two"`],
  ["no memory", { memory: "0Mi" }, `memory: must be a positive Kubernetes quantity such as 512Mi or 2Gi, not "0Mi"`],
  ["negative scratch space", { ephemeralStorage: "-1Gi" }, "ephemeralStorage: must be a positive"],
  ["a parallelism of none", { parallelism: 0 }, "parallelism: must be at least 1, not 0"],
  ["half a retry", { retries: 0.5 }, "retries: must be a whole number, not 0.5"],
  ["too many retries", { retries: 101 }, "retries: must be at most 100, not 101"],
  ["success as final exit code", { finalExitCodes: [65, 0] }, "finalExitCodes[1]: must be at least 1, not 0"],
  ["root", { runAsUser: 0 }, "runAsUser: must be at least 1, not 0"],
  ["an unknown onFailure", { onFailure: "ignore" }, `onFailure: must be 'fail' or 'report', not "ignore"`],
  ["an empty retryFailed", { retryFailed: "" }, "retryFailed: "],
  ["a prefix that is no folder", { resultsPrefix: "results" }, "resultsPrefix: must be a key prefix that ends with '/'"],
  ["an endpoint without protocol", { store: { ...minimal.store, endpoint: "s3.gra" } }, "store.endpoint: must be an http(s) URL"],
  ["a misspelt property", { paralelism: 3 }, "paralelism: is not known; check its spelling"],
  ["a misspelt property of a task", { tasks: [{ environment: {} }] }, "tasks[0].environment: is not known; check its spelling"],
])("refuses %s", (_what, values, expected) => {
  expect(faultsOf(values)).toEqual([expect.stringContaining(expected)]);
});

test.each<[string, object]>([
  ["the longest name", { name: "a".repeat(40) }],
  ["no retries", { retries: 0 }],
  ["to keep nothing", { ttlSeconds: 0 }],
  ["all exit codes", { finalExitCodes: [1, 255] }],
  ["any text in a value", { env: { A: `'"\n$(B) \\ é 🎬` } }],
  ["JSON in a template", { tasksFrom: { prefix: "", env: { A: `{"key": "{key}"}` } } }],
  ["half a CPU", { cpu: "0.5", memory: "1.5Gi" }],
])("takes %s", (_what, values) => {
  expect(faultsOf(values)).toEqual([]);
});

test("tells all faults at once, rules between properties included", () => {
  const { image, store } = minimal;
  const { faults } = parseParameters({
    image,
    store: { ...store, bucket: 7 },
    cpu: "x",
    retries: -1,
    oops: 1,
    tasks: [{ env: { "": "" } }],
  });
  expect(faults?.map(({ property }) => property).sort()).toEqual(
    ["command", "cpu", "name", "oops", "retries", "store.bucket", "tasks[0].env."].sort(),
  );
});

test("never shows a secret of the store", () => {
  const store = { ...minimal.store, endpoint: "ftp://host", extra: "very-secret", secretAccessKey: ["very-secret"] };
  const faults = faultsOf({ store });
  expect(faults).toHaveLength(3);
  expect(faults.join()).not.toContain("very-secret");
});

test.each([undefined, null, "text"])("refuses %p in the place of parameters", (input) => {
  expect(parseParameters(input).faults).toHaveLength(1);
});
