import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ClusterError, type Secret } from "../../../kubernetes/cluster";
import { type FakeCluster } from "../../batch/fakes/cluster";
import { createHarness, type Outcome, type Harness } from "../harness";

let here: Harness;
let env: Record<string, string | undefined>;
/** What Pulumi answers, and how often it was asked. */
let outputs: Record<string, unknown>;
let asked: number;
/** Kubeconfigs and buckets that the commands used. */
let connected: string[];
let opened: string[];
/** What the cluster of a kubeconfig answers in place of what is there. */
let faults: Map<string, Error>;

const state = () => join(here.home, "state", ".pulumi", "stacks", "jobs");

beforeEach(() => {
  here = createHarness();
  env = { PULUMI_BACKEND_URL: `file://${join(here.home, "state")}` };
  outputs = {
    kubeconfig: "first",
    namespace: "batch",
    bucket: "results",
    s3Endpoint: "http://s3.example",
    s3Region: "gra",
    s3Credentials: { accessKeyId: "id", secretAccessKey: "very-secret" },
  };
  asked = 0;
  faults = new Map();
  mkdirSync(state(), { recursive: true });
  writeFileSync(join(here.home, "Pulumi.yaml"), "name: jobs\nruntime: nodejs\n");
  update();
});

/** Changes the stack's state as an update does. */
let versions = 0;
function update(changes: Record<string, unknown> = {}): void {
  outputs = { ...outputs, ...changes };
  rmSync(join(state(), "dev.json"), { force: true });
  writeFileSync(join(state(), "dev.json"), JSON.stringify({ version: ++versions }));
}

async function list(...flags: string[]): Promise<Outcome> {
  connected = [];
  opened = [];
  return here.run(["list", "--stack", "dev", ...flags], {
    env,
    connect: (kubeconfig) => {
      connected.push(kubeconfig);
      const fault = faults.get(kubeconfig);
      return fault ? Object.assign(Object.create(here.cluster) as FakeCluster, { get: () => Promise.reject(fault) }) : here.cluster;
    },
    openStore: ({ bucket }) => (opened.push(bucket), here.store),
    pulumi: () => {
      asked++;
      return Promise.resolve(JSON.stringify(outputs));
    },
  });
}

/** The operators' Secret of a namespace, with another bucket. */
function putBucket(namespace: string, bucket: string): void {
  const { data } = here.cluster.all("secrets")[0] as unknown as Secret;
  const secret = { metadata: { name: "s3-credentials", namespace }, data: { ...data, S3_BUCKET: Buffer.from(bucket).toString("base64") } };
  here.cluster.put("secrets", secret);
}

const folder = () => join(here.home, ".cache", "mks-batch", "stacks");
const kept = () => readdirSync(folder()).map((file) => join(folder(), file));

test("Pulumi is asked once; the next commands find cluster and bucket without it", async () => {
  expect(await list()).toMatchObject({ status: 0 });
  const before = { connected, opened };
  expect(await list()).toMatchObject({ status: 0 });
  expect(asked).toBe(1);
  expect(new Set(connected)).toEqual(new Set(before.connected));
  expect(opened).toEqual(before.opened);
});

test("what is kept is readable by the user only, and has no key of the bucket", async () => {
  await list();
  const [file, ...others] = kept();
  expect(others).toEqual([]);
  expect([statSync(file!).mode & 0o777, statSync(folder()).mode & 0o777]).toEqual([0o600, 0o700]);
  expect(readFileSync(file!, "utf8")).not.toContain("very-secret");
});

test("every update is noticed, one that makes another cluster too", async () => {
  await list();
  update({ kubeconfig: "second" });
  await list();
  expect(asked).toBe(2);
  expect(connected).not.toContain("first");
  expect(connected).toContain("second");
});

test("an update while Pulumi is asked makes what is kept outdated", async () => {
  await here.run(["list", "--stack", "dev"], {
    env,
    pulumi: () => {
      const text = JSON.stringify(outputs);
      update({ kubeconfig: "second" });
      return Promise.resolve(text);
    },
  });
  await list();
  expect(asked).toBe(1);
  expect(connected).toContain("second");
});

test("after a destroy nothing is kept, and the cluster that is gone is not asked", async () => {
  await list();
  outputs = {};
  update();
  const { status, err } = await list();
  expect({ status, err }).toEqual({ status: 4, err: expect.stringContaining("lacks the outputs bucket") as string });
  expect(connected).toEqual([]);
  expect(kept()).toEqual([]);
});

describe("a stack whose state is not on this machine", () => {
  beforeEach(() => (env = { PULUMI_BACKEND_URL: "https://api.pulumi.com" }));

  test("is believed for ten minutes", async () => {
    await list();
    here.pass(9.9 * 60_000);
    await list();
    expect(asked).toBe(1);
    here.pass(0.2 * 60_000);
    await list();
    expect(asked).toBe(2);
  });

  test("from when Pulumi was asked, not from when it answered", async () => {
    await here.run(["list", "--stack", "dev"], { env, pulumi: () => (here.pass(60_000), Promise.resolve(JSON.stringify(outputs))) });
    here.pass(9.5 * 60_000);
    await list();
    expect(asked).toBe(1);
  });

  test.each([
    ["another account signed in", "credentials.json", (who: string) => ({ accounts: { "https://api.pulumi.com": { username: who } } })],
    ["another default organization", "config.json", (who: string) => ({ backends: { "https://api.pulumi.com": { defaultOrg: who } } })],
  ])("is asked for again with %s: its stack of that name may be another one", async (_what, file, content) => {
    mkdirSync(join(here.home, ".pulumi"));
    const sign = (who: string) => writeFileSync(join(here.home, ".pulumi", file), JSON.stringify(content(who)));
    sign("me");
    await list();
    await list();
    expect(asked).toBe(1);
    sign("you");
    await list();
    expect(asked).toBe(2);
  });

  test.each([
    ["is gone", new ClusterError("getaddrinfo ENOTFOUND c1.example")],
    ["is another one at the same address", new ClusterError("unable to verify the first certificate")],
    ["does not know the user", new ClusterError("Unauthorized", 401)],
    ["does not let the user read the Secret", new ClusterError("Forbidden", 403)],
  ])("Pulumi is asked at once when the cluster %s", async (_what, fault) => {
    await list();
    outputs = { ...outputs, kubeconfig: "second", bucket: "other" };
    faults.set("first", fault);
    expect(await list()).toMatchObject({ status: 0, err: "" });
    expect(asked).toBe(2);
    expect(opened).toEqual(["other"]);
    expect(await list()).toMatchObject({ status: 0 });
    expect(asked).toBe(2);
    expect(connected).not.toContain("first");
  });

  test("and when it lacks the Secret", async () => {
    await list();
    here.cluster.drop("secrets", "batch-operator", "s3-credentials");
    await list();
    expect(asked).toBe(2);
  });
});

test("keys that were changed in the cluster are used at once", async () => {
  await list();
  putBucket("batch-operator", "moved");
  await list();
  expect({ asked, opened }).toEqual({ asked: 1, opened: ["moved"] });
});

test("--namespace does not change the stack's bucket", async () => {
  putBucket("other-operator", "theirs");
  await list();
  await list("--namespace", "other");
  expect({ asked, opened }).toEqual({ asked: 1, opened: ["results"] });
});

test.each<[string, () => void]>([
  ["another stack folder", () => (here.world.cwd = join(here.home, "other"))],
  ["another backend", () => (env = { PULUMI_BACKEND_URL: "s3://states" })],
  ["another account", () => (env = { ...env, PULUMI_ACCESS_TOKEN: "pul-2" })],
  ["a file that others may read", () => kept().forEach((file) => chmodSync(file, 0o644))],
  ["a file that broke off", () => kept().forEach((file) => writeFileSync(file, '{"facts":'))],
])("Pulumi is asked again with %s", async (_what, change) => {
  mkdirSync(join(here.home, "other"));
  writeFileSync(join(here.home, "other", "Pulumi.yaml"), "name: jobs\n");
  await list();
  change();
  expect(await list()).toMatchObject({ status: 0 });
  expect(asked).toBe(2);
});

test("a stack's whole name finds its state, too", async () => {
  const whole = ["--stack", "organization/jobs/dev"];
  await list(...whole);
  here.pass(24 * 3_600_000);
  await list(...whole);
  expect(asked).toBe(1);
  update();
  await list(...whole);
  expect(asked).toBe(2);
});

test("where no file can be made, Pulumi is asked each time", async () => {
  writeFileSync(join(here.home, ".cache"), "");
  await list();
  expect(await list()).toMatchObject({ status: 0, err: "" });
  expect(asked).toBe(2);
});

test.each<[string, () => void]>([
  ["Pulumi.yaml names the backend", () => writeFileSync(join(here.home, "Pulumi.yaml"), `name: jobs\nbackend: {url: "file://~/state"}\n`)],
  [
    "`pulumi login` went there",
    () => {
      mkdirSync(join(here.home, ".pulumi"));
      writeFileSync(join(here.home, ".pulumi", "credentials.json"), JSON.stringify({ current: `file://${join(here.home, "state")}` }));
    },
  ],
  ["its URL has a query", () => (env = { PULUMI_BACKEND_URL: `file://${join(here.home, "state")}?no_tmp_dir=true` })],
])("the state's file is found when %s", async (_how, set) => {
  env = {};
  set();
  await list();
  here.pass(24 * 3_600_000);
  await list();
  expect(asked).toBe(1);
  update();
  await list();
  expect(asked).toBe(2);
});
