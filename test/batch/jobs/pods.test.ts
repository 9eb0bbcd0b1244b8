import { type Condition, type ContainerState, type Pod } from "../../../kubernetes/cluster";
import { viewPod } from "../../../batch/jobs/pods";

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

test("between two tries a pull has the fault of the last one", () => {
  const waiting = (reason: string, message: string) => viewPod(podWith("Pending", { waiting: { reason, message } }))?.waiting;
  const fault = { kind: "image", reason: "ErrImagePull", message: 'failed to pull and unpack image "r/a:1": 401 Unauthorized' };
  expect(waiting("ErrImagePull", fault.message)).toEqual(fault);
  expect(waiting("ImagePullBackOff", `Back-off pulling image "r/a:1": ErrImagePull: ${fault.message}`)).toEqual(fault);
  const old = { kind: "image", reason: "ImagePullBackOff", message: 'Back-off pulling image "r/a:1"' };
  expect(waiting(old.reason, old.message)).toEqual(old);
});

test("a task tells a note and an object with more outputs", () => {
  const message = JSON.stringify({
    outputs: [{ key: "a", bytes: 1 }],
    outputsKey: "batch/a/list.json",
    note: "the sound was missing",
    more: 1,
  });
  expect(viewPod(podWith("Succeeded", ended(0, { message })))).toMatchObject({
    outputs: [{ key: "a", bytes: 1 }],
    attempt: { outputsKey: "batch/a/list.json", note: "the sound was missing" },
  });
  const odd = JSON.stringify({ outputs: [], outputsKey: 1, note: "" });
  expect(Object.keys(viewPod(podWith("Succeeded", ended(0, { message: odd })))!.attempt!)).not.toContain("note");
});

test("outputs that the kubelet cut are missed, not lost in silence", () => {
  // The kubelet keeps the last 4,096 bytes.
  const outputs = Array.from({ length: 120 }, (_, i) => ({ key: `batch/outs/part-${i}.parquet`, bytes: 1 }));
  const message = JSON.stringify({ outputs }).slice(-4096);
  expect(viewPod(podWith("Succeeded", ended(0, { message })))).toMatchObject({
    outputs: [],
    attempt: { note: "outputs not read: more than 4,096 bytes; list them in an object, and tell its key as outputsKey" },
  });
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
  test("is memory in the units of people: the API server tells 1.4Gi in thousandths of bytes", () => {
    const pod = podWith("Failed", ended(137, { reason: "OOMKilled" }));
    const spec = { ...pod.spec, containers: [{ resources: { limits: { memory: "1503238553600m" } } }] } as typeof pod.spec;
    expect(reasonOf({ ...pod, spec })).toBe("OOMKilled: used more than its memory (1.4Gi)");
  });
  test("is the disruption, whatever the program said when it was stopped", () => {
    const conditions = [{ type: "DisruptionTarget", status: "True", reason: "DeletionByTaintManager", message: "the node is gone" }];
    expect(reasonOf(podWith("Failed", ended(143, { message: "terminated" }), { conditions }))).toBe(
      "DeletionByTaintManager: the node is gone",
    );
  });
  test.each<[string, string, ContainerState]>([
    ["DeadlineExceeded", "Pod was active too long", {}],
    ["DeadlineExceeded", "Pod was active too long", ended(143, { reason: "Error", message: "epoch 5" })],
    ["Evicted", 'Usage of EmptyDir volume "tmp" exceeds the limit "50Mi".', ended(137, { reason: "Error", message: "writing" })],
  ])("is the kubelet's %s: %s, whatever the program said", (reason, message, state) => {
    expect(reasonOf(podWith("Failed", state, { reason, message }))).toBe(`${reason}: ${message}`);
  });
  test("is the kubelet's when the program could not begin", () => {
    const state = ended(128, { reason: "StartError", message: 'exec: "/bin/sh": no such file or directory' });
    expect(reasonOf(podWith("Failed", state))).toBe('StartError: exec: "/bin/sh": no such file or directory');
  });
  test.each([
    [137, "exit status 137 (killed, SIGKILL)"],
    [139, "exit status 139 (invalid memory access, SIGSEGV)"],
    [127, "exit status 127 (the program was not found)"],
    [255, "exit status 255"],
  ])("is an exit status of %i in words, and no lack of memory", (code, words) => {
    const { reason, outOfMemory } = viewPod(podWith("Failed", ended(code, { reason: "Error" })))!.attempt!;
    expect([reason, outOfMemory]).toEqual([words, undefined]);
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
  test("with its volumes and its sandbox there", () => {
    const conditions = [{ type: "PodReadyToStartContainers", status: "True" }];
    expect(viewPod(podWith("Pending", waiting("ContainerCreating"), { conditions }))).toMatchObject({ prepared: true });
    expect(viewPod(podWith("Pending", waiting("ContainerCreating")))).not.toHaveProperty("prepared");
  });
  test("for a node when nobody has looked at it yet", () => {
    expect(waitingOf(podWith("Pending", {}, { node: "" }))).toMatchObject({ kind: "node" });
  });
});
