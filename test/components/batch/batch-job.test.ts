import * as pulumi from "@pulumi/pulumi";
import { BatchJob, type BatchJobArgs } from "../../../components/batch";
import { providerText } from "../../../components/batch/batch-job";
import { secretPaths } from "../../../components/pulumi/secrets";
import { masked, record, valueOf } from "../harness";

const type = "pulumi-nodejs:dynamic/batch:BatchJob";

const args: BatchJobArgs = {
  kubeconfig: "the kubeconfig",
  store: { endpoint: "https://s3.example.com", region: "gra", bucket: "results", accessKeyId: "id", secretAccessKey: "very-secret" },
  image: "registry.example.com/fit:1",
};

/** Declares a Job, and answers it with what the engine is asked for. @param outputs what the provider answers */
async function declare(changes: Partial<BatchJobArgs> = {}, outputs: Record<string, unknown> = {}) {
  const { result, find } = await record(() => new BatchJob("sweep", { ...args, ...changes }), { resources: { [type]: () => outputs } });
  return { job: result, ...find(type, "sweep") };
}

test("asks the engine for a dynamic resource, with only what was given, and kubeconfig and store secret", async () => {
  const { inputs, options, parent } = await declare();
  expect(inputs).toEqual({ name: "sweep", image: args.image, kubeconfig: masked, store: masked, __provider: "[code]" });
  expect(options).toEqual({ additionalSecretOutputs: ["kubeconfig", "store"] });
  expect(parent).toBeUndefined();
});

test("the provider is a constant text and no serialised code", async () => {
  let given: unknown;
  await record(() => new BatchJob("sweep", args), { resources: { [type]: ({ __provider }) => ((given = __provider), {}) } });
  expect(given).toBe(providerText);
});

test("has the resource's name unless it is given one", async () => {
  expect((await declare({ name: "other" })).inputs).toMatchObject({ name: "other" });
});

const tasks = [{ name: 'a "quoted" one', env: { SEED: "1" } }, { env: { SEED: "é" } }];

describe("tasks", () => {
  test("become JSON text", async () => {
    expect(JSON.parse((await declare({ tasks })).inputs.tasks as string)).toEqual(tasks);
  });

  test("may be, or hold, outputs of other resources", async () => {
    const text = JSON.stringify(tasks);
    expect((await declare({ tasks: pulumi.output(tasks) })).inputs.tasks).toBe(text);
    const inner = [{ name: tasks[0]!.name, env: { SEED: pulumi.output("1") } }, Promise.resolve({ env: pulumi.output({ SEED: "é" }) })];
    expect((await declare({ tasks: inner })).inputs.tasks).toBe(text);
  });

  test("that are an empty list stay one, and are not left out", async () => {
    expect((await declare({ tasks: [] })).inputs.tasks).toBe("[]");
  });
});

describe("what Pulumi marks secret", () => {
  const hush = pulumi.secret("hush");
  test.each<[string, Partial<BatchJobArgs>]>([
    ["env.TOKEN", { env: { TOKEN: hush, OTHER: pulumi.output("open") } }],
    ["env", { env: pulumi.output({ TOKEN: hush }) }],
    ["command[1]", { command: ["fit", pulumi.interpolate`--token=${hush}`] }],
    ["shell", { shell: hush }],
    ["tasks[0].env.SEED", { tasks: [{ env: { SEED: hush } }] }],
    ["matrix.SEED[1]", { matrix: { SEED: ["1", hush] } }],
    ["labels.owner", { labels: { owner: hush } }],
    ["schedule.cron", { schedule: { cron: hush } }],
  ])("is told to the provider, which refuses it: %s", async (path, changes) => {
    const { inputs } = await declare(changes);
    expect(inputs.__secrets).toEqual([
      `${path} must not be a secret: use secretEnv or envFrom, with a Secret of the namespace that holds it`,
    ]);
  });

  test("is told with all others at once, and never with its value", async () => {
    const { inputs } = await declare({ env: { A: hush }, shell: hush });
    expect(inputs.__secrets).toHaveLength(2);
    expect(JSON.stringify(inputs.__secrets)).not.toContain("hush");
  });

  test("is known in a preview, where the value is not yet", async () => {
    const known = (value: unknown) => Promise.resolve(value);
    const Output = pulumi.Output as unknown as new (...parts: unknown[]) => pulumi.Output<string>;
    const unknown = new Output(new Set(), known(undefined), known(false), known(true), known(new Set()));
    expect(await secretPaths({ env: { TOKEN: unknown, OPEN: pulumi.output("1") } })).toEqual(["env.TOKEN"]);
  });

  test("is in order in the kubeconfig and the bucket's keys", async () => {
    const store = { endpoint: "http://s3", region: "gra", bucket: "b", accessKeyId: "id", secretAccessKey: hush };
    const { inputs } = await declare({ kubeconfig: hush, store, secretEnv: { TOKEN: { secret: "tokens", key: "a" } } });
    expect(inputs).not.toHaveProperty("__secrets");
  });
});

describe("taskResults", () => {
  const rows = [{ name: "a", fingerprint: "f", status: "succeeded", attempts: 1, outputs: [{ key: "out/a", bytes: 1 }] }];

  test("are read from JSON text", async () => {
    const { job } = await declare({}, { taskResults: JSON.stringify(rows) });
    expect(await valueOf(job.taskResults)).toEqual(rows);
  });

  test("that are a list, as the mocks of a program may answer, stay as they are", async () => {
    const { job } = await declare({}, { taskResults: rows });
    expect(await valueOf(job.taskResults)).toEqual(rows);
  });
});

test("what the provider answers are the outputs", async () => {
  const counts = { total: 2, succeeded: 1, failed: 1, skipped: 0 };
  const answer = { status: "failed", counts, startedAt: "", finishedAt: "", jobName: "sweep-1", taskSet: "set", cost: { nodeHours: 1 } };
  const { job } = await declare(
    {},
    { ...answer, taskResults: "[]", logs: "s3://results/batch/sweep/logs/", resultsPrefix: "batch/sweep/" },
  );
  const outputs = pulumi.all([job.status, job.counts, job.jobName, job.taskSet, job.cost, job.logs, job.resultsPrefix]);
  expect(await valueOf(outputs)).toEqual([
    "failed",
    counts,
    "sweep-1",
    "set",
    { nodeHours: 1 },
    "s3://results/batch/sweep/logs/",
    "batch/sweep/",
  ]);
});
