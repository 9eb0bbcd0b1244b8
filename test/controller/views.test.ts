import { viewJob, viewNode, viewPod, viewPool } from "../../controller/views";
import { type Job, type Pod } from "../../kubernetes/cluster";

const annotations = { "batch.ovh-mks/parallelism": "5000", "batch.ovh-mks/launched": "true" };
const job = (rest: Partial<Job["spec"]> = {}, metadata: Partial<Job["metadata"]> = {}, status: Job["status"] = {}): Job => ({
  metadata: { name: "fit-1", namespace: "batch", uid: "u", labels: { nodepool: "compute" }, annotations, ...metadata },
  spec: {
    completions: 10_000,
    parallelism: 20,
    template: { spec: { containers: [{ resources: { requests: { cpu: "500m" }, limits: { memory: "1Gi" } } }] } },
    ...rest,
  },
  status,
});

describe("a Job", () => {
  test("tells its limit, what is left of it and what its pods ask for", () => {
    expect(viewJob(job({}, {}, { completedIndexes: "0-99,200", failedIndexes: "150" }))).toEqual({
      ...{ name: "fit-1", uid: "u", pool: "compute", limit: 5000, parallelism: 20, left: 9898 },
      requests: { cpu: 0.5, memory: 2 ** 30 },
    });
  });

  test("of Karpenter's is of no pool of OVHcloud's: nobody knows how many nodes it will get", () => {
    const template = { spec: { nodeSelector: { "karpenter.sh/nodepool": "compute" } } };
    expect(viewJob(job({ template }))).toMatchObject({ pool: "karpenter.sh/nodepool=compute" });
  });

  test("tells how many of its tasks start together", () => {
    const template = { metadata: { annotations: { "batch.ovh-mks/min-available": "8" } } };
    expect(viewJob(job({ template }))).toMatchObject({ minAvailable: 8 });
  });

  test.each<[string, Job]>([
    ["without the annotation, as one of an earlier version", job({}, { annotations: { ...annotations, "batch.ovh-mks/parallelism": "" } })],
    ["that is not launched", job({}, { annotations: { "batch.ovh-mks/parallelism": "5" } })],
    ["that is suspended", job({ suspend: true })],
    ["that is being deleted", job({}, { deletionTimestamp: "2026-01-01T00:00:00Z" })],
    ["that has ended", job({}, {}, { conditions: [{ type: "Failed", status: "True" }] })],
    ["without a number of tasks", job({ completions: undefined })],
  ])("%s is left alone", (_what, given) => {
    expect(viewJob(given)).toBeUndefined();
  });
});

describe("a pod", () => {
  const pod = (phase: string, node?: string, finalizers: string[] = ["batch.kubernetes.io/job-tracking"]): Pod => ({
    metadata: { name: "p", uid: "p", finalizers, ownerReferences: [{ uid: "u", kind: "Job" }] },
    spec: { ...(node && { nodeName: node }) },
    status: { phase },
  });

  test.each([
    ["that runs has a node", pod("Running", "a"), "bound"],
    ["that begins to run has a node", pod("Pending", "a"), "bound"],
    ["that failed keeps the place of its task until that is tried again", pod("Failed", "a"), "retrying"],
    ["that failed for good does not", pod("Failed", "a", []), undefined],
    ["that waits for a node does not count", pod("Pending"), undefined],
    ["that succeeded does not count", pod("Succeeded", "a"), undefined],
    ["of no Job does not count", { ...pod("Running", "a"), metadata: { name: "p" } }, undefined],
  ])("%s", (_what, given, state) => {
    expect(viewPod(given)).toEqual(state && { jobUid: "u", state });
  });
});

test("nodes and pools tell what decides how many pods fit", () => {
  const allocatable = { cpu: "4" };
  expect(viewNode({ metadata: { name: "n", labels: { nodepool: "compute" } }, status: { allocatable } })).toEqual({
    pool: "compute",
    status: { allocatable },
  });
  expect(viewNode({ metadata: { name: "n" } })).toBeUndefined();
  expect(viewPool({ metadata: { name: "compute" }, spec: { flavor: "b3-8", desiredNodes: 3, maxNodes: 9 } })).toEqual({
    ...{ name: "compute", flavor: "b3-8", desired: 3 },
  });
});
