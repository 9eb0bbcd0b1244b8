import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ClusterError } from "../../../kubernetes/cluster";
import { connect } from "../../../kubernetes/connect";
import { loadJob } from "../../../batch/records/registry";
import { StoreError } from "../../../batch/storage/store";
import { type World } from "../../../cli/terminal/world";
import { createHarness, type Harness } from "../harness";

let here: Harness;
beforeEach(() => (here = createHarness()));

const bucket = {
  AWS_ENDPOINT_URL: "http://s3",
  AWS_REGION: "gra",
  S3_BUCKET: "env-bucket",
  AWS_ACCESS_KEY_ID: "a",
  AWS_SECRET_ACCESS_KEY: "b",
};
const outputs = {
  kubeconfig: "the stack's kubeconfig",
  namespace: "ours",
  bucket: "stack-bucket",
  s3Endpoint: "http://s3",
  s3Region: "gra",
  s3Credentials: { accessKeyId: "a", secretAccessKey: "from-the-stack" },
};

/** Runs `list` and answers what it connected to. */
async function list(flags: readonly string[], changes: Partial<World> = {}) {
  const connected: string[] = [];
  const opened: string[] = [];
  const outcome = await here.run(["list", ...flags], {
    connect: (kubeconfig) => (connected.push(kubeconfig), here.cluster),
    openStore: ({ bucket }) => (opened.push(bucket), here.store),
    ...changes,
  });
  return { ...outcome, connected, opened };
}

test("--kubeconfig wins over --stack, that over KUBECONFIG, and that over ~/.kube/config", async () => {
  const file = join(here.home, "mine");
  writeFileSync(file, "mine");
  const pulumi = () => Promise.resolve(JSON.stringify(outputs));
  expect((await list(["--kubeconfig", file, "--stack", "dev"], { pulumi })).connected).toContain("mine");
  const ofStack = await list(["--stack", "dev"], { pulumi });
  expect(ofStack).toMatchObject({ status: 0, opened: ["stack-bucket"] });
  expect(ofStack.connected).toContain("the stack's kubeconfig");
  const ofEnvironment = await list([]);
  expect(ofEnvironment).toMatchObject({ status: 0, opened: ["results"] });
});

test("the stack's outputs are read with its secrets, and tell the namespace", async () => {
  const pulumi = jest.fn(() => Promise.resolve(JSON.stringify(outputs)));
  here.cluster.outcome = () => undefined;
  const submit = ["submit", "--stack", "dev", "--name", "a", "--image", "i:1", "--detach", "--", "x"];
  expect(await here.run(submit, { pulumi })).toMatchObject({ status: 0 });
  expect(pulumi.mock.calls).toEqual([[["stack", "output", "--json", "--show-secrets", "--stack", "dev"]]]);
  expect(here.cluster.jobs()[0]?.metadata.namespace).toBe("ours");
});

test("Jobs are billed as the stack's nodes are; --billing wins", async () => {
  const pulumi = () => Promise.resolve(JSON.stringify({ ...outputs, nodeBilling: "perSecond" }));
  here.cluster.outcome = () => undefined;
  const billingOf = async (...flags: string[]) => {
    const submit = ["submit", "--stack", "dev", "--name", "a", "--image", "i:1", "--detach", ...flags, "--", "x"];
    expect(await here.run(submit, { pulumi })).toMatchObject({ status: 0 });
    return (await loadJob(here.store, "a"))?.parameters.prices.billing;
  };
  expect(await billingOf()).toBe("perSecond");
  expect(await billingOf("--billing", "hourly")).toBe("hourly");
});

test("who orders nodes for Jobs is as the stack says; --provisioner wins", async () => {
  const pulumi = () => Promise.resolve(JSON.stringify({ ...outputs, provisioner: "karpenter" }));
  here.cluster.put("karpenternodepools", { metadata: { name: "compute" }, spec: {} } as never);
  here.cluster.outcome = () => undefined;
  const provisionerOf = async (...flags: string[]) => {
    const submit = ["submit", "--stack", "dev", "--name", "a", "--image", "i:1", "--detach", ...flags, "--", "x"];
    expect(await here.run(submit, { pulumi })).toMatchObject({ status: 0 });
    return (await loadJob(here.store, "a"))?.parameters.provisioner;
  };
  expect(await provisionerOf()).toBe("karpenter");
  expect(await provisionerOf("--provisioner", "autoscaler")).toBe("autoscaler");
});

test("the bucket is told by the Secret of the operators' namespace, else by the environment; never by the tasks' Secret", async () => {
  expect((await list([], { env: { ...here.world.env, ...bucket } })).opened).toEqual(["results"]);
  expect((await list(["--namespace", "other"], { env: { ...here.world.env, ...bucket } })).opened).toEqual(["env-bucket"]);
  here.cluster.put("secrets", { ...here.cluster.all("secrets")[0]!, metadata: { name: "s3-credentials", namespace: "batch" } });
  here.cluster.drop("secrets", "batch-operator", "s3-credentials");
  const { status, err } = await list([]);
  expect(status).toBe(4);
  expect(err).toContain("Secret s3-credentials in namespace batch-operator: is not there; `pulumi up` makes it");
});

test("a job file's namespace is where the Secret is looked for, and where the Job goes; --namespace wins", async () => {
  const data = here.cluster.all("secrets")[0]!.data;
  for (const namespace of ["ours", "theirs"]) {
    here.cluster.put("secrets", { metadata: { name: "s3-credentials", namespace: `${namespace}-operator` }, data } as {
      metadata: { name: string; namespace: string };
    });
  }
  here.cluster.drop("secrets", "batch-operator", "s3-credentials");
  here.cluster.outcome = () => undefined;
  const file = join(here.home, "job.yaml");
  writeFileSync(file, "name: a\nnamespace: ours\nimage: i:1\nshell: x\n");
  expect(await here.run(["submit", "-f", file, "--detach"])).toMatchObject({ status: 0 });
  expect(await here.run(["submit", "-f", file, "--detach", "--name", "b", "--namespace", "theirs"])).toMatchObject({ status: 0 });
  expect(here.cluster.jobs().map(({ metadata }) => metadata.namespace)).toEqual(["ours", "theirs"]);
});

test("without a kubeconfig and a bucket, all that was tried is told", async () => {
  const { status, err } = await list([], { env: { AWS_REGION: "gra" } });
  expect(status).toBe(4);
  expect(err).toBe(
    [
      "error: no bucket found; it is told by --stack, the Secret s3-credentials or the environment:",
      "  - Secret s3-credentials in namespace batch-operator: no kubeconfig found:",
      "    - --kubeconfig FILE and --stack NAME: not given",
      "    - KUBECONFIG: is not set",
      `    - ${join(here.home, ".kube", "config")}: cannot be read`,
      "  - environment: AWS_ENDPOINT_URL, S3_BUCKET, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY are not set",
      "",
    ].join("\n"),
  );
});

test.each<[string, string[], Partial<World>, string]>([
  ["a kubeconfig that is not there", ["--kubeconfig", "/none"], {}, "--kubeconfig: /none does not exist"],
  ["several kubeconfigs", [], { env: { KUBECONFIG: "/a:/b" } }, "KUBECONFIG names several files"],
  ["a stack that is not there", ["--stack", "x"], {}, "--stack x: no stack named 'x' found"],
  [
    "outputs of another program",
    ["--stack", "x"],
    { pulumi: () => Promise.resolve("[]") },
    "its outputs are not those of this project's program",
  ],
  ["a stack without a cluster", ["--stack", "x"], { pulumi: () => Promise.resolve("{}") }, "lacks the outputs bucket"],
])("%s ends with 4", async (_name, flags, changes, message) => {
  const { status, err } = await list(flags, changes);
  expect(status).toBe(4);
  expect(err).toContain(message);
});

test("a file that is no kubeconfig ends with 4", async () => {
  const file = join(here.home, "notes");
  writeFileSync(file, "not much");
  const { status, err } = await list(["--kubeconfig", file], { connect, env: bucket });
  expect({ status, err }).toEqual({ status: 4, err: "error: kubeconfig: is not a map with clusters, contexts and users\n" });
});

test("a cluster or a bucket that does not answer ends with 4, and nothing secret is told", async () => {
  here.cluster.breakDown(new ClusterError("connect ECONNREFUSED 127.0.0.1:1"));
  const cluster = await list([]);
  expect(cluster.status).toBe(4);
  expect(cluster.err).toContain("connect ECONNREFUSED 127.0.0.1:1");
  expect((await list([], { env: { ...here.world.env, ...bucket } })).status).toBe(4);
  here.cluster.breakDown(undefined);
  here.store.before = () => {
    throw new StoreError("cannot list s3://results/: no answer");
  };
  const store = await list([]);
  expect({ status: store.status, err: store.err }).toEqual({ status: 4, err: "error: cannot list s3://results/: no answer\n" });
  expect(cluster.err + store.err).not.toContain("very-secret");
});
