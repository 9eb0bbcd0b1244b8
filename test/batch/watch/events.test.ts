import { eventLifetime, jobEventOf, podWarningOf } from "../../../batch/watch/events";
import { type PodView } from "../../../batch/jobs/pods";
import { Tracker } from "../../../batch/watch/tracker";
import { ClusterError } from "../../../kubernetes/cluster";
import { createWorld, until, type World } from "../fakes/world";

const event = (reason: string, message: string, more: object = {}) => ({
  metadata: { name: `e-${reason}`, namespace: "batch" },
  involvedObject: { kind: "Job", uid: "job-1" },
  reason,
  message,
  lastTimestamp: "2026-01-01T12:00:00Z",
  ...more,
});

test("only Events that explain a wait matter", () => {
  expect(jobEventOf(event("PoolBlocked", "no quota"))).toEqual({
    jobUid: "job-1",
    reason: "PoolBlocked",
    message: "no quota",
    at: Date.parse("2026-01-01T12:00:00Z"),
  });
  expect(jobEventOf(event("SuccessfulCreate", "created pod"))).toBeUndefined();
  expect(jobEventOf(event("PoolBlocked", "", { involvedObject: undefined }))).toBeUndefined();
});

test("of a warning about a pod, only what it says counts", () => {
  const about = { involvedObject: { kind: "Pod", uid: "p0" } };
  const at = Date.parse("2026-01-01T12:00:00Z");
  expect(podWarningOf(event("FailedMount", "(combined from similar events): no such volume", about))).toEqual({
    podUid: "p0",
    reason: "FailedMount",
    message: "no such volume",
    at,
  });
  expect(podWarningOf(event("FailedMount", "", { involvedObject: undefined }))).toBeUndefined();
});

describe("the progress", () => {
  const at = 1_000_000;
  const job = { metadata: { name: "job", uid: "job-1" }, spec: { completions: 2 } };
  const pod = (index: number, waiting: PodView["waiting"]): PodView => ({
    uid: `p${index}`,
    name: `p${index}`,
    jobUid: "job-1",
    index,
    phase: "Pending",
    waiting,
  });
  const noNode = { kind: "node", reason: "NoNode", message: "its pool has no node for it yet" } as const;
  function setUp() {
    const tracker = new Tracker([{ job, tasks: ["a", "b"].map((name) => ({ name, fingerprint: name })) }]);
    const say = (reason: "PoolBlocked" | "PoolAtMaximum" | "FailedCreate", message: string, when = at) =>
      tracker.setEvent({ jobUid: "job-1", reason, message, at: when });
    return { tracker, say, waiting: (now = at) => tracker.progress(now).waiting };
  }

  test("has the kubelet's newest word on why a pod does not start, until its volumes and its sandbox are there", () => {
    const { tracker, waiting } = setUp();
    const creating = { kind: "start", reason: "ContainerCreating", message: "" } as const;
    tracker.replacePods([pod(0, creating), pod(1, noNode)]);
    const warn = (reason: string, when: number) => tracker.setWarning({ podUid: "p0", reason, message: "no", at: when });
    warn("FailedMount", at);
    warn("FailedCreatePodSandBox", at - 1);
    tracker.setWarning({ podUid: "p1", reason: "FailedMount", message: "no", at });
    expect(waiting()).toEqual([
      { kind: "start", reason: "FailedMount", message: "no", pods: 1 },
      { ...noNode, pods: 1 },
    ]);
    tracker.setPod({ ...pod(0, creating), prepared: true });
    expect(waiting()[0]).toEqual({ ...creating, pods: 1 });
    tracker.setPod(pod(0, creating));
    tracker.removeWarning({ podUid: "p0", reason: "FailedMount", message: "no", at });
    expect(waiting()[0]).toEqual({ ...creating, pods: 1 });
  });

  test("has the autoscaler's words on why there is no node, the latest", () => {
    const { tracker, say, waiting } = setUp();
    tracker.replacePods([pod(0, noNode), pod(1, { kind: "image", reason: "ErrImagePull", message: "x" })]);
    expect(waiting()[0]).toEqual({ ...noNode, pods: 1 });
    say("PoolBlocked", "InsufficientVCPUsQuota");
    say("PoolAtMaximum", "long ago", at - 1);
    expect(waiting()).toEqual([
      { kind: "node", reason: "PoolBlocked", message: "InsufficientVCPUsQuota", pods: 1 },
      { kind: "image", reason: "ErrImagePull", message: "x", pods: 1 },
    ]);
  });

  test("counts pods together for which it has the same words", () => {
    const { tracker, waiting } = setUp();
    const start = { kind: "start", message: "" } as const;
    tracker.replacePods([pod(0, { ...start, reason: "" }), pod(1, { ...start, reason: "ContainerCreating" })]);
    expect(waiting()).toMatchObject([{ ...start, pods: 2 }]);
  });

  test("has them no longer than they hold", () => {
    const { tracker, say, waiting } = setUp();
    tracker.replacePods([pod(0, noNode)]);
    say("PoolBlocked", "no quota");
    expect(waiting(at + eventLifetime)).toEqual([{ ...noNode, pods: 1 }]);
  });

  test("tells why pods cannot be created, as long as there is none", () => {
    const { tracker, say, waiting } = setUp();
    say("FailedCreate", "exceeded quota");
    expect(waiting()).toEqual([{ kind: "creation", reason: "FailedCreate", message: "exceeded quota", pods: 2 }]);
    tracker.replacePods([pod(0, noNode)]);
    expect(waiting()).toEqual([{ ...noNode, pods: 1 }]);
    tracker.replacePods([]);
    tracker.replaceJobs([]);
    expect(waiting()).toEqual([]);
  });
});

describe("a run whose pods wait", () => {
  const unschedulable = { type: "PodScheduled", status: "False", message: "0/1 nodes are available: 1 Insufficient cpu." };

  function start(world: World, status: object = { phase: "Pending", conditions: [unschedulable] }) {
    world.cluster.podStatus = status;
    world.cluster.outcome = () => undefined;
    return world.go();
  }
  const tell = ({ cluster }: World, reason: string, message: string) =>
    cluster.put(
      "events",
      event(reason, message, {
        involvedObject: { kind: "Job", uid: cluster.jobs()[0]!.metadata.uid },
        lastTimestamp: new Date().toISOString(),
      }),
    );
  const finish = ({ cluster }: World) => {
    for (const pod of cluster.pods()) {
      cluster.put("pods", { ...pod, status: { phase: "Running" } } as never);
      cluster.finish(pod, { exitCode: 0 });
    }
  };

  test("tells why, as the autoscaler comes to know it", async () => {
    const world = createWorld();
    const running = start(world);
    await until(() => world.progress.length > 0);
    expect(world.progress.at(-1)).toBe("0 of 3 tasks done, 3 pods wait for a node: not enough cpu left on its nodes");
    tell(world, "PoolBlocked", "OVHcloud has given the pool compute 0 of 3 nodes: InsufficientVCPUsQuota");
    await until(() => world.progress.at(-1)!.includes("InsufficientVCPUsQuota"));
    finish(world);
    expect(await running).toMatchObject({ status: "complete" });
  });

  test("goes on without the right to read Events", async () => {
    const world = createWorld();
    world.cluster.hook = (call) => {
      if (call.endsWith(" events")) throw new ClusterError("events is forbidden", 403);
    };
    const running = start(world);
    await until(() => world.progress.length > 0);
    finish(world);
    expect(await running).toMatchObject({ status: "complete" });
  });
});
