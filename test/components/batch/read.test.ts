import { type Outputs } from "../../../components/batch/provider";
import { given, setUp, undefinedIn } from "./fakes/provider";

describe("read", () => {
  test("keeps a settled Job as it is, without the cluster", async () => {
    const { create, provider, connections } = setUp();
    const { id, outs } = await create();
    const before = connections();
    expect(await provider.read!(id, outs as Outputs)).toEqual({ id, props: outs });
    expect(connections()).toBe(before);
  });

  test("records what an unsettled Job has come to by now, and waits for nothing", async () => {
    const { create, provider, cluster, store } = setUp();
    cluster.outcome = () => undefined;
    const { id, outs } = await create({ wait: "none" });
    expect(outs).toMatchObject({ status: "running", counts: { succeeded: 0 } });
    const [first, ...others] = cluster.pods();
    cluster.finish(first!, { exitCode: 0 });
    const { props } = await provider.read!(id, outs);
    expect(props).toMatchObject({ status: "running", counts: { total: 3, succeeded: 1 } });
    expect([...store.objects.keys()].filter((key) => key.includes("/records/"))).toHaveLength(1);
    others.forEach((pod) => cluster.finish(pod, { exitCode: 0 }));
    const { props: ended } = await provider.read!(id, props);
    expect(ended).toMatchObject({ ...given, status: "complete", counts: { succeeded: 3 } });
    expect(undefinedIn(ended)).toEqual([]);
    expect(await provider.diff!(id, ended as Outputs, (await setUp().check({ wait: "none" })).inputs)).toMatchObject({ changes: false });
  });

  test("finds that a Job was deleted before its end: the next update goes on", async () => {
    const { create, provider, cluster, diff, update } = setUp();
    cluster.outcome = (index) => (index === 0 ? { exitCode: 0 } : undefined);
    const { id, outs } = await create({ wait: "none" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { props: running } = await provider.read!(id, outs);
    cluster.drop("jobs", "batch", cluster.jobs()[0]!.metadata.name);
    const { props } = await provider.read!(id, running);
    expect(props).toMatchObject({ status: "unfinished", counts: { succeeded: 1 } });
    expect(await diff(props as Outputs, { wait: "none" })).toMatchObject({ changes: true, replaces: [] });
    cluster.outcome = () => ({ exitCode: 0 });
    expect((await update(props as Outputs)).outs).toMatchObject({ status: "complete", counts: { skipped: 1 } });
  });

  test("tells a Job that lost its ConfigMaps, and leaves it alone", async () => {
    const { create, provider, cluster, lines } = setUp();
    cluster.outcome = () => undefined;
    const { id, outs } = await create({ wait: "none" });
    const [job] = cluster.jobs();
    for (const { metadata } of cluster.all("configmaps")) cluster.drop("configmaps", "batch", metadata.name);
    await provider.read!(id, outs);
    expect(lines.at(-1)).toBe(
      `thumbnails: Job ${job!.metadata.name} has lost the ConfigMaps with its tasks: what it runs is not known, and nothing can be launched beside it; ` +
        `to end it: kubectl -n batch delete job ${job!.metadata.name}`,
    );
    expect(cluster.jobs()).toEqual([job]);
  });

  test("refuses an import", async () => {
    await expect(setUp().provider.read!("batch/thumbnails")).rejects.toThrow("a BatchJob cannot be imported");
  });
});
