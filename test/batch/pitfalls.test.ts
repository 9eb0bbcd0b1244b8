/** What users of batch systems complain about (with the issue that tells of it), and that it cannot happen here. */
import { run, type ParametersInput, type Progress } from "../../batch";
import { Blockage } from "../../batch/watch/blocked";
import { type Condition, type Job, type Pod } from "../../kubernetes/cluster";
import { isScheduled, schedule } from "../../batch/run/schedule";
import { FakeCluster } from "./fakes/cluster";
import { parametersWith } from "./fakes/parameters";
import { FakeStore } from "./fakes/store";

const tasksOf = (count: number) => ({ tasks: Array.from({ length: count }, (_, i) => ({ env: { N: String(i) } })), retries: 0 });

function setUp() {
  const cluster = new FakeCluster();
  const store = new FakeStore();
  const said: string[] = [];
  let progress: Progress | undefined;
  const surroundings = {
    cluster,
    store,
    say: (text: string) => void said.push(text),
    onProgress: (latest: Progress) => void (progress = latest),
  };
  const go = (values: Partial<ParametersInput> = {}, on = cluster) =>
    run(parametersWith({ ...tasksOf(3), ...values }), { ...surroundings, cluster: on });
  const finishAll = () => cluster.pods().forEach((pod) => cluster.finish(pod, { exitCode: 0 }));
  return { cluster, store, said, surroundings, go, finishAll, progress: () => progress };
}

const soon = (milliseconds = 20) => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** Until the n-th pod is there. */
const podsOf = async (cluster: FakeCluster, count: number) => {
  while (cluster.pods().length < count) await soon(5);
};

describe("batch pods are killed at scale-down (cluster-autoscaler #4048, #1030, #7095), or strand nodes (#892)", () => {
  test("every pod forbids its eviction, whatever the parameters", async () => {
    const { cluster, go } = setUp();
    await go({ annotations: { "example.com/a": "b" } });
    expect(cluster.jobs()).not.toEqual([]);
    for (const { spec } of cluster.jobs()) {
      const { metadata } = (spec as { template: { metadata: { annotations: object } } }).template;
      expect(metadata.annotations).toMatchObject({ "cluster-autoscaler.kubernetes.io/safe-to-evict": "false" });
    }
  });

  test("a lost or drained node costs a task none of its tries", async () => {
    const { cluster, go } = setUp();
    await go();
    const [job] = cluster.jobs();
    const { podFailurePolicy } = job!.spec as { podFailurePolicy: { rules: object[] } };
    expect(podFailurePolicy.rules[0]).toEqual({ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] });
  });

  test("pods that can never start hold no node: their Job is deleted", async () => {
    const { cluster, go } = setUp();
    const waiting = { reason: "InvalidImageName", message: "invalid reference" };
    cluster.podStatus = { phase: "Pending", containerStatuses: [{ state: { waiting } }] };
    cluster.outcome = () => undefined;
    await expect(go()).rejects.toThrow("the image reference is not valid");
    expect([...cluster.jobs(), ...cluster.pods()]).toEqual([]);
  });
});

describe("thousands of tasks are slow (cluster-autoscaler #5769), and a gang is not known as one (#5170)", () => {
  test("1,000 tasks are one Job: the requests until they run do not grow with them", async () => {
    const requests = async (count: number) => {
      const { cluster, go } = setUp();
      cluster.outcome = () => undefined;
      await go({ ...tasksOf(count), wait: "none" });
      expect(cluster.pods()).toHaveLength(count);
      return cluster.calls.length;
    };
    expect(await requests(1000)).toBe(await requests(1));
  });

  test("all pods of a gang say how many must find room together", async () => {
    const { cluster, go } = setUp();
    await go({ ...tasksOf(5), minAvailable: 4 });
    expect(cluster.jobs()[0]?.spec.template).toMatchObject({ metadata: { annotations: { "batch.ovh-mks/min-available": "4" } } });
  });
});

describe("quota and out of stock are not told", () => {
  test("what the autoscaler says of a Job's pool is in the progress", async () => {
    const { cluster, go, finishAll, progress } = setUp();
    cluster.podStatus = {
      phase: "Pending",
      conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/0 nodes" }],
    };
    cluster.outcome = () => undefined;
    const running = go();
    await podsOf(cluster, 3);
    const message = "412 InsufficientVCPUsQuota: the project's quota of vCPUs is used up";
    const uid = cluster.jobs()[0]!.metadata.uid;
    cluster.put("events", {
      metadata: { name: "e", namespace: "batch" },
      involvedObject: { kind: "Job", uid },
      reason: "PoolBlocked",
      message,
      lastTimestamp: new Date().toISOString(),
    } as never);
    while (!JSON.stringify(progress() ?? {}).includes("InsufficientVCPUsQuota")) await soon(50);
    for (const pod of cluster.pods()) cluster.put("pods", { ...pod, status: { phase: "Running" } } as never);
    finishAll();
    expect(await running).toMatchObject({ status: "complete" });
  });
});

describe("an update kills what runs (KEDA #2098, #6440)", () => {
  test.each<[string, Partial<ParametersInput>]>([
    ["memory", { memory: "4Gi" }],
    ["pool and parallelism", { pool: "large", parallelism: 3 }],
    ["retries and deadlines", { retries: 5, taskDeadlineSeconds: 60, deadlineSeconds: 600, ttlSeconds: 5 }],
    ["labels and annotations", { labels: { team: "media" }, annotations: { a: "b" } }],
    ["policy", { onFailure: "report", retryFailed: true, finalExitCodes: [65] }],
    ["a task more", tasksOf(4)],
  ])("%s: what runs goes on, nothing starts again", async (_what, values) => {
    const { cluster, go, finishAll } = setUp();
    cluster.outcome = () => undefined;
    await go({ wait: "none" });
    const [job] = cluster.jobs();
    const updated = go(values);
    await soon();
    expect(
      cluster
        .pods()
        .slice(0, 3)
        .map(({ metadata }) => metadata.labels?.["batch.kubernetes.io/controller-uid"]),
    ).toEqual(Array(3).fill(job!.metadata.uid));
    finishAll();
    expect(await updated).toMatchObject({ status: "complete" });
    expect(new Set(cluster.ran).size).toBe(cluster.ran.length);
  });

  test("a schedule: Jobs of the time before go on", async () => {
    const { cluster, surroundings } = setUp();
    const plan = (memory: string) => {
      const parameters = parametersWith({ ...tasksOf(3), memory, schedule: { cron: "@daily" } });
      return isScheduled(parameters) && schedule(parameters, surroundings);
    };
    await plan("1Gi");
    cluster.outcome = () => undefined;
    cluster.fire("thumbnails");
    const before = cluster.pods();
    await plan("2Gi");
    expect(cluster.pods()).toEqual(before);
  });
});

describe("Jobs are created twice (KEDA #2488)", () => {
  test("two processes at the same time run each task once, and both see the result", async () => {
    const { cluster, go } = setUp();
    const both = await Promise.all([go(), go()]);
    expect(both.map(({ status, counts }) => [status, counts.succeeded])).toEqual([
      ["complete", 3],
      ["complete", 3],
    ]);
    expect(cluster.ran).toHaveLength(3);
    expect(cluster.jobs()).toHaveLength(1);
  });
});

describe("the wait ends after 10 minutes without news, shorter than a slow scale-up (pulumi-kubernetes)", () => {
  test("pods that wait for a node for a day are no reason to give up", () => {
    const blockage = new Blockage({ startDeadlineSeconds: 600 });
    const waiting = [{ kind: "node" as const, reason: "Unschedulable", message: "0/3 nodes are available", pods: 3 }];
    const progress: Progress = { total: 3, succeeded: 0, failed: 0, running: 0, waiting };
    for (let hour = 0; hour <= 24; hour++) expect(blockage.check({ progress, started: false }, hour * 3_600_000)).toBeUndefined();
  });
});

describe("only two ways to fail are known, others hang (pulumi-kubernetes)", () => {
  test.each([
    "BackoffLimitExceeded",
    "DeadlineExceeded",
    "PodFailurePolicy",
    "FailedIndexes",
    "MaxFailedIndexesExceeded",
    "a reason that does not exist yet",
  ])("a Job that failed for %s has ended", async (reason) => {
    const { cluster, go } = setUp();
    cluster.outcome = () => undefined;
    const running = go();
    await podsOf(cluster, 3);
    const conditions: Condition[] = [{ type: "Failed", status: "True", reason, message: "what happened" }];
    cluster.put("jobs", { ...cluster.jobs()[0]!, status: { conditions } } as Job);
    expect(await running).toMatchObject({ status: "unfinished", reason: `the Job ended early: ${reason}: what happened` });
  });

  test("a Job that somebody suspended is told, and goes on when it is resumed", async () => {
    const { cluster, go, progress } = setUp();
    cluster.outcome = () => undefined;
    const running = go();
    await podsOf(cluster, 3);
    const [job] = cluster.jobs();
    for (const { metadata } of cluster.pods()) cluster.drop("pods", "batch", metadata.name);
    cluster.put("jobs", { ...job!, spec: { ...job!.spec, suspend: true } } as Job);
    while (!progress()?.waiting.some(({ reason }) => reason === "Suspended")) await soon(50);
    expect(progress()!.waiting[0]).toMatchObject({ pods: 3, message: expect.stringContaining("resume it: kubectl") as string });
    cluster.outcome = () => ({ exitCode: 0 });
    await cluster.patch("jobs", "batch", job!.metadata.name, { spec: { suspend: false } });
    expect(await running).toMatchObject({ status: "complete" });
  });
});

describe("a Job that its time to live removed runs again (pulumi-kubernetes)", () => {
  test("neither that Job nor a lost cluster makes a recorded task run again", async () => {
    const { cluster, go } = setUp();
    const { counts } = await go();
    cluster.drop("jobs", "batch", cluster.jobs()[0]!.metadata.name);
    const another = new FakeCluster();
    expect(await go({}, another)).toMatchObject({ status: "complete", counts: { ...counts, skipped: 3 } });
    expect([...cluster.jobs(), ...another.jobs()]).toEqual([]);
    expect([cluster.ran.length, another.ran.length]).toEqual([3, 0]);
  });

  test("no Job has a time to live before its results are in the bucket", async () => {
    const { cluster, go } = setUp();
    cluster.outcome = () => undefined;
    await go({ ttlSeconds: 0, wait: "none" });
    expect(cluster.jobs()[0]?.spec).not.toHaveProperty("ttlSecondsAfterFinished");
  });
});

describe("a change of an immutable field fails (pulumi-kubernetes)", () => {
  /** What Kubernetes lets change in a Job: @see ValidateJobUpdate in pkg/apis/batch/validation/validation.go */
  const mutable = ["suspend", "ttlSecondsAfterFinished"];

  test("no change of a parameter changes more of a Job than Kubernetes allows", async () => {
    const { cluster, go } = setUp();
    const patches: object[] = [];
    const patch = cluster.patch.bind(cluster);
    cluster.patch = (kind, namespace, name, change) => {
      if (kind === "jobs") patches.push(change);
      return patch(kind, namespace, name, change);
    };
    await go();
    for (const values of [{ image: "registry/thumbnail:2" }, { memory: "2Gi" }, tasksOf(5), { parallelism: 3, retries: 1 }] as const) {
      expect(await go(values)).toMatchObject({ status: "complete" });
    }
    const changed = patches.flatMap((change) => Object.keys((change as { spec?: object }).spec ?? {}));
    expect(changed.length).toBeGreaterThan(3);
    expect(changed.filter((field) => !mutable.includes(field))).toEqual([]);
  });
});

test("pods of other Jobs in the namespace are none of ours", async () => {
  const { cluster, go } = setUp();
  const stranger: Pod = {
    metadata: {
      name: "stranger",
      namespace: "batch",
      labels: { "batch.ovh-mks/job": "thumbnails", "batch.kubernetes.io/controller-uid": "another" },
      annotations: { "batch.kubernetes.io/job-completion-index": "0" },
    },
    status: { phase: "Failed" },
  };
  cluster.put("pods", stranger);
  expect(await go()).toMatchObject({ status: "complete", counts: { succeeded: 3, failed: 0 } });
});
