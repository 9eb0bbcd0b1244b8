import { type TaskRecord } from "../../batch";
import { openSession } from "../../batch/run/session";
import { renderPage, saveReport } from "../../report";
import { recordsOf, unread } from "../../report/records";
import { createWorld, type World } from "../batch/fakes/world";

const now = new Date("2026-01-02T00:00:00Z");
const key = "batch/thumbnails/report.html";
const save = ({ cluster, store, parameters }: World) => saveReport(parameters(), { cluster, store, now });
const recordsRead = ({ store }: World) => store.calls.filter((call) => call.startsWith("get batch/thumbnails/records/")).length;
const page = ({ store }: World) => store.objects.get(key)!;

/** The second task fails twice, each time for another reason; the third at its first try. */
async function ran(): Promise<World> {
  const world = createWorld();
  world.cluster.outcome = (index, attempt) =>
    index === 1
      ? { exitCode: 7, message: attempt === 0 ? "beam dump" : "no beam", log: `try ${attempt}\nlast words\n` }
      : index === 2 && attempt === 0
        ? { exitCode: 3, message: "too early" }
        : { exitCode: 0 };
  await world.go();
  return world;
}

describe("the report in the bucket", () => {
  test("is beside the results, and replaces the one of an earlier run", async () => {
    const world = await ran();
    world.store.objects.set(key, "old");
    expect(await save(world)).toBe(key);
    expect(page(world)).toContain("<!doctype html>");
    for (const text of ["no beam", "last words", "beam dump", "too early", "a.mp4", "b.mp4", "c.mp4"]) expect(page(world)).toContain(text);
  });

  test("of a Job in which all went well is made of its summary alone", async () => {
    const world = createWorld();
    await world.go();
    world.store.calls.length = 0;
    await save(world);
    expect(recordsRead(world)).toBe(0);
    expect(page(world)).toMatch(/<\/span> Complete<\/p>/);
  });

  test("is the same, made of what a process knows that followed the Job", async () => {
    const world = await ran();
    await save(world);
    const before = page(world);
    const { cluster, store, parameters } = world;
    const known = await openSession(parameters(), { cluster, store });
    store.objects.set("batch/thumbnails/summary.json", "{}");
    await saveReport(parameters(), { cluster, store, known, now });
    expect(page(world)).toBe(before);
  });

  test("shows what it shows of whole records", async () => {
    const world = await ran();
    await save(world);
    const { tasks } = JSON.parse(world.store.objects.get("batch/thumbnails/summary.json")!) as { tasks: { fingerprint: string }[] };
    const whole = new Map(world.records().map((record) => [record.fingerprint, record]));
    const records = tasks.map(({ fingerprint }): TaskRecord => whole.get(fingerprint)!);
    const { content } = await renderPage({ parameters: world.parameters(), records, store: world.store, now });
    expect(page(world)).toBe(content.toString());
  });

  test("has the tasks that have not ended", async () => {
    const world = createWorld();
    world.cluster.outcome = (index) => (index === 0 ? { exitCode: 0 } : undefined);
    await world.go({ wait: "none" });
    await save(world);
    expect(page(world)).toContain("3 tasks not ended");
  });

  test("embeds few pictures", async () => {
    const world = createWorld();
    world.cluster.outcome = (index) => ({
      exitCode: 0,
      message: JSON.stringify({ outputs: [{ key: `plots/${index}.png`, bytes: index === 0 ? 10_000_000 : 4 }] }),
    });
    for (const n of [0, 1, 2]) world.store.objects.set(`plots/${n}.png`, "png!");
    await world.go();
    await save(world);
    expect(page(world).match(/<img src="data:image\/png/g)).toHaveLength(2);
    expect(page(world)).toContain("1 further image or video would make this page too large; it is in the bucket");
  });
});

describe("records of rows", () => {
  const row = (i: number) => ({
    ...{ name: `t${i}`, fingerprint: `${i}`, status: "succeeded" as const, outputs: [], attempts: 2, jobUid: "uid", etag: "e" },
    ...{ start: "2026-01-01T00:00:01Z", end: "2026-01-01T00:00:02Z", node: "n", exitCode: 0 },
    earlier: [{ node: "n", start: "2026-01-01T00:00:00Z", end: "2026-01-01T00:00:01Z" }],
  });

  test("are read of at most 1,000 tasks that were tried again; of the others the page says where their reasons are", async () => {
    const { store } = createWorld();
    const records = await recordsOf(
      Array.from({ length: 1_200 }, (_, i) => row(i)),
      store,
      "batch/x/",
    );
    expect(store.calls.filter((call) => call.startsWith("get "))).toHaveLength(1_000);
    expect(records).toHaveLength(1_200);
    expect(records[0]!.attempts).toEqual([
      { pod: "", ...row(0).earlier[0], reason: unread },
      { pod: "", node: "n", start: "2026-01-01T00:00:01Z", end: "2026-01-01T00:00:02Z", exitCode: 0, reason: undefined, logKey: undefined },
    ]);
  });

  test("of a task whose pods were gone before they were read have no attempt", async () => {
    const { store } = createWorld();
    const [record] = await recordsOf([{ ...row(0), attempts: 0, earlier: undefined }], store, "batch/x/");
    expect(record).toMatchObject({ attempts: [], job: { uid: "uid" } });
  });
});
