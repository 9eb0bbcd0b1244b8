import { Blockage } from "../../batch/blocked";
import { type Waiting } from "../../batch/pods";
import { type Progress } from "../../batch/progress";

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
function blockedAfter(progress: Progress, limit = 20 * minute): [number, string] | undefined {
  const blockage = new Blockage();
  for (let now = 0; now <= limit; now += 1000) {
    const text = blockage.check(progress, now);
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
    const blockage = new Blockage();
    expect(blockage.check(image("not found"), 0)).toBeUndefined();
    expect(blockage.check(waitingFor(), 30_000)).toBeUndefined();
    expect(blockage.check(image("not found"), 60_000)).toBeUndefined();
    expect(blockage.check(image("not found"), 104_000)).toBeUndefined();
    expect(blockage.check(image("not found"), 105_000)).toMatch(/cannot be pulled/);
  });
});
