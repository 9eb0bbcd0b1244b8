import { type Outputs } from "../../../components/batch/provider";
import { type FakeCluster } from "../../batch/fakes/cluster";
import { failing, setUp, undefinedIn } from "./fakes/provider";

describe("a schedule", () => {
  const nightly = { schedule: { cron: "30 2 * * *" } };

  test("is made instead of a run, and its outputs tell when it runs", async () => {
    const { create, cluster, lines } = setUp();
    const { outs } = await create(nightly);
    expect(outs).toMatchObject({
      status: "scheduled",
      counts: { total: 3 },
      nextRun: expect.stringMatching(/T02:30:00Z$/) as string,
      lastRun: "",
    });
    expect(undefinedIn(outs)).toEqual([]);
    expect([cluster.all("cronjobs").length, cluster.ran.length]).toEqual([1, 0]);
    expect(lines.at(-1)).toMatch(/^thumbnails: 3 tasks at each time of "30 2 \* \* \*" \(Etc\/UTC\), next at /);
  });

  test("that is as it was is no update, without asking the cluster; other objects are one", async () => {
    const { create, diff, connections, store } = setUp();
    const { outs } = await create(nightly);
    const before = connections();
    expect(await diff(outs as Outputs, nightly)).toMatchObject({ changes: false });
    expect(connections()).toBe(before);
    store.objects.set("videos/d.mp4", "d");
    expect(await diff(outs as Outputs, nightly)).toMatchObject({ changes: true });
  });

  test("is read with what became of its last time", async () => {
    const { create, provider, cluster, diff } = setUp();
    const { id, outs } = await create(nightly);
    failing(cluster);
    cluster.fire("thumbnails");
    await new Promise((resolve) => setTimeout(resolve, 20));
    const [cronJob] = cluster.all("cronjobs");
    cluster.put("cronjobs", { ...cronJob!, status: { lastScheduleTime: "2026-03-10T02:30:00Z" } } as never);
    const { props } = await provider.read!(id, outs);
    expect(props).toMatchObject({ status: "scheduled", counts: { succeeded: 2, failed: 1 }, lastRun: "2026-03-10T02:30:00Z" });
    expect(await diff(props as Outputs, nightly)).toMatchObject({ changes: false });
  });

  test.each<[string, (cluster: FakeCluster) => void]>([
    ["deleted", (cluster) => cluster.drop("cronjobs", "batch", "thumbnails")],
    ["suspended", (cluster) => cluster.put("cronjobs", { ...cluster.all("cronjobs")[0]!, spec: { suspend: true } } as never)],
  ])("that somebody %s is drift, and the next update makes it anew", async (_what, change) => {
    const { create, provider, cluster, diff, update } = setUp();
    const { id, outs } = await create(nightly);
    change(cluster);
    const { props } = await provider.read!(id, outs);
    expect(props).toMatchObject({ status: "unfinished", nextRun: "" });
    expect(await diff(props as Outputs, nightly)).toMatchObject({ changes: true });
    expect((await update(props as Outputs, nightly)).outs).toMatchObject({ status: "scheduled" });
    expect(cluster.all("cronjobs")[0]).toMatchObject({ spec: { suspend: false } });
  });

  test("goes with the resource", async () => {
    const { create, provider, cluster } = setUp();
    const { id, outs } = await create(nightly);
    await provider.delete!(id, outs as Outputs);
    expect([...cluster.all("cronjobs"), ...cluster.all("configmaps")]).toEqual([]);
  });
});
