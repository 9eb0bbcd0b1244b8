import { describePreview } from "../../../batch";
import { changesOf } from "../../../batch/jobs/manifest/launched-with";
import { createWorld, input, tick, until, type World } from "../fakes/world";

type Values = NonNullable<Parameters<World["go"]>[0]>;

/** A Job at work with other parameters than are asked for now. */
async function relaunch(status: { phase: string }, before: Values, now: Values) {
  const world = createWorld();
  world.cluster.outcome = () => undefined;
  world.cluster.podStatus = status;
  world.cluster.put("secrets", { metadata: { name: "registry", namespace: "batch" } });
  await world.go({ ...before, wait: "none" });
  const [job] = world.cluster.jobs();
  world.cluster.podStatus = { phase: "Running" };
  const again = world.go(now);
  await until(() => world.said.some((text) => text.includes("other parameters")));
  const finish = async () => {
    await tick();
    for (const pod of world.cluster.pods()) {
      world.cluster.put("pods", { ...pod, status: { phase: "Running" } } as never);
      world.cluster.finish(pod, { exitCode: 0 });
    }
    return again;
  };
  return { world, job: job!, finish };
}

describe("a Job at work whose parameters have changed", () => {
  test("is made anew with the pull secret that was forgotten, when nothing of it runs", async () => {
    const { world, job, finish } = await relaunch({ phase: "Pending" }, {}, { imagePullSecrets: ["registry"] });
    await until(() => world.cluster.jobs()[0]?.metadata.uid !== job.metadata.uid && world.cluster.pods().length === 3);
    expect(world.said).toContain(
      `Job ${job.metadata.name} was launched with other parameters (imagePullSecrets: [] → ["registry"]) and nothing of it runs: making it anew`,
    );
    expect(await finish()).toMatchObject({ status: "complete", counts: { succeeded: 3 } });
    expect(world.cluster.jobs()).toMatchObject([{ spec: { template: { spec: { imagePullSecrets: [{ name: "registry" }] } } } }]);
    expect(world.cluster.overlaps).toEqual([]);
  });

  test("stays when the new parameters could never work", async () => {
    const world = createWorld();
    world.cluster.outcome = () => undefined;
    world.cluster.podStatus = { phase: "Pending" };
    await world.go({ wait: "none" });
    await expect(world.go({ imagePullSecrets: ["unknown"] })).rejects.toThrow("there is no Secret 'unknown'");
    expect(world.cluster.jobs()).toHaveLength(1);
  });

  test("goes on as it is while something of it runs, and that is told", async () => {
    const { world, job, finish } = await relaunch({ phase: "Running" }, {}, { memory: "2Gi", labels: { team: "a" } });
    expect(world.said).toContain(
      `Job ${job.metadata.name} was launched with other parameters (memory: "1Gi" → "2Gi", labels: {} → {"team":"a"}) and goes on with those while it runs; run it again then`,
    );
    expect(await finish()).toMatchObject({ status: "complete" });
    expect(world.cluster.ran).toEqual(["a", "b", "c"].map(input));
  });

  test("takes what a Job lets change, while it runs", async () => {
    const { world, job, finish } = await relaunch({ phase: "Running" }, { maxFailedTasks: 1 }, { parallelism: 3, deadlineSeconds: 60 });
    expect(world.said).toContain(
      `Job ${job.metadata.name} goes on with other parameters: parallelism: none → 3, maxFailedTasks: 1 → none, deadlineSeconds: none → 60`,
    );
    expect(world.cluster.jobs()).toMatchObject([
      { metadata: { uid: job.metadata.uid }, spec: { parallelism: 3, activeDeadlineSeconds: 60 } },
    ]);
    expect(world.cluster.jobs()[0]?.spec).not.toHaveProperty("maxFailedIndexes");
    expect(await finish()).toMatchObject({ status: "complete" });
  });
});

describe("the pods that a Job at work keeps", () => {
  const pool = (maxNodes: number) => ({
    metadata: { name: "compute" },
    spec: { flavor: "b3-8", maxNodes, desiredNodes: 0 },
  });
  const node = {
    metadata: { name: "node", labels: { nodepool: "compute" } },
    status: { allocatable: { cpu: "1840m", memory: "6Gi", pods: "110" } },
  };
  /** A Job of 40 tasks, of which one fits on each of the pool's nodes. */
  async function launched(maxNodes: number, values: Values = {}) {
    const world = createWorld(Array.from({ length: 40 }, (_, i) => `v${i}`));
    world.cluster.windowed = true;
    world.cluster.outcome = () => undefined;
    world.cluster.put("nodepools", pool(maxNodes));
    world.cluster.put("nodes", node);
    const wanted = { cpu: "1500m", wait: "none", ...values } as const;
    await world.go(wanted);
    const keeps = () => {
      const [{ spec, metadata }] = world.cluster.jobs() as [ReturnType<typeof world.cluster.jobs>[0]];
      return [spec.parallelism, metadata.annotations?.["batch.ovh-mks/parallelism"]];
    };
    return { world, wanted, keeps };
  }

  test("are those that the pool can run, and a margin", async () => {
    const { keeps } = await launched(5);
    expect(keeps()).toEqual([26, "40"]);
  });

  test("stay within the pool when the user allows more, and within what the user allows", async () => {
    const { world, wanted, keeps } = await launched(5, { parallelism: 10 });
    expect(keeps()).toEqual([10, "10"]);
    await world.go({ ...wanted, parallelism: 30 });
    expect(keeps()).toEqual([26, "30"]);
    await world.go({ ...wanted, parallelism: 12 });
    expect(keeps()).toEqual([12, "12"]);
  });

  test("are more once the pool may have more nodes, or no controller raises them any more", async () => {
    const { world, wanted, keeps } = await launched(5);
    world.cluster.put("nodepools", pool(10));
    await world.go(wanted);
    expect(keeps()).toEqual([31, "40"]);
  });

  test("are not fewer when the pool may have fewer nodes: what runs is not ended", async () => {
    const { world, wanted, keeps } = await launched(10);
    world.cluster.put("nodepools", pool(1));
    await world.go(wanted);
    expect(keeps()).toEqual([31, "40"]);
  });
});

test("nothing has changed by another order of keys, by memory that grew, or in a Job of an earlier version", () => {
  const { parameters } = createWorld();
  const job = (text?: string) => ({
    metadata: { name: "a", ...(text !== undefined && { annotations: { "batch.ovh-mks/parameters": text } }) },
  });
  const text = JSON.stringify({ ...parameters(), labels: { b: "1", a: "2" }, memory: "4Gi" });
  expect(changesOf(job(text), parameters({ labels: { a: "2", b: "1" }, outOfMemory: { maxMemory: "8Gi" } }))).toEqual([]);
  expect(changesOf(job(), parameters({ cpu: "7" }))).toEqual([]);
  expect(changesOf(job(JSON.stringify({ ...parameters(), extendedResources: undefined, provisioner: undefined })), parameters())).toEqual(
    [],
  );
});

describe("a preview tells, and changes nothing", () => {
  async function foresee(phase: string, before: Values, now: Values, more: Values = {}) {
    const world = createWorld();
    world.cluster.outcome = () => undefined;
    world.cluster.podStatus = { phase };
    await world.go({ ...before, ...more, wait: "none" });
    const calls = world.cluster.calls.length;
    const preview = await world.plan({ ...now, ...more });
    expect(world.cluster.calls.slice(calls).filter((call) => /^(create|patch|remove)/.test(call))).toEqual([]);
    return { world, preview, text: describePreview(preview), job: world.cluster.jobs()[0]!.metadata.name };
  }

  test("that changed parameters are applied to pods that have not started", async () => {
    const { text, preview, job } = await foresee("Pending", {}, { imagePullSecrets: ["registry"] });
    expect(text).toContain(
      `Job ${job} will be made anew with changed parameters, as nothing of it runs (imagePullSecrets: [] → ["registry"])`,
    );
    expect(preview.changed).toEqual([{ job, changes: [`imagePullSecrets: [] → ["registry"]`], effect: "anew" }]);
  });

  test("that they wait while a task runs", async () => {
    const { text, preview, job } = await foresee("Running", {}, { memory: "2Gi", pool: "gpu" });
    expect(text).toContain(
      `Job ${job} goes on with the parameters that it was launched with while it runs, and the next call applies the changes (memory: "1Gi" → "2Gi", pool: "compute" → "gpu")`,
    );
    expect(preview.changed).toMatchObject([{ effect: "later" }]);
  });

  test("that some are applied while it runs", async () => {
    const { text, job } = await foresee("Running", { parallelism: 3 }, { parallelism: 5 });
    expect(text).toContain(`Job ${job} goes on with changed parameters (parallelism: 3 → 5)`);
  });

  test("that a Job of another image is made anew when none of its pods has started, whatever onChange is", async () => {
    const { text, preview, job } = await foresee("Pending", { image: "registry/a:1" }, { image: "registry/a:2" });
    expect(text).toContain(
      `Job ${job} will be made anew with changed parameters, as nothing of it runs (image: registry/a:1 → registry/a:2)`,
    );
    expect(preview).toMatchObject({ plan: { run: { length: 3 } }, atWork: 0 });
    expect(preview.unwanted).toBeUndefined();
  });

  test.each([
    ["cancel", 1, "1 running task that is not wanted any more will be cancelled"],
    ["cancel", 3, "3 running tasks that are not wanted any more will be cancelled"],
    ["wait", 1, "1 running task that is not wanted any more will be waited for first (onChange: cancel would cancel it)"],
    ["wait", 3, "3 running tasks that are not wanted any more will be waited for first (onChange: cancel would cancel them)"],
  ] as const)("how many running tasks are concerned when the image changes (onChange: %s, %i tasks)", async (onChange, running, words) => {
    const world = createWorld();
    world.cluster.outcome = () => undefined;
    await world.go({ image: "registry/a:1", wait: "none" });
    for (const pod of world.cluster.pods().slice(running)) world.cluster.finish(pod, { exitCode: 0 });
    const preview = await world.plan({ image: "registry/a:2", onChange });
    expect(preview.unwanted).toEqual({ running, onChange });
    expect(describePreview(preview).split("; ")).toContain(words);
  });

  test("nothing of a Job whose parameters are the same", async () => {
    const { preview, text } = await foresee("Running", {}, {});
    expect(preview.changed).toBeUndefined();
    expect(text).not.toContain("Job ");
  });
});

describe("a Job with another image", () => {
  test("of which no pod has started gives way at once: an image that does not exist is put right by another submit", async () => {
    const world = createWorld();
    world.cluster.outcome = () => undefined;
    world.cluster.podStatus = { phase: "Pending" };
    await world.go({ image: "registry/mistyped:1", wait: "none" });
    const { metadata } = world.cluster.jobs()[0]!;
    Object.assign(world.cluster, { outcome: () => ({ exitCode: 0 }), podStatus: { phase: "Running" } });
    expect(await world.go({ image: "registry/a:1" })).toMatchObject({ status: "complete", counts: { succeeded: 3 } });
    expect(world.said).toContain(`Job ${metadata.name} has another image (registry/mistyped:1), and nothing of it runs: cancelling it`);
    expect(world.cluster.overlaps).toEqual([]);
  });

  test("but one with the same image is waited for: another process may just have launched it", async () => {
    const world = createWorld();
    world.cluster.outcome = () => undefined;
    world.cluster.podStatus = { phase: "Pending" };
    await world.go({ wait: "none" });
    world.store.objects.delete("videos/b.mp4");
    expect(await world.go({ wait: "none" })).toMatchObject({ status: "running" });
    expect(world.said.at(-2)).toMatch(/works on tasks that are not wanted any more \(0 running\): waiting for its end/);
    expect(world.cluster.jobs()).toHaveLength(1);
    expect(describePreview(await world.plan())).toContain(
      "a Job at work whose tasks are not wanted any more will be waited for first (onChange: cancel would cancel it)",
    );
  });
});
