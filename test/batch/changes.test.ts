import { changesOf } from "../../batch/launched-with";
import { createWorld, input, tick, until, type World } from "./fakes/world";

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

test("nothing has changed by another order of keys, by memory that grew, or in a Job of an earlier version", () => {
  const { parameters } = createWorld();
  const job = (text?: string) => ({
    metadata: { name: "a", ...(text !== undefined && { annotations: { "batch.ovh-mks/parameters": text } }) },
  });
  const text = JSON.stringify({ ...parameters(), labels: { b: "1", a: "2" }, memory: "4Gi" });
  expect(changesOf(job(text), parameters({ labels: { a: "2", b: "1" }, outOfMemory: { maxMemory: "8Gi" } }))).toEqual([]);
  expect(changesOf(job(), parameters({ cpu: "7" }))).toEqual([]);
  expect(changesOf(job(JSON.stringify({ ...parameters(), extendedResources: undefined })), parameters())).toEqual([]);
});
