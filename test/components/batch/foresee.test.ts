import { createForesight } from "../../../components/batch/foresee";
import { nothingYet } from "../../../components/batch/outputs";
import { type Outputs } from "../../../components/batch/provider";
import { toText } from "../../../components/batch/text";
import { away } from "../../batch/fakes/cluster";
import { setUp, unknown } from "./fakes/provider";

describe("the preview", () => {
  test("of a new Job tells what would run, once, and starts nothing", async () => {
    const { check, cluster, lines } = setUp({ inPreview: true });
    await check();
    await check();
    expect(lines).toEqual([expect.stringMatching(/^thumbnails: 3 tasks: 3 to run \(3 new\)/)]);
    expect(cluster.calls.filter((call) => /create|patch|remove/.test(call))).toEqual([]);
  });

  test("of a change tells why each group runs, and what it costs", async () => {
    const first = setUp();
    const { outs } = await first.create();
    const { store, diff, lines, cluster } = setUp({ inPreview: true });
    for (const [key, text] of first.store.objects) store.objects.set(key, text);
    store.objects.set("videos/b.mp4", "changed");
    store.objects.set("videos/d.mp4", "new");
    cluster.put("nodepools", { metadata: { name: "compute" }, spec: { flavor: "c3-8", maxNodes: 3 } } as never);
    const allocatable = { cpu: "3900m", memory: "6Gi", "ephemeral-storage": "40Gi", pods: "110" };
    cluster.put("nodes", { metadata: { name: "n", labels: { nodepool: "compute" } }, status: { allocatable } } as never);
    const values = { prices: { nodeHour: { "c3-8": 0.25 } } };
    await diff(outs as Outputs, values);
    await diff(outs as Outputs, values);
    expect(lines).toEqual([
      "thumbnails: 4 tasks: 2 to run (1 changed, 1 new), 2 done before; about 0.02 node-hours on c3-8 (1 node for 1 s), 0.0042",
    ]);
  });

  test("of a Job at work tells what changed parameters mean for it, and how many running tasks are cancelled; the update tells the same", async () => {
    const first = setUp();
    first.cluster.outcome = () => undefined;
    const olds = (await first.create({ wait: "none" })).outs as Outputs;
    const later = (inPreview: boolean) => {
      const world = setUp({ inPreview });
      for (const kind of ["jobs", "configmaps", "pods"] as const)
        for (const object of first.cluster.all(kind)) world.cluster.put(kind, object);
      return world;
    };
    const { diff, lines } = later(true);
    await diff(olds, { memory: "2Gi", wait: "none" });
    expect(lines.join()).toMatch(/3 at work; Job thumbnails-\w+ goes on with the parameters that .*\(memory: "1Gi" → "2Gi"\)/);
    const changed = later(true);
    await changed.diff(olds, { image: "registry/other:1", onChange: "cancel" });
    expect(changed.lines.join()).toMatch(/; 3 running tasks that are not wanted any more will be cancelled/);
    const updated = later(false);
    await updated.update(olds, { image: "registry/other:1", onChange: "cancel" });
    expect(updated.lines.join("\n")).toMatch(/works on tasks that are not wanted any more \(3 running\): cancelling it/);
  });

  test("says nothing when nothing changes, and while inputs are not known", async () => {
    const { outs } = await setUp().create();
    const { diff, check, lines } = setUp({ inPreview: true });
    await diff(outs as Outputs);
    await check({ name: "other", store: unknown });
    await diff({ ...(outs as Outputs), name: "other" }, { name: "other", image: unknown });
    expect(lines).toEqual([]);
  });

  test("is no part of an update, and leaves no trace in the inputs", async () => {
    const { inputs } = await setUp({ inPreview: true }).check();
    const { check, diff, lines } = setUp();
    expect((await check()).inputs).toEqual(inputs);
    await diff({ ...inputs, ...nothingYet });
    expect(lines).toEqual([]);
  });

  test("tells that it reads many records, and waits for them", async () => {
    const many = Array.from({ length: 1_000 }, (_, i) => ({ env: { SEED: `${i}` } }));
    const values = { tasksFrom: undefined, tasks: toText(many) };
    const done = setUp();
    await done.create(values);
    const { check, lines, store, cluster } = setUp();
    const { inputs } = await check(values);
    for (const [key, text] of done.store.objects) if (key.includes("/records/")) store.objects.set(key, text);
    const foresee = createForesight({ connect: () => cluster, openStore: () => store }, (_inputs, text) => lines.push(text));
    jest.useFakeTimers();
    try {
      const read = store.get.bind(store);
      store.get = async (key) => {
        await new Promise((resolve) => setTimeout(resolve, 500));
        return read(key);
      };
      const foreseen = foresee(inputs);
      await jest.advanceTimersByTimeAsync(60_000);
      await foreseen;
    } finally {
      jest.useRealTimers();
    }
    expect(lines.at(0)).toBe("reading 1000 records");
    expect(lines.slice(1, -1)).toEqual(Array(lines.length - 2).fill(expect.stringMatching(/^reading 1000 records: \d+ read$/)));
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.at(-1)).toBe("1000 tasks: none to run, 1000 done before");
  });

  test("does not fail because there is no bucket yet", async () => {
    const { check, store, lines } = setUp({ inPreview: true });
    store.before = () => {
      throw new Error("cannot list s3://videos/videos/: NoSuchBucket");
    };
    expect((await check()).failures).toEqual([]);
    expect(lines).toEqual(["thumbnails: what would run cannot be told yet: cannot list s3://videos/videos/: NoSuchBucket"]);
  });

  test("does not fail because there is no cluster yet", async () => {
    const { check, cluster, lines } = setUp({ inPreview: true });
    cluster.broken = away();
    expect((await check({ taskSeconds: 60 })).failures).toEqual([]);
    expect(lines).toHaveLength(1);
  });

  test("does not wait long for a bucket that does not answer", async () => {
    const { check, store, cluster } = setUp({ inPreview: true });
    const { inputs } = await check();
    store.list = () => new Promise(() => undefined);
    const lines: string[] = [];
    const foresee = createForesight({ connect: () => cluster, openStore: () => store }, (_inputs, text) => lines.push(text), 100);
    await foresee(inputs);
    expect(lines).toEqual(["what would run cannot be told yet: no answer within 0.1 s"]);
  });

  test("of a schedule tells its times", async () => {
    const { check, lines } = setUp({ inPreview: true });
    await check({ schedule: { cron: "@daily", timeZone: "Europe/Paris" } });
    expect(lines).toEqual([expect.stringMatching(/^thumbnails: 3 tasks at each time of "@daily" \(Europe\/Paris\), next at \d{4}-/)]);
  });

  test("shows no secret", async () => {
    const { check, lines, store } = setUp({ inPreview: true });
    await check();
    store.before = () => {
      throw new Error("away");
    };
    await check({ name: "other" });
    expect(lines.join()).not.toMatch(/very-secret|secret-token/);
  });
});
