import { type RawMeta, type RawPod } from "../../../autoscaler/state/raw";
import { readEnded } from "../../../autoscaler/state/read-ended";
import { readJob } from "../../../autoscaler/state/read-pods";

const finishedAt = "2026-01-01T00:00:20Z";
const end = Date.parse(finishedAt);

function ended(meta: Partial<RawMeta> = {}, { phase = "Succeeded", node = "a", at = finishedAt } = {}): RawPod {
  return {
    metadata: {
      ...{ name: "x", namespace: "batch", uid: "u", resourceVersion: "7", creationTimestamp: "2026-01-01T00:00:00Z" },
      ownerReferences: [{ kind: "Job", name: "job", uid: "job", controller: true }],
      ...meta,
    },
    spec: { containers: [], ...(node && { nodeName: node }) },
    status: { phase, containerStatuses: [{ state: { terminated: { finishedAt: at } } }] },
  };
}
const recorded = { annotations: { "batch.ovh-mks/recorded-by": "controller" } };
const tracked = { finalizers: ["batch.kubernetes.io/job-tracking"] };

describe("a pod that has ended", () => {
  test("holds its node for a minute from its end if a controller records it", () => {
    for (const phase of ["Succeeded", "Failed"])
      expect(readEnded(ended(recorded, { phase }))).toEqual({ holds: { node: "a", until: end + 60_000 } });
  });

  test.each<[string, RawPod]>([
    ["no controller records it", ended()],
    ["somebody else does", ended({ annotations: { "batch.ovh-mks/recorded-by": "somebody" } })],
    ["it is being deleted: its end is recorded", ended({ ...recorded, deletionTimestamp: finishedAt })],
    ["it never had a node", ended(recorded, { node: "" })],
    ["nobody knows when it ended", ended(recorded, { at: "" })],
  ])("holds nothing when %s", (_why, raw) => {
    expect(readEnded(raw)).toBeUndefined();
  });

  test("stands for its task until its Job has counted it", () => {
    expect(readEnded(ended(tracked))).toEqual({ jobUid: "job" });
    expect(readEnded(ended({ ...tracked, deletionTimestamp: finishedAt }))).toEqual({ jobUid: "job" });
    expect(readEnded(ended({ ...tracked, ownerReferences: [] }))).toBeUndefined();
    expect(readEnded(ended({ ...tracked, ...recorded }))).toMatchObject({ jobUid: "job", holds: { node: "a" } });
  });

  test("is no other than that", () => {
    for (const phase of ["Pending", "Running"]) expect(readEnded(ended({ ...tracked, ...recorded }, { phase }))).toBeUndefined();
  });
});

describe("a Job", () => {
  const metadata = { name: "job", namespace: "batch", uid: "job", resourceVersion: "1", creationTimestamp: finishedAt };
  const read = (limit: string | undefined, parallelism: number) =>
    readJob({
      metadata: { ...metadata, ...(limit !== undefined && { annotations: { "batch.ovh-mks/parallelism": limit } }) },
      spec: { completions: 100, parallelism },
      status: { succeeded: 3 },
    });

  test("of a batch tells what its user allows, and what its spec does for now", () => {
    expect(read("50", 20)).toEqual({ uid: "job", left: 97, parallelism: 50, window: 20 });
    expect(read("50", 60)).toMatchObject({ parallelism: 60, window: 60 });
  });

  test.each([undefined, "", "many", "-3"])("of somebody else (%j) has as many pods as its spec says", (limit) => {
    expect(read(limit, 20)).toEqual({ uid: "job", left: 97, parallelism: 20 });
  });
});
