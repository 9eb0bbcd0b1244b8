import { Blockage } from "../../../batch/watch/blocked";
import { type Waiting } from "../../../batch/jobs/pods";
import { type Progress } from "../../../batch/watch/progress";

const minute = 60_000;
const waitingFor = (...waiting: Waiting[]): Progress => ({
  total: 3,
  succeeded: 0,
  failed: 0,
  running: 0,
  waiting: waiting.map((why) => ({ ...why, pods: 2 })),
});
const image = (message: string, reason = "ImagePullBackOff"): Progress => waitingFor({ kind: "image", reason, message });

/** When, in milliseconds, a Job that stays so is said to be blocked, and with which words. */
function blockedAfter(progress: Progress, limit = 20 * minute, started = false): [number, string] | undefined {
  const blockage = new Blockage({ startDeadlineSeconds: 600 });
  for (let now = 0; now <= limit; now += 1000) {
    const text = blockage.check({ progress, started }, now);
    if (text) return [now, text];
  }
  return undefined;
}

describe("a Job is blocked", () => {
  test("at once by an image reference that is none", () => {
    expect(blockedAfter(image("couldn't parse image name", "InvalidImageName"))).toEqual([
      0,
      "the image reference is not valid (InvalidImageName, 2 pods): couldn't parse image name",
    ]);
  });

  test.each(["manifest unknown", "registry/a:1: not found"])("soon by a registry that says '%s'", (message) => {
    expect(blockedAfter(image(message))).toEqual([45_000, `the image cannot be pulled (ImagePullBackOff, 2 pods): ${message}`]);
  });

  test.each(["pull access denied", "401 Unauthorized"])("soon by a registry that says '%s', with what may help", (message) => {
    const [when, text] = blockedAfter(image(message)) ?? [];
    expect(when).toBe(45_000);
    expect(text).toMatch(new RegExp(`image cannot be pulled .*: ${message}; .*'imagePullSecrets' name a Secret`));
  });

  test("late by a registry that is away", () => {
    expect(blockedAfter(image("dial tcp: i/o timeout"))?.[0]).toBe(10 * minute);
  });

  test("after a while by a container that cannot be created", () => {
    const progress = waitingFor({ kind: "container", reason: "CreateContainerConfigError", message: `secret "s3" not found` });
    expect(blockedAfter(progress)).toEqual([
      2 * minute,
      `the container cannot be created (CreateContainerConfigError, 2 pods): secret "s3" not found`,
    ]);
  });

  test.each<[string, Waiting]>([
    [
      "a PersistentVolumeClaim that is not there",
      { kind: "node", reason: "VolumeMissing", message: "there is no PersistentVolumeClaim 'a'" },
    ],
    ["pods that fit no pool", { kind: "node", reason: "NoPoolFits", message: "2 pods fit no node" }],
    [
      "pods that the namespace forbids",
      { kind: "creation", reason: "FailedCreate", message: `pods "a" is forbidden: violates PodSecurity` },
    ],
    ["a service account that is not there", { kind: "creation", reason: "FailedCreate", message: `serviceaccount "a" not found` }],
  ])("after a while by %s", (_what, waiting) => {
    expect(blockedAfter(waitingFor(waiting))).toEqual([2 * minute, expect.stringContaining(waiting.message)]);
  });

  test.each<Waiting>([
    { kind: "node", reason: "NoNode", message: "its pool has no node for it yet; not found" },
    { kind: "node", reason: "PoolBlocked", message: "InsufficientVCPUsQuota" },
    { kind: "node", reason: "PoolAtMaximum", message: "no more than 3 nodes" },
    { kind: "creation", reason: "FailedCreate", message: "exceeded quota: pods, used 10, limited 10" },
    { kind: "start", reason: "ContainerCreating", message: "" },
  ])("never by what may heal: $reason", (waiting) => {
    expect(blockedAfter(waitingFor(waiting), 24 * 60 * minute)).toBeUndefined();
  });

  test("only by a fault that lasts", () => {
    const blockage = new Blockage({ startDeadlineSeconds: 600 });
    const check = (progress: Progress, now: number) => blockage.check({ progress, started: false }, now);
    expect(check(image("not found"), 0)).toBeUndefined();
    expect(check(waitingFor(), 30_000)).toBeUndefined();
    expect(check(image("not found"), 60_000)).toBeUndefined();
    expect(check(image("not found"), 104_000)).toBeUndefined();
    expect(check(image("not found"), 105_000)).toMatch(/cannot be pulled/);
  });
});

describe("a pod that has a node and does not start", () => {
  const lost: Waiting = { kind: "start", reason: "FailedMount", message: "hostPath type check failed: /no/such is not a directory" };

  test("blocks its Job after startDeadlineSeconds, with the kubelet's word", () => {
    expect(blockedAfter({ ...waitingFor(lost), total: 2 })).toEqual([
      10 * minute,
      "the pods cannot start (FailedMount, 2 pods): hostPath type check failed: /no/such is not a directory",
    ]);
  });

  test("does not, while others may: they run, wait for nodes, or have no pod yet", () => {
    expect(blockedAfter({ ...waitingFor(lost), total: 3, running: 1 })).toBeUndefined();
    expect(blockedAfter({ ...waitingFor(lost, { kind: "node", reason: "NoNode", message: "" }), total: 4 })).toBeUndefined();
    expect(blockedAfter(waitingFor(lost))).toBeUndefined();
  });
});

describe("a Job of which something has started", () => {
  const denied = { ...image("401 Unauthorized"), succeeded: 1 };

  test("is blocked when all that is left is", () => {
    expect(blockedAfter(denied, 20 * minute, true)).toEqual([45_000, expect.stringContaining("the image cannot be pulled")]);
  });

  test("goes on while a task runs, or may: what runs is not given up", () => {
    expect(blockedAfter({ ...denied, running: 1, total: 4 }, 20 * minute, true)).toBeUndefined();
    // One waits for its next attempt, and has no pod now.
    expect(blockedAfter({ ...denied, total: 4 }, 20 * minute, true)).toBeUndefined();
    const waiting = [...denied.waiting, { kind: "start", reason: "ContainerCreating", message: "", pods: 1 } as const];
    expect(blockedAfter({ ...denied, total: 4, waiting }, 20 * minute, true)).toBeUndefined();
  });

  test.each([
    ["by the user's limit", { parallelism: 2 }, {}],
    ["as the Job keeps no more pods for now", {}, { atOnce: 2 }],
  ])("is blocked with tasks left for which there is no room beside those that cannot start, %s", (_why, parameters, more) => {
    const blockage = new Blockage({ startDeadlineSeconds: 600, parallelism: undefined, ...parameters });
    for (const now of [0, 45_000])
      expect(blockage.check({ progress: { ...denied, total: 100, ...more }, started: true }, now) !== undefined).toBe(now > 0);
  });
});
