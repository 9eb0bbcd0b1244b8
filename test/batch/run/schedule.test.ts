import { collect } from "../../../batch/run/collect";
import { ClusterError, type CronJob } from "../../../kubernetes/cluster";
import { type ParametersInput, cancel, run } from "../../../batch";
import { loadJob } from "../../../batch/records/registry";
import { pauseSchedule, readSchedule, removeSchedule } from "../../../batch/jobs/cron-job";
import { isScheduled, schedule } from "../../../batch/run/schedule";
import { FakeCluster } from "../fakes/cluster";
import { parametersWith } from "../fakes/parameters";
import { FakeStore } from "../fakes/store";

const nightly = { schedule: { cron: "30 2 * * *", timeZone: "Europe/Paris" } };
const tasksOf = (...names: string[]) => ({ tasks: names.map((name) => ({ name, env: { N: name } })) });

function setUp() {
  const cluster = new FakeCluster();
  const store = new FakeStore();
  const said: string[] = [];
  const surroundings = { cluster, store, say: (text: string) => void said.push(text), onProgress: () => undefined };
  const parametersFor = (values: Partial<ParametersInput> = {}) => parametersWith({ ...tasksOf("a", "b"), retries: 0, ...values });
  const plan = (values: Partial<ParametersInput> = {}) => {
    const parameters = parametersFor({ ...nightly, ...values });
    if (!isScheduled(parameters)) throw new Error("there is no schedule");
    return schedule(parameters, surroundings);
  };
  const runOnce = (values: Partial<ParametersInput> = {}) => run(parametersFor(values), surroundings);
  const cronJob = () => cluster.all("cronjobs")[0] as unknown as CronJob & { spec: Record<string, unknown> };
  const mounted = () => cluster.all("configmaps").map(({ metadata }) => metadata.name);
  /** A time of the schedule, and its Job's end. */
  const night = async () => {
    cluster.fire("thumbnails");
    await settled();
  };
  return { cluster, store, said, surroundings, parametersFor, plan, runOnce, cronJob, mounted, night };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));
const ran = (...names: string[]) => names.map((name) => `export N='${name}'`);

test("makes a CronJob whose Jobs run all tasks at every time", async () => {
  const { plan, cronJob, cluster, night, said } = setUp();
  const result = await plan();
  expect(result).toMatchObject({
    status: "scheduled",
    counts: { total: 2 },
    schedule: { cron: "30 2 * * *", timeZone: "Europe/Paris", active: 0 },
  });
  expect(result.schedule?.nextRun).toMatch(/^\d{4}-\d\d-\d\dT0[01]:30:00Z$/);
  expect(said).toEqual([`2 tasks at each time of "30 2 * * *" (Europe/Paris), next at ${result.schedule?.nextRun}`]);
  expect(cronJob()).toMatchObject({
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "thumbnails", namespace: "batch", labels: { "batch.ovh-mks/job": "thumbnails" } },
    spec: { schedule: "30 2 * * *", timeZone: "Europe/Paris", concurrencyPolicy: "Forbid", suspend: false },
  });
  expect(cluster.ran).toEqual([]);
  await night();
  await night();
  expect(cluster.ran).toEqual(ran("a", "b", "a", "b"));
});

test("its Jobs are the same as others: only the name, the mark and what resumes them differ", async () => {
  const { plan, cluster } = setUp();
  const values = {
    memory: "3Gi",
    parallelism: 7,
    labels: { team: "media" },
    annotations: { a: "b" },
    volumes: [{ claim: "c", mountPath: "/c" }],
  };
  cluster.put("persistentvolumeclaims", { metadata: { name: "c", namespace: "batch" } });
  await plan(values);
  cluster.fire("thumbnails");
  const [scheduled] = cluster.jobs();
  const other = setUp();
  other.cluster.put("persistentvolumeclaims", { metadata: { name: "c", namespace: "batch" } });
  await other.runOnce(values);
  const [plain] = other.cluster.jobs();
  const plainText = (job: object) =>
    JSON.stringify(job, (key, value: unknown) =>
      key === "batch.ovh-mks/run" || key === "batch.ovh-mks/scheduled" ? undefined : value,
    ).replaceAll(/thumbnails-cron-\w{10}|thumbnails-[0-9a-f]{10}/g, "NAME");
  const withoutEnds = ({ suspend: _suspend, ttlSecondsAfterFinished: _ttl, ...spec }: Record<string, unknown>) => spec;
  expect(plainText(withoutEnds(scheduled!.spec as never))).toBe(plainText(withoutEnds(plain!.spec as never)));
});

test("what its Jobs came to is recorded in the bucket by whoever looks next, newest last", async () => {
  const { plan, cluster, store, surroundings, parametersFor, night } = setUp();
  await plan();
  await night();
  cluster.outcome = (_index, _attempt, env) => ({ exitCode: env.includes("'b'") ? 3 : 0 });
  await night();
  const result = await collect(parametersFor(nightly), surroundings);
  expect(result.tasks).toMatchObject([
    { name: "a", status: "succeeded" },
    { name: "b", status: "failed", exitCode: 3 },
  ]);
  const newest = cluster.jobs().at(-1)!.metadata;
  const records = [...store.objects]
    .filter(([key]) => key.includes("/records/"))
    .map(([, text]) => JSON.parse(text) as { job: { name: string } });
  expect(records.map(({ job }) => job.name)).toEqual([newest.name, newest.name]);
  expect(cluster.jobs().map(({ metadata }) => metadata.annotations?.["batch.ovh-mks/recorded"])).toEqual(["true", "true"]);
});

test("is in the list of the bucket's Jobs, without its secrets", async () => {
  const { plan, store } = setUp();
  await plan();
  expect(await loadJob(store, "thumbnails")).toMatchObject({ parameters: { name: "thumbnails", schedule: nightly.schedule } });
  expect(JSON.stringify([...store.objects])).not.toContain("very-secret");
});

describe("an update", () => {
  test("of the time changes the CronJob and nothing else", async () => {
    const { plan, cronJob, mounted } = setUp();
    await plan({ labels: { team: "media" } });
    const before = mounted();
    await plan({ schedule: { cron: "0 4 * * *", concurrency: "allow" } });
    expect(cronJob().spec).toMatchObject({ schedule: "0 4 * * *", timeZone: "Etc/UTC", concurrencyPolicy: "Allow", suspend: false });
    expect(mounted()).toEqual(before);
    // What is not asked for any more is gone.
    expect(JSON.stringify(cronJob())).not.toContain("media");
  });

  test("of the tasks counts from the next time on; a Job at work keeps its own and goes on", async () => {
    const { plan, cluster } = setUp();
    await plan();
    cluster.outcome = () => undefined;
    cluster.fire("thumbnails");
    const running = cluster.pods();
    await plan(tasksOf("a", "c"));
    expect(cluster.pods()).toEqual(running);
    cluster.outcome = () => ({ exitCode: 0 });
    running.forEach((pod) => cluster.finish(pod, { exitCode: 0 }));
    cluster.fire("thumbnails");
    expect(cluster.ran).toEqual(ran("a", "b", "a", "c"));
  });

  test("removes ConfigMaps of earlier tasks when no Job uses them any more, one update later", async () => {
    const { plan, cluster, mounted } = setUp();
    const names = async (...tasks: string[]) => {
      const before = new Set(mounted());
      await plan(tasksOf(...tasks));
      return mounted().filter((name) => !before.has(name));
    };
    const first = await names("1");
    expect(first).toHaveLength(2);
    cluster.outcome = () => undefined;
    cluster.fire("thumbnails");
    const second = await names("2");
    const third = await names("3");
    const fourth = await names("4");
    // The first still runs; the third is what the controller may be about to make a Job of.
    expect(mounted().sort()).toEqual([...first, ...third, ...fourth].sort());
    expect(mounted()).not.toContain(second[0]);
    cluster.pods().forEach((pod) => cluster.finish(pod, { exitCode: 0 }));
    await plan(tasksOf("4"));
    cluster.drop("jobs", "batch", cluster.jobs()[0]!.metadata.name);
    await plan(tasksOf("4"));
    expect(mounted().sort()).toEqual(fourth.sort());
  });

  test("leaves ConfigMaps that another process has just made, and is about to use", async () => {
    const { plan, cluster, mounted } = setUp();
    await plan(tasksOf("1"));
    const [metadata] = cluster.all("configmaps").map(({ metadata }) => metadata);
    const made = (name: string, creationTimestamp: string) => {
      const labels = { ...metadata!.labels, "batch.ovh-mks/run": name };
      cluster.put("configmaps", { metadata: { ...metadata!, uid: name, name, labels, creationTimestamp } });
    };
    made("just-now", new Date(Date.now() - 60_000).toISOString());
    made("long-ago", "2026-01-01T00:00:00Z");
    await plan(tasksOf("2"));
    expect(mounted()).toContain("just-now");
    expect(mounted()).not.toContain("long-ago");
  });

  test("back to earlier tasks uses their ConfigMaps again", async () => {
    const { plan, cluster, night } = setUp();
    await plan(tasksOf("1"));
    await plan(tasksOf("2"));
    await plan(tasksOf("1"));
    await night();
    expect(cluster.ran).toEqual(ran("1"));
  });

  test("to no tasks removes the schedule", async () => {
    const { plan, cluster, said, mounted } = setUp();
    await plan();
    expect(await plan({ tasks: [] })).toMatchObject({ status: "scheduled", schedule: undefined, counts: { total: 0 } });
    expect([...cluster.all("cronjobs"), ...mounted()]).toEqual([]);
    expect(said.at(-1)).toBe("there are no tasks: nothing is scheduled");
  });
});

test.each([false, true])("cut off at any request, the next call finishes the schedule (after the request: %s)", async (after) => {
  class Killed extends Error {}
  for (let n = 0; ; n++) {
    const { plan, cluster, cronJob, mounted, night } = setUp();
    await plan(tasksOf("old"));
    let [count, dead] = [0, false];
    cluster.hook = (call, done) => {
      if (/^(create|patch|remove)/.test(call) && done === after && count++ === n) dead = true;
      if (dead) throw new Killed();
    };
    await plan(tasksOf("new")).catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error;
    });
    cluster.hook = () => undefined;
    if (!dead) {
      expect(n).toBeGreaterThan(3);
      break;
    }
    // Meanwhile there is either the old schedule or the new one, complete.
    await night();
    expect([ran("old"), ran("new")]).toContainEqual([...cluster.ran]);
    await plan(tasksOf("new"));
    cluster.ran.length = 0;
    await night();
    expect(cluster.ran).toEqual(ran("new"));
    expect(cronJob().spec.suspend).toBe(false);
    // The old ConfigMaps are there as long as a Job of theirs is.
    const runs = new Set(cluster.jobs().map(({ metadata }) => metadata.labels?.["batch.ovh-mks/run"]));
    expect(mounted()).toHaveLength(2 * runs.size);
  }
});

test("nothing starts before all that it needs is there", async () => {
  const { plan, cluster } = setUp();
  cluster.hook = (call, done) => {
    if (call.startsWith("create configmaps") && !done) cluster.fire("thumbnails");
  };
  await plan();
  expect(cluster.ran).toEqual([]);
});

test("who may not read CronJobs runs plain Jobs all the same", async () => {
  const { runOnce, cluster } = setUp();
  cluster.hook = (call) => {
    if (call.includes("cronjobs")) throw new ClusterError('cronjobs.batch "thumbnails" is forbidden (403)', 403);
  };
  expect(await runOnce()).toMatchObject({ status: "complete", counts: { succeeded: 2 } });
});

describe("from a plain Job to a schedule", () => {
  test("waits for a Job that is at work: no task runs twice at a time", async () => {
    const { plan, runOnce, cluster, cronJob, said } = setUp();
    cluster.outcome = () => undefined;
    await runOnce({ wait: "none" });
    const planned = plan();
    await settled();
    expect(cronJob()).toBeUndefined();
    cluster.pods().forEach((pod) => cluster.finish(pod, { exitCode: 0 }));
    expect(await planned).toMatchObject({ status: "scheduled", counts: { succeeded: 2 } });
    expect(said.find((line) => line.includes("the schedule begins when it has ended"))).toBeDefined();
    expect(cluster.overlaps).toEqual([]);
  });
});

describe("from a schedule to a plain Job", () => {
  test("the schedule is gone, what it did today counts, the rest runs", async () => {
    const { plan, runOnce, cluster, night } = setUp();
    await plan(tasksOf("a"));
    await night();
    expect(await runOnce()).toMatchObject({ status: "complete", counts: { total: 2, succeeded: 2 } });
    expect(cluster.ran).toEqual(ran("a", "b"));
    expect(cluster.all("cronjobs")).toEqual([]);
    await plan();
    await night();
    expect(cluster.ran).toEqual(ran("a", "b", "a", "b"));
  });

  test("a Job of the schedule that is at work is adopted, nothing runs twice at a time", async () => {
    const { plan, runOnce, cluster } = setUp();
    await plan();
    cluster.outcome = () => undefined;
    cluster.fire("thumbnails");
    const running = runOnce();
    await settled();
    cluster.fire("thumbnails");
    expect(cluster.ran).toEqual(ran("a", "b"));
    cluster.pods().forEach((pod) => cluster.finish(pod, { exitCode: 0 }));
    expect(await running).toMatchObject({ status: "complete" });
    expect(cluster.ran).toEqual(ran("a", "b"));
    expect([...cluster.all("cronjobs"), ...cluster.all("configmaps")]).toEqual([]);
  });

  test("without waiting for it, it goes on, and the schedule is gone one call later", async () => {
    const { plan, runOnce, cluster } = setUp();
    await plan();
    cluster.outcome = () => undefined;
    cluster.fire("thumbnails");
    expect(await runOnce({ wait: "none" })).toMatchObject({ status: "running" });
    expect(cluster.pods()).toHaveLength(2);
    cluster.fire("thumbnails");
    expect(cluster.ran).toEqual(ran("a", "b"));
    cluster.pods().forEach((pod) => cluster.finish(pod, { exitCode: 0 }));
    expect(await runOnce({ wait: "none" })).toMatchObject({ status: "complete" });
    expect(cluster.all("cronjobs")).toEqual([]);
  });
});

test("cancelling removes the schedule and its Jobs, and records what they came to", async () => {
  const { plan, cluster, store, surroundings, parametersFor, mounted } = setUp();
  await plan();
  cluster.outcome = (index) => (index === 0 ? { exitCode: 0 } : undefined);
  cluster.fire("thumbnails");
  await settled();
  await cancel(parametersFor(nightly), surroundings);
  expect([...cluster.all("cronjobs"), ...cluster.jobs(), ...cluster.pods(), ...mounted()]).toEqual([]);
  expect([...store.objects.keys()].filter((key) => key.includes("/records/"))).toHaveLength(1);
});

test("a paused schedule starts nothing, and says so; without one, pausing and removing do nothing", async () => {
  const { plan, cluster, night } = setUp();
  const names = { namespace: "batch", name: "thumbnails" };
  await pauseSchedule(cluster, names);
  await removeSchedule(cluster, names);
  expect(await readSchedule(cluster, names)).toBeUndefined();
  await plan();
  await pauseSchedule(cluster, names);
  await night();
  expect(cluster.ran).toEqual([]);
  expect(await readSchedule(cluster, names)).toMatchObject({ nextRun: "" });
  await plan();
  await night();
  expect(cluster.ran).toEqual(ran("a", "b"));
});

test("tells the next time, the last one and what is at work", async () => {
  const { plan, cluster, cronJob } = setUp();
  await plan();
  const times = { lastScheduleTime: "2026-03-10T01:30:00Z", lastSuccessfulTime: "2026-03-09T01:52:11Z", active: [{ name: "x" }] };
  cluster.put("cronjobs", { ...cronJob(), status: times } as never);
  expect(await readSchedule(cluster, { namespace: "batch", name: "thumbnails" }, new Date("2026-03-10T10:00:00Z"))).toEqual({
    cron: "30 2 * * *",
    timeZone: "Europe/Paris",
    nextRun: "2026-03-11T01:30:00Z",
    lastRun: "2026-03-10T01:30:00Z",
    lastSuccess: "2026-03-09T01:52:11Z",
    active: 1,
  });
});

test("a CronJob of somebody else that has the name is left alone", async () => {
  const { plan, cluster, surroundings, parametersFor } = setUp();
  cluster.put("cronjobs", { metadata: { name: "thumbnails", namespace: "batch" }, spec: { schedule: "@daily" } } as never);
  await expect(plan()).rejects.toThrow("name: there is a CronJob 'thumbnails' in namespace 'batch' that is not ours; rename one of them");
  await cancel(parametersFor(), surroundings);
  expect(cluster.all("cronjobs")).toHaveLength(1);
});

test("a pool that does not exist is told before anything is scheduled", async () => {
  const { plan, cluster } = setUp();
  cluster.put("nodepools", { metadata: { name: "compute" }, spec: { maxNodes: 5 } } as never);
  await expect(plan({ pool: "large" })).rejects.toThrow("pool: there is no node pool 'large'");
  expect(cluster.all("cronjobs")).toEqual([]);
});
