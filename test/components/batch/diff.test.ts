import { gzipSync } from "node:zlib";
import { type Outputs } from "../../../components/batch/provider";
import { toText } from "../../../components/batch/text";
import { kubeconfig } from "../../batch/fakes/kubeconfig";
import { type FakeStore } from "../../batch/fakes/store";
import { failing, setUp, unknown } from "./fakes/provider";

describe("diff", () => {
  const done = async () => {
    const world = setUp();
    const { outs } = (await world.create()) as { outs: Outputs };
    return { ...world, outs };
  };

  test("finds nothing to do, without asking the cluster", async () => {
    const { diff, outs, connections } = await done();
    const before = connections();
    expect(await diff(outs)).toMatchObject({ changes: false, replaces: [] });
    expect(connections()).toBe(before);
  });

  test("finds nothing to do when another machine packs the same tasks in another way", async () => {
    const { diff, create } = setUp();
    const tasks = Array.from({ length: 2000 }, (_, index) => ({ env: { SEED: `${index}`, NAME: "n".repeat(20) } }));
    const { outs } = (await create({ tasksFrom: undefined, tasks: toText(tasks) })) as { outs: Outputs };
    const packed = (level: number, list: object[]) => `gzip:${gzipSync(JSON.stringify(list), { level }).toString("base64")}`;
    expect(outs.tasks).toMatch(/^gzip:/);
    expect(outs.tasks).not.toBe(packed(1, tasks));
    expect(await diff(outs, { tasksFrom: undefined, tasks: packed(1, tasks) })).toMatchObject({ changes: false });
    expect(await diff(outs, { tasksFrom: undefined, tasks: packed(1, tasks.slice(1)) })).toMatchObject({ changes: true });
  });

  test.each<[string, object]>([
    ["a changed image", { image: "registry/thumbnail:2" }],
    ["more memory", { memory: "2Gi" }],
    ["a new kubeconfig", { kubeconfig: kubeconfig("https://127.0.0.1:7443") }],
    ["a value that is not known yet", { image: unknown }],
    ["a new text of retryFailed", { retryFailed: "once more" }],
  ])("%s is an update", async (_what, values) => {
    const { diff, outs } = await done();
    expect(await diff(outs, values)).toMatchObject({ changes: true, replaces: [] });
  });

  test.each<[string, (store: FakeStore) => void]>([
    ["new", (store) => store.objects.set("videos/d.mp4", "d")],
    ["changed", (store) => store.objects.set("videos/a.mp4", "another a")],
    ["deleted", (store) => store.objects.delete("videos/a.mp4")],
  ])("a %s object is an update", async (_what, change) => {
    const { diff, outs, store } = await done();
    change(store);
    expect(await diff(outs)).toMatchObject({ changes: true, replaces: [] });
  });

  test("an object that matches nothing is none", async () => {
    const { diff, outs, store } = await done();
    store.objects.set("videos/notes.txt", "notes");
    expect(await diff(outs)).toMatchObject({ changes: false });
  });

  test("another name or namespace replaces, old one first", async () => {
    const { diff, outs } = await done();
    expect(await diff(outs, { name: "other" })).toMatchObject({ changes: true, replaces: ["name"], deleteBeforeReplace: true });
    expect(await diff(outs, { namespace: "other" })).toMatchObject({ changes: true, replaces: ["namespace"] });
  });

  test("a store that is not known yet replaces nothing, although no default could be filled in", async () => {
    const { diff, outs } = await done();
    expect(await diff(outs, { store: unknown })).toMatchObject({ changes: true, replaces: [] });
    expect(await diff(outs, { store: unknown, name: unknown })).toMatchObject({ changes: true, replaces: [] });
  });

  test("failed tasks run again only for retryFailed, unfinished ones always", async () => {
    const { diff, cluster, create } = setUp();
    failing(cluster);
    const reported = (await create({ onFailure: "report" })).outs as Outputs;
    expect(await diff(reported, { onFailure: "report" })).toMatchObject({ changes: false });
    expect(await diff({ ...reported, onFailure: "fail" })).toMatchObject({ changes: true });
    const retried = { ...reported, retryFailed: true };
    expect(await diff(retried, { onFailure: "report", retryFailed: true })).toMatchObject({ changes: true });
    expect(await diff({ ...reported, status: "unfinished" }, { onFailure: "report" })).toMatchObject({ changes: true });
  });
});
