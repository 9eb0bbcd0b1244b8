import { type ParametersInput } from "../../batch";
import { makePlan, type Plan } from "../../batch/records/plan";
import { type RecordedRow } from "../../batch/records";
import { type FakeCluster, type Outcome } from "./fakes/cluster";
import { parametersWith } from "./fakes/parameters";
import { createWorld, input, killAt, tick, until } from "./fakes/world";
import { parseQuantity } from "../../common/quantity";

const outOfMemory = { factor: 2, maxMemory: "4Gi" };
const killed: Outcome = { exitCode: 137, reason: "OOMKilled", message: "working", log: "working\n" };

/** Tasks need so much memory: those that have less are killed. */
const needing = (cluster: FakeCluster, needs: Readonly<Record<string, string>>) =>
  (cluster.outcome = (_index, _attempt, env, memory) => {
    const [, video = ""] = /videos\/(\w+)/.exec(env) ?? [];
    return parseQuantity(memory)!.value < parseQuantity(needs[video] ?? "1Gi")!.value ? killed : { exitCode: 0 };
  });

describe("a task that uses more than its memory", () => {
  test("fails after its retries and says what to do, without outOfMemory", async () => {
    const { cluster, go, records } = createWorld();
    needing(cluster, { b: "2Gi" });
    const result = await go();
    expect(result).toMatchObject({ status: "failed", counts: { succeeded: 2, failed: 1 } });
    expect(result.tasks[1]).toMatchObject({
      status: "failed",
      attempts: 2,
      exitCode: 137,
      memory: "1Gi",
      outOfMemory: true,
      reason: "OOMKilled: used more than its memory (1Gi); ask for more 'memory', or set 'outOfMemory'",
    });
    expect(records().find(({ status }) => status === "failed")?.attempts[0]).toMatchObject({ outOfMemory: true, log: "working\n" });
    await go();
    expect(cluster.ran).toHaveLength(4);
  });

  test("runs again when it is given more", async () => {
    const { cluster, go, said } = createWorld();
    needing(cluster, { b: "2Gi" });
    await go();
    expect(await go({ memory: "2Gi" })).toMatchObject({ status: "complete", counts: { succeeded: 3, skipped: 2 } });
    expect(said.at(-1)).toBe("3 tasks: 1 to run (1 out of memory), 2 done before");
  });

  test("gets more by itself, with outOfMemory: no attempt is wasted on the same memory, and all are told", async () => {
    const { cluster, go, said, records } = createWorld();
    needing(cluster, { a: "3Gi", b: "2Gi" });
    const result = await go({ outOfMemory });
    expect(result).toMatchObject({ status: "complete", counts: { succeeded: 3, failed: 0, skipped: 0 } });
    expect(result.tasks.map(({ attempts, memory, outOfMemory, reason }) => [attempts, memory, outOfMemory, reason])).toEqual([
      [3, "4Gi", undefined, undefined],
      [2, "2Gi", undefined, undefined],
      [1, "1Gi", undefined, undefined],
    ]);
    expect(cluster.ran).toEqual(["a", "b", "c", "a", "b", "a"].map(input));
    expect(said.filter((text) => text.includes("to run"))).toEqual([
      "3 tasks: 3 to run (3 new)",
      "3 tasks: 2 to run (2 out of memory), 1 done before",
      "3 tasks: 1 to run (1 out of memory), 2 done before",
    ]);
    const [a] = records().filter(({ name }) => name === "a.mp4");
    expect(a?.attempts.map(({ exitCode, logKey }) => [exitCode, logKey !== undefined])).toEqual([
      [137, true],
      [137, true],
      [0, true],
    ]);
    expect(result.cost.nodeHours).toBe(1 / 60);
  });

  test("gets no more than the most", async () => {
    const { cluster, go } = createWorld(["a"]);
    needing(cluster, { a: "100Gi" });
    const result = await go({ outOfMemory: { factor: 3, maxMemory: "4Gi" } });
    expect(result.tasks[0]).toMatchObject({
      status: "failed",
      attempts: 3,
      memory: "4Gi",
      reason: "OOMKilled: used more than its memory (4Gi); that is the most that outOfMemory.maxMemory allows; raise it",
    });
    expect(await go({ outOfMemory: { factor: 3, maxMemory: "4Gi" } })).toMatchObject({ status: "failed", counts: { skipped: 1 } });
    expect(cluster.ran).toHaveLength(3);
    needing(cluster, { a: "5Gi" });
    expect(await go({ outOfMemory: { factor: 3, maxMemory: "8Gi" } })).toMatchObject({ status: "complete" });
  });

  test("is no task that was killed for another cause: it has all its attempts, with the same memory", async () => {
    const { cluster, go } = createWorld(["a"]);
    cluster.outcome = () => ({ exitCode: 137, reason: "Error", log: "working\n" });
    const result = await go({ outOfMemory, retries: 3 });
    expect(result.tasks[0]).toMatchObject({ status: "failed", attempts: 4, memory: "1Gi", reason: "exit status 137 (killed, SIGKILL)" });
    expect(result.tasks[0]).toMatchObject({ outOfMemory: undefined });
    expect(await go({ outOfMemory, retries: 3 })).toMatchObject({ counts: { skipped: 1 } });
    expect(cluster.ran).toHaveLength(4);
  });

  test("is no task that was killed once: it goes on", async () => {
    const { cluster, go, said } = createWorld(["a", "b"]);
    let kills = 0;
    cluster.outcome = (index) => (index === 0 && kills++ === 0 ? { exitCode: 137, reason: "Error" } : { exitCode: 0 });
    expect(await go({ outOfMemory })).toMatchObject({ status: "complete", tasks: [{ attempts: 2, memory: "1Gi" }, { attempts: 1 }] });
    expect(said).toContain("2 tasks: 1 to run (1 killed), 1 done before");
  });

  test("is final at any kill where finalExitCodes says so", async () => {
    const { cluster, go } = createWorld(["a"]);
    cluster.outcome = () => ({ exitCode: 137, reason: "Error" });
    await go({ outOfMemory, finalExitCodes: [137], retries: 3 });
    expect(cluster.ran).toHaveLength(1);
  });

  test("is a Job of its own for each memory, with a name that another process finds", async () => {
    const names = new Set<string>();
    for (let i = 0; i < 2; i++) {
      const { cluster, go } = createWorld();
      needing(cluster, { b: "2Gi" });
      await go({ outOfMemory });
      expect(cluster.jobs()).toHaveLength(2);
      for (const { metadata } of cluster.jobs()) names.add(metadata.name);
    }
    expect(names.size).toBe(2);
  });

  test.each([false, true])(
    "killed at any moment, the next call goes on; nothing runs twice with the same memory (after: %s)",
    async (after) => {
      for (let n = 0; ; n++) {
        const world = createWorld();
        needing(world.cluster, { a: "3Gi", b: "2Gi" });
        if (!(await killAt(world, n, after, { outOfMemory }))) {
          expect(n).toBeGreaterThan(10);
          break;
        }
        expect(await world.go({ outOfMemory })).toMatchObject({ status: "complete", counts: { total: 3, succeeded: 3 } });
        expect([n, [...world.cluster.ran].sort()]).toEqual([n, ["a", "a", "a", "b", "b", "c"].map(input)]);
        expect(world.cluster.overlaps).toEqual([]);
      }
    },
  );

  test("is not launched beside its Job with more memory, which another process left at work", async () => {
    const { cluster, go } = createWorld(["a"]);
    cluster.outcome = (_index, _attempt, _env, memory) => (memory === "1Gi" ? killed : undefined);
    const first = go({ outOfMemory, wait: "complete" }).catch(() => undefined);
    await until(() => cluster.pods().some(({ status }) => status?.phase === "Running"));
    const second = go({ outOfMemory });
    await tick();
    for (const pod of cluster.pods()) cluster.finish(pod, { exitCode: 0 });
    expect(await second).toMatchObject({ status: "complete" });
    await first;
    expect(cluster.ran).toHaveLength(2);
    expect(cluster.overlaps).toEqual([]);
  });

  test("whose larger Job was deleted is not launched again and again", async () => {
    const { cluster, go } = createWorld(["a"]);
    cluster.outcome = (_index, _attempt, _env, memory) => (memory === "1Gi" ? killed : undefined);
    const running = go({ outOfMemory });
    const larger = () =>
      cluster
        .jobs()
        .find(({ metadata }) =>
          cluster.pods().some((pod) => pod.status?.phase === "Running" && pod.metadata.name.startsWith(metadata.name)),
        );
    await until(() => larger() !== undefined);
    await tick();
    cluster.drop("jobs", "batch", larger()!.metadata.name);
    expect(await running).toMatchObject({ status: "failed", tasks: [{ outOfMemory: true, memory: "1Gi" }] });
    expect(cluster.ran).toHaveLength(2);
  });
});

test("a Job with a fraction of memory whose launch was cut off is completed, not made anew", async () => {
  const { cluster, go } = createWorld(["a"]);
  cluster.hook = (call, done) => {
    if (done && call.startsWith("create jobs")) throw new Error("killed");
  };
  await expect(go({ memory: "1.4Gi" })).rejects.toThrow("killed");
  const [left] = cluster.jobs();
  expect(left!.spec.template?.spec?.containers?.[0]?.resources?.limits?.memory).toBe("1503238553600m");
  cluster.hook = () => undefined;
  expect(await go({ memory: "1.4Gi" })).toMatchObject({ status: "complete" });
  expect(cluster.jobs().map(({ metadata }) => metadata.uid)).toEqual([left!.metadata.uid]);
});

describe("the plan", () => {
  const task = { name: "a", env: {}, fingerprint: "f1" };
  const plan = (row: Partial<RecordedRow> | undefined, values: Partial<ParametersInput> = {}, attempted?: Map<string, number>): Plan =>
    makePlan(
      [task],
      { row: () => row && ({ ...task, status: "failed", ...row } as RecordedRow), changed: () => false },
      parametersWith({ memory: "1Gi", ...values }),
      attempted,
    );
  const starved = { outOfMemory: true, memory: "1Gi" } as const;

  test.each<[string, Partial<RecordedRow> | undefined, Partial<ParametersInput>, (string | null)?, (string | null)?]>([
    ["a new task has the parameter's memory", undefined, { outOfMemory }, "1Gi", "new"],
    ["a starved task runs no more", starved, {}, null, null],
    ["a starved task gets more", starved, { outOfMemory }, "2Gi", "out of memory"],
    ["in whole MiB", { ...starved, memory: "1Gi" }, { outOfMemory: { factor: 1.3, maxMemory: "4Gi" } }, "1332Mi", "out of memory"],
    ["at most the most", { ...starved, memory: "3Gi" }, { outOfMemory }, "4Gi", "out of memory"],
    ["not beyond it", { ...starved, memory: "4Gi" }, { outOfMemory }, null, null],
    ["the parameter's, if that is more", starved, { outOfMemory, memory: "3Gi" }, "3Gi", "out of memory"],
    ["a task that failed otherwise waits for retryFailed", { memory: "2Gi" }, { outOfMemory }, null, null],
    ["and keeps what it had", { memory: "2Gi" }, { outOfMemory, retryFailed: true }, "2Gi", "failed before"],
    [
      "and is in the group of those that did not run yet, with a fraction as the API server writes it",
      { memory: "1503238553600m" },
      { memory: "1.4Gi", outOfMemory, retryFailed: true },
      "1.4Gi",
      "failed before",
    ],
    ["a retry at the most is one as any other", { ...starved, memory: "4Gi" }, { outOfMemory, retryFailed: true }, "4Gi", "failed before"],
    ["a record of an older version has no memory", { outOfMemory: undefined }, { outOfMemory }, null, null],
    ["a task that succeeded has enough", { ...starved, status: "succeeded" }, { outOfMemory }, null, null],
  ])("%s", (_what, row, values, memory, reason) => {
    const { run, reasons } = plan(row, values);
    expect(run.map((planned) => planned.memory)).toEqual(memory ? [memory] : []);
    expect(reasons).toEqual(reason ? { [reason]: 1 } : {});
  });

  test("tries a task once in a call with the same memory", () => {
    const bytes = (text: string) => new Map([["f1", parseQuantity(text)!.value]]);
    expect(plan(starved, { outOfMemory }, bytes("1Gi")).run).toHaveLength(1);
    expect(plan(starved, { outOfMemory }, bytes("2Gi")).run).toHaveLength(0);
    expect(plan({ memory: "1Gi" }, { retryFailed: true, memory: "2Gi" }, bytes("1Gi")).run).toHaveLength(0);
    expect(plan(undefined, {}, bytes("1Gi")).run).toHaveLength(0);
  });
});
