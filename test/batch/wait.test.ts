import { loadJob, saveJob } from "../../batch";
import { annotations } from "../../batch/jobs/manifest";
import { createWorld, input, killAt, tick, until, type World } from "./fakes/world";

const finishAll = ({ cluster }: World, exitCode = 0) => cluster.pods().forEach((pod) => cluster.finish(pod, { exitCode }));

describe("wait: none", () => {
  test("returns when the Job is launched; the next call reads what it came to", async () => {
    const world = createWorld();
    world.cluster.outcome = () => undefined;
    expect(await world.go({ wait: "none" })).toMatchObject({
      status: "running",
      counts: { total: 3, succeeded: 0, failed: 0, skipped: 0 },
    });
    expect(await world.go({ wait: "none" })).toMatchObject({ status: "running" });
    finishAll(world);
    const result = await world.go({ wait: "none" });
    expect(result).toMatchObject({ status: "complete", counts: { succeeded: 3 } });
    expect(result).not.toHaveProperty("reason");
    expect(world.cluster.ran).toHaveLength(3);
    expect(world.keys("/logs/")).toHaveLength(3);
  });

  test.each([false, true])("killed at any moment, nothing runs twice (after: %s)", async (after) => {
    for (let n = 0; ; n++) {
      const world = createWorld();
      if (!(await killAt(world, n, after, { wait: "none" }))) break;
      await world.go({ wait: "none" });
      await tick();
      expect(await world.go({ wait: "none" })).toMatchObject({ status: "complete", counts: { succeeded: 3 } });
      expect([n, world.cluster.ran]).toEqual([n, ["a", "b", "c"].map(input)]);
    }
  });

  test("tells of a failed task that runs again as one at work", async () => {
    const world = createWorld();
    world.cluster.outcome = (index) => ({ exitCode: index === 1 ? 1 : 0 });
    await world.go();
    world.cluster.outcome = () => undefined;
    const result = await world.go({ wait: "none", retryFailed: true });
    expect(result).toMatchObject({ status: "running", counts: { total: 3, succeeded: 2, failed: 0, skipped: 2 } });
    expect(result.tasks[1]).toEqual({
      name: "b.mp4",
      fingerprint: result.tasks[1]!.fingerprint,
      status: "unfinished",
      attempts: 0,
      outputs: [],
    });
    expect(world.said.filter((text) => text.includes("failed before"))).toHaveLength(1);
  });

  test("says what can only be launched when the Job at work has ended", async () => {
    const world = createWorld();
    await world.go();
    world.cluster.outcome = () => undefined;
    world.store.objects.set("videos/b.mp4", "changed");
    await world.go({ wait: "none" });
    const [record] = world.keys("/records/");
    world.store.objects.delete(record!);
    expect(await world.go({ wait: "none" })).toMatchObject({ status: "running" });
    expect(world.said.at(-1)).toBe("1 task more can only be launched when the Job at work has ended; run it again then");
  });
});

describe("wait: started", () => {
  test("returns when a task has started", async () => {
    const world = createWorld();
    world.cluster.podStatus = { phase: "Pending" };
    world.cluster.outcome = () => undefined;
    let result: unknown;
    const running = world.go({ wait: "started" }).then((end) => (result = end));
    await until(() => world.cluster.pods().length === 3);
    await tick();
    expect(result).toBeUndefined();
    world.cluster.put("pods", { ...world.cluster.pods()[1]!, status: { phase: "Running" } } as never);
    await running;
    expect(result).toMatchObject({ status: "running", counts: { total: 3 } });
    expect(world.cluster.jobs()[0]?.metadata.annotations).not.toHaveProperty([annotations.recorded]);
  });

  test("fails when none can ever start", async () => {
    const world = createWorld();
    world.cluster.podStatus = {
      phase: "Pending",
      containerStatuses: [{ state: { waiting: { reason: "InvalidImageName", message: "no" } } }],
    };
    world.cluster.outcome = () => undefined;
    await expect(world.go({ wait: "started" })).rejects.toThrow("the image reference is not valid");
    expect(world.cluster.jobs()).toEqual([]);
  });

  test("is a result as any other when the tasks are that quick", async () => {
    const world = createWorld();
    const result = await world.go({ wait: "started" });
    expect(["complete", "running"]).toContain(result.status);
    await tick();
    expect(await world.go({ wait: "started" })).toMatchObject({ status: "complete" });
  });
});

describe("a Job of which what is left cannot start", () => {
  /** One task of three has ended, the others' pods wait for an image that is none. */
  async function stuck(values: Parameters<World["go"]>[0] = {}) {
    const world = createWorld();
    world.cluster.outcome = () => undefined;
    const running = world.go(values);
    await until(() => world.cluster.pods().length === 3);
    const [first, ...others] = world.cluster.pods();
    world.cluster.finish(first!, { exitCode: 0 });
    const status = {
      phase: "Pending",
      containerStatuses: [{ state: { waiting: { reason: "InvalidImageName", message: "no image" } } }],
    };
    for (const pod of others) world.cluster.put("pods", { ...pod, status } as never);
    return { world, running };
  }

  test("ends with the reason, and leaves neither pods nor what was done unrecorded", async () => {
    const { world, running } = await stuck();
    expect(await running).toMatchObject({
      status: "unfinished",
      counts: { total: 3, succeeded: 1, failed: 0 },
      reason: "the image reference is not valid (InvalidImageName, 2 pods): no image",
    });
    expect(world.cluster.jobs()).toEqual([]);
    expect(world.records()).toHaveLength(1);
    world.cluster.outcome = () => ({ exitCode: 0 });
    expect(await world.go()).toMatchObject({ status: "complete", counts: { succeeded: 3, skipped: 1 } });
  });

  test("is told by who follows it, and left alone", async () => {
    const { world } = await stuck({ wait: "none" });
    expect(await world.follow()).toMatchObject({
      status: "unfinished",
      reason: "the image reference is not valid (InvalidImageName, 2 pods): no image",
    });
    expect(world.cluster.jobs()).toHaveLength(1);
  });
});

describe("attach", () => {
  test("returns at once when nothing is at work, and writes nothing but the summary", async () => {
    const world = createWorld();
    expect(await world.follow()).toMatchObject({ status: "unfinished", counts: { total: 3 } });
    await world.go();
    const calls = world.cluster.calls.length;
    expect(await world.follow()).toMatchObject({ status: "complete", counts: { succeeded: 3 } });
    expect(world.cluster.calls.slice(calls)).toEqual(["get leases batch-controller", "list jobs", "list configmaps"]);
  });

  test("follows what is at work to its end and launches nothing, not even what failed for its memory", async () => {
    const world = createWorld();
    world.cluster.outcome = () => undefined;
    await world.go({ wait: "none" });
    world.store.objects.set("videos/d.mp4", "new");
    const following = [world.follow(), world.follow({ outOfMemory: { maxMemory: "8Gi" } })];
    await tick();
    const [first, ...others] = world.cluster.pods();
    world.cluster.finish(first!, { exitCode: 137, reason: "OOMKilled" });
    await tick();
    for (const pod of [...others, ...world.cluster.pods()]) world.cluster.finish(pod, { exitCode: 0 });
    for (const result of await Promise.all(following))
      expect(result).toMatchObject({ status: "unfinished", counts: { total: 4, succeeded: 3 }, reason: "tasks did not come to an end" });
    expect(world.cluster.ran).toHaveLength(4);
    expect(world.records()).toHaveLength(3);
  });

  test("leaves a Job alone whose tasks are not wanted any more", async () => {
    const world = createWorld();
    world.cluster.outcome = () => undefined;
    await world.go({ wait: "none" });
    world.store.objects.delete("videos/b.mp4");
    const following = world.follow();
    await tick();
    finishAll(world);
    expect(await following).toMatchObject({ status: "complete", counts: { total: 2 } });
    expect(world.records()).toHaveLength(3);
  });
});

describe("after", () => {
  const first = { name: "first" };
  const second = { name: "second", after: ["first"], tasksFrom: undefined, tasks: [{ env: { NUMBER: "2" } }] };

  test("a Job that is complete, the next runs", async () => {
    const { go, cluster } = createWorld();
    await go(first);
    expect(await go(second)).toMatchObject({ status: "complete" });
    expect(cluster.ran).toHaveLength(4);
  });

  test("a Job at work, the next waits, records its ends, and only then looks for its own tasks", async () => {
    const world = createWorld();
    world.cluster.outcome = () => undefined;
    await world.go({ ...first, wait: "none" });
    const running = world.go({ ...second, tasks: undefined, tasksFrom: { prefix: "frames/", env: { FRAME: "{key}" } } });
    await tick();
    expect(world.cluster.ran).toHaveLength(3);
    world.store.objects.set("frames/1", "written by the first");
    world.cluster.outcome = () => ({ exitCode: 0 });
    finishAll(world);
    expect(await running).toMatchObject({ status: "complete", counts: { total: 1 } });
    expect(world.records()).toHaveLength(4);
    expect(world.said.find((text) => text.startsWith("first: "))).toMatch(/^first: Job first-\w{10} is at work: waiting for its 3 tasks$/);
  });

  test("a Job that only reports its failures, the next runs once all its tasks have ended", async () => {
    const { go, cluster, said } = createWorld();
    cluster.outcome = (index) => ({ exitCode: index === 0 ? 1 : 0 });
    await go({ ...first, onFailure: "report" });
    expect(await go({ ...second, retries: 0 })).toMatchObject({ counts: { total: 1 } });
    expect(cluster.ran).toHaveLength(5);
    expect(said).toContain("first: 1 of 3 tasks failed, which it only reports: going on");
  });

  test("a Job that did not succeed, or is not there, nothing runs; all of them are told", async () => {
    const { go, cluster } = createWorld();
    cluster.outcome = (index) => ({ exitCode: index === 0 ? 1 : 0 });
    await go(first);
    await expect(go({ ...second, after: ["first", "unknown"] })).rejects.toThrow(
      [
        "after: there is no batch Job 'unknown' in the bucket 'videos'; submit it first",
        "after: 'first' is not complete (1 of 3 tasks failed); run it again first",
      ].join("\n"),
    );
    expect(cluster.ran).toHaveLength(4);
  });
});

describe("the registry", () => {
  test("has the parameters of what was launched, without the bucket's keys, before anything runs", async () => {
    const world = createWorld();
    world.cluster.hook = (call) => {
      if (call.startsWith("create jobs")) throw new Error("killed");
    };
    await expect(world.go({ memory: "2Gi" })).rejects.toThrow("killed");
    const entry = await loadJob(world.store, "thumbnails");
    expect(entry).toMatchObject({ parameters: { name: "thumbnails", memory: "2Gi" }, submittedBy: "pulumi" });
    expect(JSON.stringify(entry)).not.toContain("very-secret");
  });

  test("follows changed parameters, also when nothing runs", async () => {
    const world = createWorld();
    await world.go();
    await world.go({ memory: "2Gi" });
    expect((await loadJob(world.store, "thumbnails"))?.parameters.memory).toBe("2Gi");
  });

  test("is not written again when nothing changed", async () => {
    const world = createWorld();
    await world.go();
    await saveJob(world.store, world.parameters(), "mks-batch", undefined, new Date(0));
    await world.go();
    expect(await loadJob(world.store, "thumbnails")).toMatchObject({ submittedAt: "1970-01-01T00:00:00Z", submittedBy: "mks-batch" });
  });
});
