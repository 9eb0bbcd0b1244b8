import { cancel, type ParametersInput, run } from "../../batch";
import { annotations, submissionLabel } from "../../batch/jobs/manifest/marks";
import { controllerLease, type Submission, submit } from "../../batch/jobs/submission";
import { loadEnd } from "../../batch/records/ends";
import { saveJob } from "../../batch/records/registry";
import { Controller } from "../../controller/controller";
import { createWorker, type End } from "../../controller/worker";
import { StoreError } from "../../batch/storage/store";
import { createKeda, queueWith } from "../batch/fakes/queue";
import { createWorld, input, until, type World } from "../batch/fakes/world";

/** Batch controllers of a world, one after the other or side by side. */
function createControllers(world: World) {
  const { cluster, store, parameters } = world;
  const ends: End[] = [];
  const errors: string[] = [];
  const stops: (() => Promise<void>)[] = [];
  const renew = () =>
    cluster.put("leases", {
      metadata: { name: controllerLease, namespace: "batch" },
      spec: { holderIdentity: "a", renewTime: new Date().toISOString() },
    } as never);
  const start = () => {
    renew();
    const stop = new AbortController();
    const work = createWorker({
      ...{ cluster, store, settings: parameters().store, namespace: "batch", version: "1" },
      say: () => undefined,
      onProgress: () => undefined,
      onRest: () => undefined,
      onRecord: () => undefined,
      tell: (end) => Promise.resolve(void ends.push(end)),
    });
    const controller = new Controller({
      ...{ cluster, namespace: "batch", work, period: 20, pauses: () => 20 },
      leading: () => !stop.signal.aborted,
      onError: (message) => errors.push(message),
      onOpen: () => undefined,
    });
    const running = controller.run(stop.signal);
    const end = async () => {
      stop.abort();
      await running;
    };
    stops.push(end);
    return end;
  };
  return { ends, errors, start, renew, stopAll: () => Promise.all(stops.map((stop) => stop())) };
}

let world: World;
let controllers: ReturnType<typeof createControllers>;

beforeEach(() => {
  world = createWorld();
  controllers = createControllers(world);
});
afterEach(() => controllers.stopAll());

const submissions = () => world.cluster.all("configmaps", "batch", { labels: submissionLabel });
const ran = () => [...world.cluster.ran].sort();

test("a client waits, and the controller launches, records and tells the end", async () => {
  controllers.start();
  const result = await world.go();
  expect(result).toMatchObject({ status: "complete", counts: { total: 3, succeeded: 3, failed: 0, skipped: 0 } });
  expect(ran()).toEqual([input("a"), input("b"), input("c")]);
  expect(world.records()).toHaveLength(3);
  await until(() => controllers.ends.length > 0);
  expect(controllers.ends).toMatchObject([{ parameters: { name: "thumbnails" }, result: { status: "complete" }, submittedBy: "pulumi" }]);
  expect(await loadEnd(world.store, "thumbnails")).toMatchObject({ status: "complete" });
});

test("ended pods are deleted once they are recorded", async () => {
  controllers.start();
  await world.go();
  await until(() => world.cluster.pods().length === 0);
  const [job] = world.cluster.jobs();
  expect(job?.metadata.annotations).toMatchObject({ [annotations.recorded]: "true" });
  expect(job?.spec.template?.metadata?.annotations).toMatchObject({ [annotations.recordedBy]: "controller" });
});

test("a client that goes away loses nothing", async () => {
  controllers.start();
  const { status } = await world.go({ wait: "none" });
  expect(status).toBe("running");
  await until(() => controllers.ends.length > 0);
  expect(world.records()).toHaveLength(3);
  expect(controllers.ends[0]?.result).toMatchObject({ status: "complete" });
});

test("tasks that were killed for their memory run again with more, without a client", async () => {
  world.cluster.outcome = (_index, _attempt, _env, memory) => (memory === "1Gi" ? { exitCode: 137, reason: "OOMKilled" } : { exitCode: 0 });
  controllers.start();
  await world.go({ wait: "none", memory: "1Gi", outOfMemory: { factor: 2, maxMemory: "4Gi" } });
  await until(() => controllers.ends.length > 0);
  expect(controllers.ends[0]?.result).toMatchObject({ status: "complete", counts: { succeeded: 3 } });
  expect(world.records().map(({ memory }) => memory)).toEqual(["2Gi", "2Gi", "2Gi"]);
});

test("a run that was submitted before its controller was killed is finished by the next one, and no finished task runs again", async () => {
  const left: string[] = [];
  world.cluster.outcome = (index, _attempt, env) => (index === 2 && !left.includes(env) ? (left.push(env), undefined) : { exitCode: 0 });
  const stop = controllers.start();
  await world.go({ wait: "none" });
  await until(() => world.records().length === 2);
  await stop();
  controllers.start();
  const [pod] = world.cluster.pods().filter(({ status }) => status?.phase === "Running");
  world.cluster.finish(pod!, { exitCode: 0 });
  await until(() => controllers.ends.length > 0);
  expect(controllers.ends).toHaveLength(1);
  expect(ran()).toEqual([input("a"), input("b"), input("c")]);
  expect(world.records()).toHaveLength(3);
});

test("what the pods name was looked for by whoever submitted the Job: a controller may read no Secrets", async () => {
  const { cluster, store, parameters } = world;
  const own = parameters({ imagePullSecrets: ["registry"], wait: "none" });
  await saveJob(store, own, "mks-batch", undefined);
  await submit({ cluster, store }, own, { before: [], submittedBy: "mks-batch" });
  const reading = jest.spyOn(cluster, "get");
  controllers.start();
  await until(() => controllers.ends.length > 0);
  expect(controllers.ends[0]?.result).toMatchObject({ status: "complete" });
  expect(reading.mock.calls.map(([kind]) => kind as string)).not.toContain("secrets");
});

test("a failed task that a submission tries once more is tried once, whatever happens to the controller", async () => {
  world.cluster.outcome = () => ({ exitCode: 1 });
  controllers.start();
  await world.go({ retries: 0 });
  const again = await run(world.parameters({ retries: 0 }), { ...world.surroundings(world.cluster), once: { retryFailed: true } });
  expect(again.status).toBe("failed");
  expect(ran()).toHaveLength(6);
  await until(() => controllers.ends.length === 2);
  const [last] = controllers.ends.slice(-1);
  expect(world.records().map(({ retry }) => retry)).toEqual([last?.id, last?.id, last?.id]);
});

test("a submission whose parameters in the bucket were changed is not taken", async () => {
  const { cluster, store, parameters } = world;
  const submission: Submission = await submit({ cluster, store }, parameters(), { before: [], submittedBy: "mks-batch" });
  const [key = ""] = world.keys("/submissions/");
  store.objects.set(key, store.objects.get(key)!.replace('"image":"', '"image":"evil/'));
  controllers.start();
  await until(() => submissions()[0] !== undefined && JSON.stringify(submissions()[0]).includes("refused"));
  expect(JSON.stringify(submissions()[0])).toContain("has been changed since it was submitted");
  expect(cluster.ran).toEqual([]);
  expect(submission.job).toBe("thumbnails");
});

test("without a controller a client runs and records as ever", async () => {
  expect(await world.go()).toMatchObject({ status: "complete" });
  expect(submissions()).toEqual([]);
  expect(world.cluster.pods()).toHaveLength(3);
});

test("a Job waits for others without a client, one that is itself still waiting included", async () => {
  const outcomes = new Map<string, boolean>();
  world.cluster.outcome = () => (outcomes.get("go") ? { exitCode: 0 } : undefined);
  controllers.start();
  const submitOne = (values: Partial<ParametersInput>) => world.go({ wait: "none", ...values });
  await submitOne({ name: "one" });
  await submitOne({ name: "two", after: ["one"] });
  await submitOne({ name: "three", after: ["two"] });
  await until(() => world.cluster.ran.length === 3);
  expect(world.cluster.jobs().map(({ metadata }) => metadata.labels?.["batch.ovh-mks/job"])).toEqual(["one"]);
  outcomes.set("go", true);
  for (const pod of world.cluster.pods()) world.cluster.finish(pod, { exitCode: 0 });
  await until(() => controllers.ends.length === 3);
  expect(controllers.ends.map(({ parameters, result }) => [parameters.name, result.status])).toEqual([
    ["one", "complete"],
    ["two", "complete"],
    ["three", "complete"],
  ]);
}, 30_000);

test("a Job after one that failed does not run, and its end tells why", async () => {
  world.cluster.outcome = () => ({ exitCode: 1 });
  controllers.start();
  await world.go({ name: "one", retries: 0 });
  await world.go({ name: "two", after: ["one"], wait: "none" });
  await until(() => controllers.ends.length === 2);
  expect(await loadEnd(world.store, "two")).toMatchObject({
    status: "unfinished",
    reason: "after: 'one' is not complete (3 of 3 tasks failed); run it again first",
  });
  expect(world.cluster.ran).toHaveLength(3);
});

test("a cycle of Jobs that wait for each other is refused", async () => {
  controllers.start();
  const { store, parameters } = world;
  await saveJob(store, parameters({ name: "one", after: ["two"] }), "mks-batch");
  await expect(world.go({ name: "two", after: ["one"], wait: "none" })).rejects.toThrow(
    "after: 'two' after 'one' after 'two' is a cycle, in which each waits for the next; take one of the names out of 'after'",
  );
  expect(submissions()).toEqual([]);
});

test("what is cancelled is not launched any more", async () => {
  world.cluster.outcome = () => undefined;
  controllers.start();
  await world.go({ wait: "none" });
  await until(() => world.cluster.ran.length === 3);
  await cancel(world.parameters(), world.surroundings(world.cluster));
  expect(submissions()).toEqual([]);
  expect(world.cluster.jobs()).toEqual([]);
  world.cluster.put("configmaps", { metadata: { name: "x", namespace: "batch" } });
  await until(() => controllers.errors.length === 0);
  expect(world.cluster.ran).toHaveLength(3);
});

test("a bucket that is away in the middle: all is tried again, nothing is lost, and the end is told once", async () => {
  let away = 0;
  world.store.before = () => {
    if (away > 0 && away-- > 0) throw new StoreError("the bucket does not answer");
  };
  world.cluster.outcome = () => undefined;
  controllers.start();
  await world.go({ wait: "none" });
  await until(() => world.cluster.ran.length === 3);
  away = 20;
  for (const pod of world.cluster.pods()) world.cluster.finish(pod, { exitCode: 0 });
  await until(() => controllers.ends.length > 0);
  expect(controllers.errors.join()).toContain("the bucket does not answer");
  expect(away).toBe(0);
  expect(world.records()).toHaveLength(3);
  expect(world.cluster.ran).toHaveLength(3);
  expect(new Set(controllers.ends.map(({ id }) => id)).size).toBe(1);
  expect(controllers.ends[0]?.result).toMatchObject({ status: "complete" });
});

test("a schedule's Job is recorded, and its end told once", async () => {
  controllers.start();
  await world.surroundings(world.cluster).cluster.list("jobs", "batch", {}, () => undefined);
  const { schedule } = await import("../../batch");
  await schedule(world.parameters({ schedule: { cron: "0 3 * * *" } }) as never, world.surroundings(world.cluster));
  expect(world.cluster.fire("thumbnails")).toBe(true);
  await until(() => controllers.ends.length > 0);
  expect(controllers.ends).toMatchObject([{ id: world.cluster.jobs()[0]?.metadata.uid, result: { status: "complete" } }]);
  expect(world.records()).toHaveLength(3);
});

test("the runs of a queue are recorded as they end, and are no runs of a batch Job", async () => {
  const keda = createKeda(world.cluster, queueWith({ prices: { nodeHour: { "b3-8": 1 } } }));
  controllers.start();
  keda.start("orders-a");
  keda.start("orders-b");
  keda.end("orders-a", { exitCode: 0 });
  await until(() => world.keys("batch/orders/records/").length === 1 && world.cluster.pods().length === 1);
  keda.end("orders-b", { exitCode: 1 });
  await until(() => world.cluster.jobs().every(({ metadata }) => metadata.annotations?.[annotations.recorded] === "true"));
  expect(world.keys("batch/orders/records/")).toHaveLength(2);
  expect(controllers.ends).toEqual([]);
  expect(controllers.errors).toEqual([]);
});
