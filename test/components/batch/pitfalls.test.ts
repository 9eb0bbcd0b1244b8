/** Pitfalls of Pulumi's dynamic providers, and that they are none here. The first ones are of the code, the others of what the engine calls. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { BatchJob } from "../../../components/batch";
import { providerText } from "../../../components/batch/batch-job";
import { nothingYet } from "../../../components/batch/outputs";
import { createProvider, type Inputs, type Outputs } from "../../../components/batch/provider";
import { FakeCluster } from "../../batch/fakes/cluster";
import { kubeconfig } from "../../batch/fakes/kubeconfig";
import { minimal } from "../../batch/fakes/parameters";
import { FakeStore } from "../../batch/fakes/store";
import { masked, record } from "../harness";

const root = join(__dirname, "../../..");
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const given = { ...minimal, tasks: undefined, retries: 0, kubeconfig: kubeconfig("https://127.0.0.1:6443"), __provider: providerText };

function setUp() {
  const cluster = new FakeCluster();
  const store = new FakeStore();
  const provider = createProvider({ connect: () => cluster, openStore: () => store, write: () => undefined });
  const check = async (values: object = {}, olds: object = {}) =>
    provider.check!(olds as Inputs, { ...given, ...values } as unknown as Inputs);
  const create = async (values: object = {}) => {
    const { id, outs } = await provider.create((await check(values)).inputs as Inputs);
    return { id, outs: overTheWire(outs as Outputs) };
  };
  return { cluster, store, provider, check, create };
}

/** What the engine keeps of it in the state and passes on later. */
const overTheWire = <T>(values: T): T => JSON.parse(JSON.stringify(values)) as T;

/** The resource as a program declares it, and what the engine is told of it. */
const declare = (outputs: Record<string, unknown> = nothingYet) => {
  let inputs: Record<string, unknown> = {};
  const { kubeconfig, store, image, command } = given;
  return record(() => new BatchJob("thumbnails", { kubeconfig, store, image: image, command }), {
    resources: { "pulumi-nodejs:dynamic/batch:BatchJob": (received) => ((inputs = received), outputs) },
  }).then((recording) => ({ ...recording, inputs }));
};

describe("captured modules fail to serialise, and secrets are serialised with them", () => {
  test("nothing is serialised: the provider is a constant text that loads the code", async () => {
    const { inputs } = await declare();
    expect(inputs.__provider).toBe(providerText);
    expect(providerText.length).toBeLessThan(250);
    expect(providerText).not.toMatch(/very-secret|secret-token/);
  });

  test("kubeconfig and bucket are secret inputs, and secret outputs too", async () => {
    const { find } = await declare();
    const { inputs, options } = find("pulumi-nodejs:dynamic/batch:BatchJob");
    expect(inputs).toMatchObject({ kubeconfig: masked, store: masked });
    expect(options.additionalSecretOutputs).toEqual(["kubeconfig", "store"]);
  });

  test("the provider's process loads neither Pulumi nor a client of S3 before it needs one", () => {
    const sources = ["batch", "components/batch", "kubernetes"].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts") && !["batch-job.ts", "index.ts"].includes(file))
        .map((file) => readFileSync(join(root, folder, file), "utf8")),
    );
    const imports = sources.flatMap((text) => [...text.matchAll(/^import (.*?) from "([^".][^"]*)";$/gms)]);
    const values = imports.filter(([, what]) => !what!.startsWith("type ") && !/^\{(\s*type \w+,?)+\s*\}$/.test(what!));
    expect(new Set(values.map(([, , from]) => from!).filter((from) => !from.startsWith("node:")))).toEqual(new Set(["yaml", "zod"]));
  });
});

describe("without a diff, every change of the code updates every resource", () => {
  test("the same inputs are no change, after whatever change of the code", async () => {
    const { provider, check, create } = setUp();
    const { id, outs } = await create();
    expect(await provider.diff!(id, outs, (await check({}, outs)).inputs as Inputs)).toMatchObject({ changes: false, replaces: [] });
  });

  test("a resource of a version without some of today's parameters is updated without running anything", async () => {
    const { provider, cluster, check, create } = setUp();
    const { outs } = await create();
    const later = ["volumes", "prices", "gpu", "cost", "__checked"];
    const old = Object.fromEntries(Object.entries(outs).filter(([name]) => !later.includes(name))) as unknown as Outputs;
    const { inputs } = await check({}, old);
    expect((await provider.update!("batch/thumbnails", old, inputs as Inputs)).outs).toMatchObject({ status: "complete" });
    expect(cluster.ran).toHaveLength(1);
  });
});

test("refresh and destroy run code of the state: here they run the checkout's, which the text finds at run time", () => {
  // What it loads, and that it does so in plain Node.js, is tested in load.test.ts.
  expect(providerText).toContain("components/batch/load.cjs");
  expect(providerText).not.toContain("run(");
});

describe("delete gets outputs, not inputs", () => {
  test("and all that it needs is among them", async () => {
    const { provider, cluster, create } = setUp();
    const { id, outs } = await create();
    await provider.delete!(id, outs);
    expect([...cluster.jobs(), ...cluster.all("configmaps")]).toEqual([]);
  });

  test("also those of a create that failed before anything was known", async () => {
    const { provider, cluster, store, create } = setUp();
    store.before = () => {
      throw new Error("away");
    };
    const failed = await create().catch((error: unknown) => error as { id: string; properties: Outputs });
    store.before = () => undefined;
    await provider.delete!(failed.id, overTheWire((failed as { properties: Outputs }).properties));
    expect([...cluster.jobs(), ...cluster.all("configmaps")]).toEqual([]);
  });

  test("and what is gone already is no fault", async () => {
    const { provider, create } = setUp();
    const { id, outs } = await create();
    await provider.delete!(id, outs);
    await expect(provider.delete!(id, outs)).resolves.toBeUndefined();
  });
});

test("an update without outputs loses them: create, update, refresh and failure answer the same ones", async () => {
  const { provider, cluster, check, create } = setUp();
  const { id, outs } = await create();
  const keys = (values: object) => Object.keys(overTheWire(values)).sort();
  const { outs: updated } = await provider.update!(id, outs, (await check({ memory: "2Gi" }, outs)).inputs as Inputs);
  const { props } = await provider.read!(id, outs);
  cluster.outcome = () => ({ exitCode: 1 });
  const failed = await create({ name: "other" }).catch((error: unknown) => (error as { properties: Outputs }).properties);
  expect([updated!, props!, failed].map(keys)).toEqual([keys(outs), keys(outs), keys(outs)]);
  expect(Object.keys(outs)).toEqual(expect.arrayContaining(Object.keys(nothingYet)));
});

describe("a preview passes texts for what it does not know", () => {
  test.each(["kubeconfig", "store", "image", "command", "namespace", "memory", "schedule", "volumes", "matrix", "tasks"])(
    "%s: it is no fault, and replaces nothing",
    async (name) => {
      const { provider, check, create } = setUp();
      const { id, outs } = await create();
      const { inputs, failures } = await check({ [name]: unknown }, outs);
      expect(failures).toEqual([]);
      expect(await provider.diff!(id, outs, inputs as Inputs)).toMatchObject({ changes: true, replaces: [] });
    },
  );

  test("and never reaches bucket or cluster", async () => {
    const { cluster, store, check } = setUp();
    await check({ store: unknown });
    await check({ kubeconfig: unknown });
    expect([...cluster.calls, ...store.calls]).toEqual([]);
  });
});

describe("a create that failed or was interrupted leaves a Job that nobody knows", () => {
  test("its fault carries id, properties and reasons: the engine keeps the resource", async () => {
    const { cluster, create } = setUp();
    cluster.outcome = () => ({ exitCode: 1 });
    const error = await create().catch((error: unknown) => error);
    expect(error).toMatchObject({
      id: "batch/thumbnails",
      properties: { name: "thumbnails", status: "failed" },
      reasons: [expect.any(String)],
    });
  });

  test("killed without a trace in the state, the next create adopts its Job and runs nothing twice", async () => {
    const { cluster, create } = setUp();
    cluster.outcome = () => undefined;
    void create().catch(() => undefined);
    while (cluster.pods().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const again = create();
    await new Promise((resolve) => setTimeout(resolve, 20));
    cluster.pods().forEach((pod) => cluster.finish(pod, { exitCode: 0 }));
    expect((await again).outs).toMatchObject({ status: "complete" });
    expect(cluster.ran).toHaveLength(1);
  });
});

test("a Job that its time to live removed looks like drift: a refresh answers what is recorded, and nothing runs again", async () => {
  const { provider, cluster, check, create } = setUp();
  const { id, outs } = await create();
  cluster.drop("jobs", "batch", cluster.jobs()[0]!.metadata.name);
  const { props } = await provider.read!(id, outs);
  expect(props).toEqual(outs);
  expect(await provider.diff!(id, props as Outputs, (await check({}, outs)).inputs as Inputs)).toMatchObject({ changes: false });
  expect(cluster.ran).toHaveLength(1);
});

test("outputs are undefined in the program: here each is an Output with its value", async () => {
  const { result } = await declare();
  const values: Record<string, unknown> = { ...nothingYet, taskResults: [] };
  for (const [name, expected] of Object.entries(values)) {
    const output = (result as unknown as Record<string, unknown>)[name];
    expect([name, pulumi.Output.isInstance(output)]).toEqual([name, true]);
    const value = await new Promise((resolve) => (output as pulumi.Output<unknown>).apply(resolve));
    expect([name, value]).toEqual([name, expected]);
  }
});
