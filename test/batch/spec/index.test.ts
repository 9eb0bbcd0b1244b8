import { parseParameters } from "../../../batch";
import { minimal, parametersWith } from "../fakes/parameters";

const faultsOf = (values: object) =>
  (parseParameters({ ...minimal, ...values }).faults ?? []).map(({ property, reason }) => `${property}: ${reason}`);

const numbers = (length: number) => Array.from({ length }, (_, i) => String(i));

test("fills all defaults in", () => {
  expect(parametersWith()).toEqual({
    ...minimal,
    namespace: "batch",
    env: {},
    envFrom: [],
    secretEnv: {},
    cpu: "1",
    memory: "1Gi",
    ephemeralStorage: "1Gi",
    gpu: 0,
    extendedResources: {},
    pool: "compute",
    provisioner: "autoscaler",
    nodeAffinity: [],
    tolerations: [],
    retries: 3,
    startDeadlineSeconds: 600,
    finalExitCodes: [],
    ttlSeconds: 3600,
    volumes: [],
    imagePullSecrets: [],
    readOnlyRootFilesystem: true,
    labels: {},
    annotations: {},
    after: [],
    wait: "complete",
    onChange: "wait",
    onFailure: "fail",
    retryFailed: false,
    prices: {},
    resultsPrefix: "batch/thumbnails/",
  });
});

test("fills the defaults of what is inside in", () => {
  expect(parametersWith({ tasks: [{}] }).tasks).toEqual([{ env: {} }]);
  expect(parametersWith({ tasksFrom: { prefix: "videos/", env: {} } }).tasksFrom).toEqual({ prefix: "videos/", pattern: "**", env: {} });
  expect(parametersWith({ outOfMemory: { maxMemory: "4Gi" } }).outOfMemory).toEqual({ factor: 2, maxMemory: "4Gi" });
  expect(parametersWith({ schedule: { cron: "@daily" } }).schedule).toEqual({
    cron: "@daily",
    timeZone: "Etc/UTC",
    concurrency: "forbid",
  });
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
  ["a misspelt property", { paralelism: 3 }, "paralelism: is not known; did you mean 'parallelism'?"],
  ["half a property", { parallel: 3 }, "parallel: is not known; did you mean 'parallelism'?"],
  ["a property like no other", { zzz: 3 }, "zzz: is not known; there is a list in docs/batch-job.md"],
  ["a misspelt property of a task", { tasks: [{ environment: {} }] }, "tasks[0].environment: is not known; did you mean 'env'?"],
  [
    "a property of a volume that there is not",
    { volumes: [{ claim: "data", mountPath: "/data", hostPath: "/" }] },
    "volumes[0].hostPath: is not known; there are 'claim', 'scratch', 'mountPath', 'subPath', 'readOnly'",
  ],
  [
    "a property of a Secret's key that there is not",
    { secretEnv: { TOKEN: { secret: "a", key: "b", optional: true } } },
    "secretEnv.TOKEN.optional: is not known; there are 'secret', 'key'",
  ],
  ["three kinds of tasks", { matrix: { A: ["1"] }, tasks: [{}] }, "matrix: must not be given together with 'tasks'; keep one of them"],
  [
    "a matrix beside objects",
    { matrix: { A: ["1"] }, tasksFrom: { prefix: "", env: {} } },
    "tasksFrom: must not be given together with 'matrix'",
  ],
  ["a variable without values", { matrix: { A: [] } }, "matrix.A: must have at least one value"],
  ["a value that is there twice", { matrix: { A: ["1", "2", "1"] } }, `matrix.A[2]: must not be given twice: "1"`],
  ["a matrix whose variable a shell refuses", { matrix: { "A-B": ["1"] } }, "matrix.A-B: the name must be letters, digits and '_'"],
  ["a NUL in a matrix", { matrix: { A: ["\0"] } }, "matrix.A[0]: the value must be text without NUL"],
  [
    "a matrix of more tasks than a Job can have",
    { matrix: { A: numbers(1001), B: numbers(100) } },
    "matrix: must make at most 100000 tasks, not 100100; make several Jobs of them",
  ],
  [
    "more tasks than a Job can have",
    { tasks: Array.from({ length: 100_001 }, () => ({})) },
    "tasks: must be at most 100000 tasks; make several",
  ],
  ["an argument that Linux passes to no program", { command: ["a".repeat(128 * 1024)] }, "command: must be at most 127 KiB in all"],
  ["a Secret's name with an underscore", { envFrom: ["my_secret"] }, `envFrom[0]: must be lower-case letters, digits, '-' and '.'`],
  [
    "a key of a Secret that is none",
    { secretEnv: { A: { secret: "a", key: "b/c" } } },
    `secretEnv.A.key: must be letters, digits, '-', '_' and '.', not "b/c"`,
  ],
  ["a secret variable that a shell refuses", { secretEnv: { "1A": { secret: "a", key: "b" } } }, "secretEnv.1A: the name must be letters"],
  [
    "a variable that is plain and secret",
    { env: { A: "" }, secretEnv: { A: { secret: "a", key: "b" } } },
    "env.A: must not be given together with 'secretEnv'",
  ],
  [
    "a task's variable that is secret",
    { tasks: [{ env: { A: "" } }], secretEnv: { A: { secret: "a", key: "b" } } },
    "tasks[0].env.A: must not be given together with 'secretEnv' of the same name",
  ],
  [
    "the bucket's key in the environment",
    { env: { AWS_SECRET_ACCESS_KEY: "very-secret" } },
    `env.AWS_SECRET_ACCESS_KEY: must not hold the bucket's secret key; let the tasks read it from a Secret, with envFrom: ["s3-credentials"]`,
  ],
  ["the bucket's key in the command", { command: ["a", "--key=very-secret"] }, "command[1]: must not hold the bucket's secret key"],
  [
    "a device without a domain",
    { extendedResources: { dongle: 1 } },
    "extendedResources.dongle: the name must have a domain, such as example.com/dongle",
  ],
  ["a GPU as a device", { extendedResources: { "nvidia.com/gpu": 1 } }, "extendedResources.nvidia.com/gpu: the name is asked for by 'gpu'"],
  ["no device", { extendedResources: { "example.com/dongle": 0 } }, "extendedResources.example.com/dongle: must be at least 1, not 0"],
  ["half a GPU", { gpu: 0.5 }, "gpu: must be a whole number, not 0.5"],
  [
    "a node requirement without values",
    { nodeAffinity: [{ key: "a", operator: "In" }] },
    "nodeAffinity[0].values: must be given with the operator 'In'",
  ],
  [
    "values of a label that must only exist",
    { nodeAffinity: [{ key: "a", operator: "Exists", values: ["b"] }] },
    "nodeAffinity[0].values: must not be given with the operator 'Exists'",
  ],
  [
    "a comparison with a word",
    { nodeAffinity: [{ key: "a", operator: "Gt", values: ["b"] }] },
    `nodeAffinity[0].values: must be one whole number with the operator 'Gt', such as ["4"]`,
  ],
  [
    "an operator that there is not",
    { nodeAffinity: [{ key: "a", operator: "Equals" }] },
    "nodeAffinity[0].operator: must be 'In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt' or 'Lt', not",
  ],
  ["a toleration of nothing", { tolerations: [{ value: "a" }] }, "tolerations[0].key: must be given, unless 'operator' is 'Exists'"],
  [
    "a toleration with a value too much",
    { tolerations: [{ key: "a", operator: "Exists", value: "b" }] },
    "tolerations[0].value: must not be given with the operator 'Exists'",
  ],
  [
    "a relative mount path",
    { volumes: [{ claim: "a", mountPath: "data" }] },
    `volumes[0].mountPath: must be an absolute path without ':', such as /data, not "data"`,
  ],
  [
    "a mount path that leads away",
    { volumes: [{ claim: "a", mountPath: "/data/../etc" }] },
    "volumes[0].mountPath: must be a path without '.', '..', '//'",
  ],
  [
    "a volume over /tmp",
    { volumes: [{ claim: "a", mountPath: "/tmp" }] },
    `volumes[0].mountPath: must be another directory than /, /tmp, /dev, /proc, /sys, /etc/ovh-mks-batch, not "/tmp"`,
  ],
  [
    "a volume over the tasks",
    { volumes: [{ claim: "a", mountPath: "/etc/ovh-mks-batch/x" }] },
    "volumes[0].mountPath: must be another directory",
  ],
  [
    "two volumes at one place",
    {
      volumes: [
        { claim: "a", mountPath: "/a" },
        { scratch: "1Gi", mountPath: "/a" },
      ],
    },
    `volumes[1].mountPath: must be another one for each volume, not again "/a"`,
  ],
  ["a volume of nothing", { volumes: [{ mountPath: "/a" }] }, "volumes[0].claim: must be given (or 'scratch')"],
  [
    "a volume of two kinds",
    { volumes: [{ claim: "a", scratch: "1Gi", mountPath: "/a" }] },
    "volumes[0].claim: must not be given together with 'scratch'",
  ],
  [
    "scratch space that cannot be written",
    { volumes: [{ scratch: "1Gi", mountPath: "/a", readOnly: true }] },
    "volumes[0].readOnly: is for a 'claim' only",
  ],
  [
    "a path of scratch space",
    { volumes: [{ scratch: "1Gi", mountPath: "/a", subPath: "b" }] },
    "volumes[0].subPath: is for a 'claim' only",
  ],
  [
    "a path out of a volume",
    { volumes: [{ claim: "a", mountPath: "/a", subPath: "../b" }] },
    "volumes[0].subPath: must be a relative path without '..'",
  ],
  ["root's group", { fsGroup: 0 }, "fsGroup: must be at least 1, not 0"],
  ["a label name that is none", { labels: { "a b": "c" } }, "labels.a b: the name must be at most 63 letters"],
  [
    "a label value that is none",
    { labels: { a: "b c" } },
    `labels.a: must be at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends, not "b c"`,
  ],
  ["the pool's label", { labels: { nodepool: "a" } }, "labels.nodepool: the name is set by 'pool'; choose another one"],
  ["our own label", { labels: { "batch.ovh-mks/job": "a" } }, "labels.batch.ovh-mks/job: the name is set by the batch Job itself"],
  ["Kubernetes' label", { labels: { "job-name": "a" } }, "labels.job-name: the name is set by Kubernetes"],
  ["an annotation name that is none", { annotations: { "/a": "b" } }, "annotations./a: the name must be"],
  [
    "a promise to give the node away",
    { annotations: { "cluster-autoscaler.kubernetes.io/safe-to-evict": "true" } },
    "the name is set by the batch Job itself",
  ],
  ["more annotations than Kubernetes takes", { annotations: { a: "b".repeat(70_000) } }, "annotations: must be at most 64 KiB in all"],
  ["a gang larger than the Job", { tasks: [{}], minAvailable: 2 }, "minAvailable: must be at most the number of tasks (1), not 2"],
  [
    "a gang larger than the matrix",
    { matrix: { A: ["1", "2"] }, minAvailable: 3 },
    "minAvailable: must be at most the number of tasks (2), not 3",
  ],
  [
    "a gang that may not run at a time",
    { tasksFrom: { prefix: "", env: {} }, parallelism: 2, minAvailable: 3 },
    "minAvailable: must be at most 'parallelism' (2), not 3",
  ],
  ["a factor that does not grow", { outOfMemory: { factor: 1, maxMemory: "4Gi" } }, "outOfMemory.factor: must be larger than 1, not 1"],
  [
    "a largest memory below the first",
    { memory: "8Gi", outOfMemory: { maxMemory: "4Gi" } },
    `outOfMemory.maxMemory: must be more than 'memory' (8Gi), not "4Gi"`,
  ],
  [
    "a deadline of a task after the Job's",
    { taskDeadlineSeconds: 10, deadlineSeconds: 5 },
    "taskDeadlineSeconds: must be at most 'deadlineSeconds' (5)",
  ],
  ["a Job after itself", { after: ["thumbnails"] }, "after[0]: must be another Job"],
  ["a target twice", { notify: ["a", "a"] }, "notify[1]: must not be given twice: 'a'"],
  ["nobody beside a target", { notify: ["a", "none"] }, "notify[1]: must be alone: it tells nobody"],
  ["a target that cannot be", { notify: ["A"] }, "notify[0]: must be lower-case letters, digits and '-'"],
  ["a Job after another one twice", { after: ["a", "a"] }, "after[1]: must not be given twice: 'a'"],
  ["another wait", { wait: "started soon" }, `wait: must be 'complete', 'started' or 'none', not "started soon"`],
  [
    "a schedule that is none",
    { schedule: { cron: "at night" } },
    "schedule.cron: must be minute, hour, day of the month, month and day of the week",
  ],
  [
    "a schedule of minute 60",
    { schedule: { cron: "60 * * * *" } },
    `schedule.cron: the minute must be 0 to 59, a list (1,2), a range (1-5), a step (*/5) or *, not "60"`,
  ],
  [
    "a time zone that there is not",
    { schedule: { cron: "@daily", timeZone: "Mars/Olympus" } },
    "schedule.timeZone: must be a time zone such as Europe/Paris",
  ],
  [
    "a schedule that somebody waits for",
    { schedule: { cron: "@daily" }, wait: "started" },
    "wait: must not be given together with 'schedule'",
  ],
  ["a schedule after another Job", { schedule: { cron: "@daily" }, after: ["a"] }, "after: must not be given together with 'schedule'"],
  [
    "a schedule with retryFailed",
    { schedule: { cron: "@daily" }, retryFailed: true },
    "retryFailed: must not be given together with 'schedule'",
  ],
  [
    "a schedule with outOfMemory",
    { schedule: { cron: "@daily" }, outOfMemory: { maxMemory: "4Gi" } },
    "outOfMemory: must not be given together with 'schedule'",
  ],
  ["a price list that is no URL", { prices: { catalog: "eu.api.ovh.com" } }, "prices.catalog: must be an http(s) URL"],
  ["another billing", { prices: { billing: "monthly" } }, "prices.billing: must be 'perSecond' or 'hourly', not \"monthly\""],
  ["a negative price", { prices: { nodeHour: { "c3-8": -1 } } }, "prices.nodeHour.c3-8: must be a price of 0 or more, not -1"],
])("refuses %s", (_what, values, expected) => {
  expect(faultsOf(values)).toEqual([expect.stringContaining(expected)]);
});

test.each<[string, object]>([
  ["the longest name", { name: "a".repeat(40) }],
  ["no retries", { retries: 0 }],
  ["to keep nothing", { ttlSeconds: 0 }],
  ["to tell nobody", { notify: [] }],
  ["to tell nobody, in a word", { notify: ["none"] }],
  ["all exit codes", { finalExitCodes: [1, 255] }],
  ["any text in a value", { env: { A: `'"\n$(B) \\ é 🎬` } }],
  ["JSON in a template", { tasksFrom: { prefix: "", env: { A: `{"key": "{key}"}` } } }],
  ["half a CPU", { cpu: "0.5", memory: "1.5Gi" }],
  ["a Secret with a dot in its name", { envFrom: ["my.secret"] }],
  [
    "everything of one claim at two places",
    {
      volumes: [
        { claim: "a", mountPath: "/a", subPath: "x" },
        { claim: "a", mountPath: "/b", readOnly: true },
      ],
    },
  ],
  ["a label with a domain, and one without a value", { labels: { "example.com/team": "media", app: "" } }],
  ["a gang of unknown size", { tasksFrom: { prefix: "", env: {} }, minAvailable: 50 }],
  ["a matrix of 100,000 tasks", { matrix: { A: numbers(1000), B: numbers(100) } }],
  ["a schedule in a time zone", { schedule: { cron: "30 2 * * mon-fri", timeZone: "Europe/Paris", concurrency: "replace" } }],
  ["a toleration of everything", { tolerations: [{ operator: "Exists" }] }],
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
    schedule: { cron: "@daily" },
    wait: "none",
  });
  expect(faults?.map(({ property }) => property).sort()).toEqual(
    ["command", "cpu", "name", "oops", "retries", "store.bucket", "tasks[0].env.", "wait"].sort(),
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

test("10,000 tasks are checked in well under a second of CPU time", () => {
  const tasks = Array.from({ length: 10_000 }, (_, i) => ({ name: `task ${i}`, env: { N: String(i), NOTE: "a".repeat(300) } }));
  const start = process.cpuUsage();
  expect(parametersWith({ tasks }).tasks).toHaveLength(10_000);
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1e6).toBeLessThan(1);
});
