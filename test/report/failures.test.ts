import { type TaskRecord } from "../../batch/records";
import { failuresOf } from "../../report/failures";

const failed = (name: string, reason: string): TaskRecord => ({
  ...{ name, fingerprint: name, status: "failed", reason, outputs: [], attempts: [] },
  job: { name: "job", uid: "uid", index: 0 },
});
const groupsOf = (...records: TaskRecord[]) => failuresOf(records, []).groups.map(({ reason, count }) => [reason, count]);

test("failures of one kind are one group, without the tasks' own names and numbers", () => {
  expect(
    groupsOf(
      failed("videos/a.mp4", "videos/a.mp4: moov atom 12 not found"),
      failed("videos/b.mp4", "videos/b.mp4: moov atom 7.5 not found"),
    ),
  ).toEqual([["…: moov atom … not found", 2]]);
  expect(groupsOf(failed("SEED=1", "seed 1 step 12"), failed("SEED=2", "seed 2 step 4"), failed("SEED=3", "other"))).toEqual([
    ["seed … step …", 2],
    ["other", 1],
  ]);
});

test("a reason that all have is shown as it is, and statuses tell kinds apart", () => {
  expect(
    groupsOf(failed("a", "OOMKilled: used more than its memory (1Gi)"), failed("b", "OOMKilled: used more than its memory (1Gi)")),
  ).toEqual([["OOMKilled: used more than its memory (1Gi)", 2]]);
  expect(
    groupsOf(failed("a", "exit status 3"), failed("b", "exit status 4"), failed("c", "HTTP 404"), failed("d", "HTTP 500")),
  ).toHaveLength(4);
});
