import { describeFailures, type Parameters, type Result, type Store } from "../../../batch";

const row = (name: string) =>
  ({ name, fingerprint: name, status: "failed", attempts: 1, exitCode: 1, reason: "no such file", outputs: [] }) as const;

/** Two failed tasks, the first of which failed before. */
const result = {
  status: "failed",
  counts: { total: 9, succeeded: 7, failed: 2, skipped: 8 },
  tasks: [row("old"), row("new")],
  failedBefore: ["old"],
  logs: "s3://bucket/batch/job/logs/",
} as unknown as Result;
const store = { get: () => Promise.resolve(undefined) } as unknown as Store;
const describeWith = (values: Partial<Result>, onFailure: "fail" | "report") =>
  describeFailures({ ...result, ...values }, { name: "job", resultsPrefix: "batch/job/", onFailure } as Parameters, store);

const before = (count: number) => `${count} of 9 tasks failed before, and did not run again: mks-batch status job`;

test("a failure that an earlier update reported is counted, and not told again", async () => {
  expect(await describeWith({}, "report")).toBe(
    [
      "1 of 9 tasks failed:",
      "  - new: no such file (exit status 1, 1 attempt)",
      "The logs of all attempts are in s3://bucket/batch/job/logs/.",
      before(1),
    ].join("\n"),
  );
  expect(await describeWith({ failedBefore: ["old", "new"] }, "report")).toBe(before(2));
});

test("a failure that fails the update is told each time", async () => {
  expect(await describeWith({}, "fail")).toMatch(/^2 of 9 tasks failed:\n {2}- old: .*\n {2}- new: /);
});
