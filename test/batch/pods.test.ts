import { type Condition, type ContainerState, type Pod } from "../../batch/cluster";
import { viewPod } from "../../batch/pods";

function podWith(
  phase: string,
  state: ContainerState = {},
  more: { conditions?: Condition[]; reason?: string; message?: string; node?: string } = {},
): Pod {
  const { node = "node-1", ...status } = more;
  return {
    metadata: {
      name: "a-3-x",
      uid: "pod-uid",
      labels: { "batch.kubernetes.io/controller-uid": "job-uid" },
      annotations: { "batch.kubernetes.io/job-completion-index": "3" },
      creationTimestamp: "2026-01-01T00:00:00Z",
    },
    spec: node ? { nodeName: node } : {},
    status: {
      phase,
      startTime: "2026-01-01T00:00:00Z",
      ...status,
      ...(Object.keys(state).length > 0 && { containerStatuses: [{ state }] }),
    },
  };
}

const ended = (exitCode: number, more: { reason?: string; message?: string } = {}): ContainerState => ({
  terminated: { exitCode, startedAt: "2026-01-01T00:00:01Z", finishedAt: "2026-01-01T00:00:09Z", ...more },
});
const reasonOf = (pod: Pod) => viewPod(pod)?.attempt?.reason;

test("a pod of no Indexed Job is none of ours", () => {
  expect(viewPod({ metadata: { name: "a" } })).toBeUndefined();
});

test("a running pod has neither attempt nor reason to wait", () => {
  expect(viewPod(podWith("Running", { running: {} }))).toEqual({
    uid: "pod-uid",
    name: "a-3-x",
    jobUid: "job-uid",
    index: 3,
    phase: "Running",
    node: "node-1",
    start: "2026-01-01T00:00:00Z",
  });
});

test("a pod that succeeded tells where, when, and what it wrote", () => {
  const message = JSON.stringify({ outputs: [{ key: "thumbnails/a.webm", bytes: 9, more: 1 }, { key: 1 }] });
  expect(viewPod(podWith("Succeeded", ended(0, { message })))).toMatchObject({
    attempt: { pod: "a-3-x", node: "node-1", start: "2026-01-01T00:00:01Z", end: "2026-01-01T00:00:09Z", exitCode: 0 },
    outputs: [{ key: "thumbnails/a.webm", bytes: 9 }],
  });
});

test.each(["", "done", "null", "[]", `{"outputs": {}}`, `{"outputs": [null]}`])("outputs that are none (%s) are ignored", (message) => {
  expect(viewPod(podWith("Succeeded", ended(0, { message })))?.outputs).toEqual([]);
});

describe("the reason of a failure", () => {
  test("is the last line that the program left", () => {
    expect(reasonOf(podWith("Failed", ended(65, { reason: "Error", message: "opening\nno video stream\n" })))).toBe("no video stream");
  });
  test("is its exit status when it said nothing", () => {
    expect(reasonOf(podWith("Failed", ended(3, { reason: "Error" })))).toBe("exit status 3");
  });
  test("is memory, whatever it said before", () => {
    expect(reasonOf(podWith("Failed", ended(137, { reason: "OOMKilled", message: "working" })))).toBe(
      "OOMKilled: used more than its memory",
    );
  });
  test("is the disruption, whatever the program said when it was stopped", () => {
    const conditions = [{ type: "DisruptionTarget", status: "True", reason: "DeletionByTaintManager", message: "the node is gone" }];
    expect(reasonOf(podWith("Failed", ended(143, { message: "terminated" }), { conditions }))).toBe(
      "DeletionByTaintManager: the node is gone",
    );
  });
  test("is the kubelet's when no container ran", () => {
    const pod = podWith("Failed", {}, { reason: "DeadlineExceeded", message: "Pod was active too long" });
    expect(reasonOf(pod)).toBe("DeadlineExceeded: Pod was active too long");
  });
  test("is never missing", () => {
    expect(viewPod(podWith("Failed"))?.attempt).toEqual({
      pod: "a-3-x",
      node: "node-1",
      start: "2026-01-01T00:00:00Z",
      reason: "the pod failed without a reason",
    });
  });
});

describe("a pod waits", () => {
  const waitingOf = (pod: Pod) => viewPod(pod)?.waiting;
  const waiting = (reason: string): ContainerState => ({ waiting: { reason, message: "why" } });

  test("for a node, with the scheduler's reason in short", () => {
    const conditions = [
      { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes are available: 3 Insufficient cpu." },
    ];
    expect(waitingOf(podWith("Pending", {}, { conditions, node: "" }))).toEqual({
      kind: "node",
      reason: "NoNode",
      message: "not enough cpu left on its nodes",
    });
  });
  test.each([
    ["ErrImagePull", "image"],
    ["ImagePullBackOff", "image"],
    ["InvalidImageName", "image"],
    ["CreateContainerConfigError", "container"],
    ["CreateContainerError", "container"],
    ["ContainerCreating", "start"],
  ])("because of %s for its %s", (reason, kind) => {
    expect(waitingOf(podWith("Pending", waiting(reason)))).toEqual({ kind, reason, message: "why" });
  });
  test("for a node when nobody has looked at it yet", () => {
    expect(waitingOf(podWith("Pending", {}, { node: "" }))).toMatchObject({ kind: "node" });
  });
});
