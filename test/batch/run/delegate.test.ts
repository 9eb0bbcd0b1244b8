import { submissionLabel } from "../../../batch/jobs/manifest/marks";
import { controllerLease } from "../../../batch/jobs/submission";
import { createWorld } from "../fakes/world";

/** Time passes only where somebody waits. */
let now = Date.parse("2026-01-01T00:00:00Z");
jest.mock("node:timers/promises", () => ({
  setTimeout: async (milliseconds: number) => {
    now += milliseconds;
    await new Promise(setImmediate);
  },
}));

beforeEach(() => jest.spyOn(Date, "now").mockImplementation(() => now));

const lease = (holderIdentity: string, renewed = now) =>
  ({
    metadata: { name: controllerLease, namespace: "batch" },
    spec: { holderIdentity, renewTime: new Date(renewed).toISOString() },
  }) as never;

test("a controller that does not answer is told, and the client runs the tasks itself", async () => {
  const world = createWorld();
  world.cluster.put("leases", lease("a", now + 30_000));
  const before = now;
  expect(await world.go()).toMatchObject({ status: "complete" });
  expect(world.said.join("\n")).toContain("the batch controller does not take it (no answer within 30 s): running it from here");
  expect(now - before).toBeGreaterThanOrEqual(30_000);
  expect(world.cluster.all("configmaps", "batch", { labels: submissionLabel })).toEqual([]);
  expect(world.keys("/submissions/")).toEqual([]);
});

test("a controller that refuses is told", async () => {
  const world = createWorld();
  world.cluster.put("leases", lease("a"));
  world.cluster.hook = (call, done) => {
    if (!done || !call.startsWith("create configmaps")) return;
    const [submission] = world.cluster.all("configmaps", "batch", { labels: submissionLabel });
    if (submission)
      world.cluster.put("configmaps", {
        ...submission,
        data: { ...(submission.data as object), refused: "it is of another version" },
      } as never);
  };
  expect(await world.go()).toMatchObject({ status: "complete" });
  expect(world.said.join("\n")).toContain("the batch controller does not take it (it is of another version): running it from here");
});

test.each([
  ["without a Lease", undefined],
  ["that has let its Lease go", lease("")],
  ["whose Lease is old", lease("a", now - 61_000)],
])("a controller %s is none: nothing is submitted", async (_name, object) => {
  const world = createWorld();
  if (object) world.cluster.put("leases", object);
  expect(await world.go()).toMatchObject({ status: "complete" });
  expect(world.keys("/submissions/")).toEqual([]);
});

test("a controller that goes away in the middle is waited for, and then the client goes on", async () => {
  const world = createWorld();
  world.cluster.put("leases", lease("a"));
  world.cluster.hook = (call, done) => {
    if (!done || !call.startsWith("create configmaps")) return;
    const [submission] = world.cluster.all("configmaps", "batch", { labels: submissionLabel });
    if (submission) world.cluster.put("configmaps", { ...submission, data: { ...(submission.data as object), acceptedBy: "1" } } as never);
  };
  const before = now;
  expect(await world.go()).toMatchObject({ status: "complete" });
  expect(now - before).toBeGreaterThanOrEqual(120_000);
  expect(world.said.join("\n")).toContain("the batch controller is away: going on from here");
  expect(world.cluster.ran).toHaveLength(3);
  expect(world.cluster.all("configmaps", "batch", { labels: submissionLabel })).toEqual([]);
});
