import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { parameterNames, parseParameters } from "../../../batch";
import { addInputFlags } from "../../../cli/commands/submit";
import { flags } from "../../../cli/input/flags";
import { readInput } from "../../../cli/input/input";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "input-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

/** Reads a command line as `submit` does. */
function read(...argv: string[]) {
  const command = new Command().exitOverride().option("-n, --namespace <name>").option("--detach").argument("[command...]");
  addInputFlags(command);
  command.action(() => undefined).parse(argv, { from: "user" });
  return readInput(command.opts(), command.args);
}

const least = ["--name", "a", "--image", "i:1"];
const run = ["--", "run"];

test("every parameter has a flag, or another way on the command line", () => {
  const otherwise = ["namespace", "command", "store"];
  const covered = new Set([...flags.map(({ path }) => path[0]), ...otherwise]);
  expect(parameterNames.filter((name) => !covered.has(name))).toEqual([]);
  expect([...covered].filter((name) => !parameterNames.includes(name!))).toEqual([]);
});

test("no flag is there twice", () => {
  const names = flags.map(({ flags }) => flags.split(" ")[0]);
  expect(new Set(names).size).toBe(names.length);
});

test("every parameter can be given by flags", () => {
  const { values, faults } = read(
    ...["--name", "a", "--namespace", "ns", "--image", "i:1", "--env", "A=1", "--env", "B=2", "--env-from", "s3", "--secret-env", "T=s:t"],
    ...["--volume", "data:/data:ro", "--scratch", "1Gi:/work", "--image-pull-secret", "pull", "--service-account", "sa"],
    ...["--run-as-user", "1000", "--fs-group", "2000", "--read-only-root-filesystem", "false", "--label", "l=1", "--annotation", "n=2"],
    ...["--matrix", "X=1,2", "--matrix", "Y=3", "--cpu", "500m", "--memory", "2Gi", "--ephemeral-storage", "3Gi", "--gpu", "1"],
    ...["--extended-resource", "example.com/dongle=1"],
    ...["--out-of-memory", "2:8Gi", "--pool", "p", "--node-affinity", "zone=a", "--toleration", "gpu", "--priority-class", "high"],
    ...["--parallelism", "2", "--min-available", "2", "--retries", "0", "--final-exit-code", "64", "--final-exit-code", "65"],
    ...["--max-failed-tasks", "1", "--task-deadline-seconds", "60", "--deadline-seconds", "600", "--ttl-seconds", "0"],
    ...["--on-failure", "report", "--retry-failed", "again", "--results-prefix", "out/", "--wait", "started", "--after", "b"],
    ...["--notify", "team", "--notify", "on-call"],
    ...["--task-seconds", "12", "--price-catalog", "https://ca.api.ovh.com/v1", "--price-subsidiary", "CA", "--node-hour", "c2-15=0.2"],
    ...["--billing", "perSecond"],
    ...["--", "python", "fit.py", "--fast"],
  );
  expect(faults).toEqual([]);
  expect(values).toEqual({
    name: "a",
    namespace: "ns",
    image: "i:1",
    command: ["python", "fit.py", "--fast"],
    env: { A: "1", B: "2" },
    envFrom: ["s3"],
    secretEnv: { T: { secret: "s", key: "t" } },
    volumes: [
      { claim: "data", mountPath: "/data", readOnly: true },
      { scratch: "1Gi", mountPath: "/work" },
    ],
    imagePullSecrets: ["pull"],
    serviceAccount: "sa",
    runAsUser: 1000,
    fsGroup: 2000,
    readOnlyRootFilesystem: false,
    labels: { l: "1" },
    annotations: { n: "2" },
    matrix: { X: ["1", "2"], Y: ["3"] },
    cpu: "500m",
    memory: "2Gi",
    ephemeralStorage: "3Gi",
    gpu: 1,
    extendedResources: { "example.com/dongle": 1 },
    outOfMemory: { factor: 2, maxMemory: "8Gi" },
    pool: "p",
    nodeAffinity: [{ key: "zone", operator: "In", values: ["a"] }],
    tolerations: [{ key: "gpu", operator: "Exists" }],
    priorityClass: "high",
    parallelism: 2,
    minAvailable: 2,
    retries: 0,
    finalExitCodes: [64, 65],
    maxFailedTasks: 1,
    taskDeadlineSeconds: 60,
    deadlineSeconds: 600,
    ttlSeconds: 0,
    onFailure: "report",
    retryFailed: "again",
    resultsPrefix: "out/",
    wait: "started",
    after: ["b"],
    notify: ["team", "on-call"],
    taskSeconds: 12,
    prices: { catalog: "https://ca.api.ovh.com/v1", subsidiary: "CA", nodeHour: { "c2-15": 0.2 }, billing: "perSecond" },
  });
});

test("tasks of objects, and a schedule", () => {
  const objects = read(...least, "--tasks-from", "videos/", "--tasks-pattern", "**/*.mp4", "--tasks-env", "INPUT={key}", ...run);
  expect(objects).toMatchObject({ faults: [], values: { tasksFrom: { prefix: "videos/", pattern: "**/*.mp4", env: { INPUT: "{key}" } } } });
  const nightly = read(...least, "--schedule", "0 3 * * *", "--time-zone", "Europe/Paris", "--concurrency", "replace", ...run);
  expect(nightly).toMatchObject({
    faults: [],
    values: { schedule: { cron: "0 3 * * *", timeZone: "Europe/Paris", concurrency: "replace" } },
  });
});

describe("a file", () => {
  const file = () => write("job.yaml", "name: a\nimage: i:1\nshell: old\nenv: {A: '1', B: '2'}\ntasks: [{env: {N: '1'}}]\ncpu: '2'\n");

  test("gives parameters, and flags win: records are merged, all else is replaced with what excludes it", () => {
    const { values, faults } = read("-f", file(), "--env", "B=3", "--matrix", "SEED=1,2", "--cpu", "4", "--", "new", "command");
    expect(faults).toEqual([]);
    const expected = {
      name: "a",
      image: "i:1",
      command: ["new", "command"],
      env: { A: "1", B: "3" },
      matrix: { SEED: ["1", "2"] },
      cpu: "4",
    };
    expect(values).toEqual(expected);
  });

  test("its faults name it, the misspelt parameter and the nearest one", () => {
    const wrong = write("wrong.yaml", "name: a\nimage: i:1\nshell: x\nmemroy: 1Gi\ncpu: '-1'\n");
    const { faults } = read("-f", wrong);
    expect(faults).toHaveLength(2);
    expect(faults).toContainEqual(expect.stringContaining(`${wrong}: memroy: is not known; did you mean 'memory'?`));
    expect(faults).toContainEqual(expect.stringContaining(`${wrong}: cpu: must be a positive Kubernetes quantity`));
  });

  test.each([
    ["missing.yaml", undefined, "there is no such file"],
    ["list.yaml", "- a", "must be a map of parameters"],
    ["broken.yaml", "a: [", "Flow sequence"],
    ["store.yaml", "store: {bucket: b}", "store: is no parameter here"],
  ])("%s is refused", (name, text, reason) => {
    const path = text === undefined ? join(folder, name) : write(name, text);
    expect(read("-f", path, ...least, ...run).faults).toEqual([expect.stringContaining(reason)]);
  });
});

test("--tasks reads a list of tasks, or of their environments", () => {
  const file = write("tasks.yaml", "- name: first\n  env: {A: '1'}\n- {A: 2, B: true}\n");
  expect(read(...least, "--tasks", file, ...run)).toMatchObject({
    faults: [],
    values: { tasks: [{ name: "first", env: { A: "1" } }, { env: { A: "2", B: "true" } }] },
  });
  expect(read(...least, "--tasks", write("map.yaml", "a: 1"), ...run).faults).toEqual([expect.stringContaining("must be a list of tasks")]);
});

test.each([
  ["YAML", "- {RUN: 12345678901234567890, VERSION: 1.10}\n- {RUN: 0010, VERSION: 1e3}\n- {RUN: 0x1F, VERSION: 2.0, ON: True}\n"],
  [
    "YAML with names",
    "- {name: a, env: {RUN: 12345678901234567890, VERSION: 1.10}}\n- env: {RUN: 0010, VERSION: 1e3}\n- env:\n    RUN: 0x1F\n    VERSION: 2.0\n    ON: True\n",
  ],
  [
    "JSON",
    '[{"RUN": 12345678901234567890, "VERSION": 1.10}, {"env": {"RUN": 0010, "VERSION": 1e3}}, {"RUN": 0x1F, "VERSION": 2.0, "ON": True}]',
  ],
])("numbers in a list of tasks reach the task as they were written: %s", (_form, text) => {
  const expected = [
    { RUN: "12345678901234567890", VERSION: "1.10" },
    { RUN: "0010", VERSION: "1e3" },
    { RUN: "0x1F", VERSION: "2.0", ON: "True" },
  ];
  const { values, faults } = read(...least, "--tasks", write("tasks.yaml", text), ...run);
  expect(faults).toEqual([]);
  expect((values.tasks as { env: object }[]).map(({ env }) => env)).toEqual(expected);
});

test("numbers in a file are as they were written where a text belongs, and numbers elsewhere", () => {
  const text =
    "name: a\nimage: i:1\ncommand: [fit, 1.10]\nenv: {RUN: 0010}\ncpu: 2\nretries: 0\nmatrix: {SEED: [01, 1e3]}\nlabels: {v: 1.20}\n" +
    "nodeAffinity: [{key: cores, operator: Gt, values: [4]}]\nreadOnlyRootFilesystem: false\n";
  expect(read("-f", write("job.yaml", text))).toMatchObject({
    faults: [],
    values: {
      command: ["fit", "1.10"],
      env: { RUN: "0010" },
      cpu: "2",
      retries: 0,
      matrix: { SEED: ["01", "1e3"] },
      labels: { v: "1.20" },
      nodeAffinity: [{ values: ["4"] }],
      readOnlyRootFilesystem: false,
    },
  });
});

test("what is no text is none in a task", () => {
  const file = write("tasks.yaml", "- {A: }\n- {env: {A: [1]}}\n");
  expect(read(...least, "--tasks", file, ...run).faults).toEqual([
    "--tasks (tasks[0].env.A): must be a text",
    "--tasks (tasks[1].env.A): must be a text",
  ]);
});

test.each([
  [["--memory", "512m"], "--memory: must be at least 1Mi: 512m is 0.512 bytes; did you mean 512Mi?"],
  [["--memory", "4"], "--memory: must be at least 1Mi: 4 is 4 bytes; did you mean 4Gi?"],
  [["--ephemeral-storage", "500m"], "--ephemeral-storage: must be at least 1Mi: 500m is 0.5 bytes; did you mean 500Mi?"],
  [["--scratch", "10m:/work"], "--scratch (volumes[0].scratch): must be at least 1Mi: 10m is 0.01 bytes; did you mean 10Mi?"],
  [["--out-of-memory", "2:800m"], "--out-of-memory (outOfMemory.maxMemory): must be at least 1Mi: 800m is 0.8 bytes; did you mean 800Mi?"],
])("%j is refused", (flags, fault) => {
  expect(read(...least, ...flags, ...run).faults).toEqual([fault]);
});

test("all faults are told at once, by flag", () => {
  const { faults } = read("--name", "A", "--cpu", "many", "--retries", "x", "--env", "=1", "--tasks", join(folder, "none.yaml"));
  expect(faults).toEqual([
    '--env: must be NAME=VALUE, not "=1"',
    '--retries: must be a number, not "x"',
    expect.stringMatching(/^--tasks .*: there is no such file$/),
    expect.stringMatching(/^--name: must be lower-case letters/),
    "--image: must be given, here or in a file with -f",
    expect.stringMatching(/^--cpu: must be a positive Kubernetes quantity/),
    expect.stringMatching(/^command: must be given/),
  ]);
});

test("what excludes each other on the command line is told", () => {
  expect(read(...least, "--wait", "started", "--detach", ...run).faults).toEqual(["--detach and --wait: keep one of them"]);
  expect(read(...least, "--matrix", "A=1", "--task", "A=1", ...run).faults).toEqual([
    expect.stringContaining("must not be given together"),
  ]);
});

describe("in the manner of the submission helper", () => {
  test("the command is a line for bash, with data, pull secret and label", () => {
    const { values, faults } = read("--name", "hep", "--k8s-image", "registry/caf:1", "--", "runAnalysis", "--config", "my file.cfg");
    expect(faults).toEqual([]);
    expect(values).toEqual({
      name: "hep",
      image: "registry/caf:1",
      shell: "runAnalysis --config 'my file.cfg'",
      imagePullSecrets: ["sh-k8s-registry-secret"],
      volumes: [{ claim: "ntuples-claim", mountPath: "/ntuples" }],
      labels: { app: "submission-helper" },
    });
  });

  test("its names can be chosen, a line is taken as it stands, and the result is a valid Job", () => {
    const own = ["--k8s-registry-secret", "mine", "--k8s-volume-claim", "data", "--k8s-mount-path", "/data", "--label", "team=top"];
    const { values } = read("--name", "hep", "--k8s-image", "caf:1", ...own, "--", "a && b");
    expect(values).toMatchObject({
      shell: "a && b",
      imagePullSecrets: ["mine"],
      volumes: [{ claim: "data", mountPath: "/data" }],
      labels: { app: "submission-helper", team: "top" },
    });
    const store = { endpoint: "http://s3", region: "gra", bucket: "abc", accessKeyId: "a", secretAccessKey: "b" };
    expect(parseParameters({ ...values, store }).faults).toBeUndefined();
  });

  test("its flags belong to it, and it excludes --image", () => {
    expect(read(...least, "--k8s-mount-path", "/x", ...run).faults).toEqual(["--k8s-mount-path: needs --k8s-image"]);
    expect(read(...least, "--k8s-image", "j:1", ...run).faults).toEqual(["--k8s-image and the parameter 'image': keep one of them"]);
  });
});
