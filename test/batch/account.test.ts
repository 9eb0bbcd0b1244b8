import { cancel, listJobs, overview, readSummary, saveJob } from "../../batch";
import { mergeSpans } from "../../batch/run/stopped";
import { createWorld, type World } from "./fakes/world";

const entryOf = async (world: World) => (await listJobs(world.store)).at(0)!;
const stop = (world: World) => cancel(world.parameters(), { cluster: world.cluster, store: world.store, say: () => undefined });

describe("a Job that was cancelled before a task ended", () => {
  test("has the same tasks in all views, and the hours of what was stopped", async () => {
    const world = createWorld();
    world.cluster.outcome = () => undefined;
    world.cluster.podStatus = { phase: "Running", startTime: new Date(Date.now() - 60_000).toISOString() };
    await world.go({ wait: "none" });
    await stop(world);
    expect(await overview(await entryOf(world), world)).toEqual({ status: "unfinished", counts: { total: 3, succeeded: 0, failed: 0 } });
    expect(await world.look()).toMatchObject({ status: "unfinished", progress: { total: 3, succeeded: 0, failed: 0 } });
    const summary = await readSummary(world.store, "batch/thumbnails/");
    expect(summary).toMatchObject({ total: 3, tasks: [], stopped: [{ node: "node-1" }] });
    world.cluster.outcome = () => ({ exitCode: 0 });
    const { cost } = await world.go();
    // The minute of what was stopped, and then that of the fake's pods, which ran in January.
    expect(cost.nodeHours).toBeGreaterThan(1 / 60);
    expect((await readSummary(world.store, "batch/thumbnails/"))?.stopped).toEqual(summary?.stopped);
  });

  test("that was deleted by somebody else has its tasks, too", async () => {
    const world = createWorld();
    await saveJob(world.store, world.parameters(), "mks-batch");
    expect(await overview(await entryOf(world), world)).toMatchObject({ status: "unfinished", counts: { total: 3 } });
  });
});

test.each<[string, (world: World) => void]>([
  ["a run cancels as its tasks are not wanted any more", () => undefined],
  [
    "somebody else is deleting",
    ({ cluster }) => {
      const [job] = cluster.jobs();
      cluster.put("jobs", { ...job!, metadata: { ...job!.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });
    },
  ],
])("the hours of a Job that %s are noted", async (_what, change) => {
  const world = createWorld();
  world.cluster.outcome = () => undefined;
  const startTime = new Date(Date.now() - 60_000).toISOString();
  world.cluster.podStatus = { phase: "Running", startTime };
  await world.go({ wait: "none" });
  change(world);
  world.cluster.outcome = () => ({ exitCode: 0 });
  await world.go({ onChange: "cancel", env: { OTHER: "1" } });
  const stopped = [{ node: "node-1", start: startTime, end: expect.any(String) as string }];
  expect(await readSummary(world.store, "batch/thumbnails/")).toMatchObject({ total: 3, stopped });
});

test("spans of one node that overlap are one", () => {
  const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, "0")}:00Z`;
  const span = (node: string, start: number, end: number) => ({ node, start: at(start), end: at(end) });
  expect(mergeSpans([span("a", 5, 9), span("b", 1, 2), span("a", 1, 6), span("a", 20, 21), { node: "c", start: at(1) }])).toEqual([
    span("b", 1, 2),
    span("a", 1, 9),
    span("a", 20, 21),
  ]);
});
