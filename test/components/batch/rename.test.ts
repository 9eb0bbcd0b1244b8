/** A resource that gets another Pulumi name or parent: to the engine, a new one is created and the old one deleted. */
import { cancel, loadJob, run } from "../../../batch";
import { StoreError } from "../../../batch/storage/store";
import { type Outputs } from "../../../components/batch/provider";
import { parametersWith } from "../../batch/fakes/parameters";
import { given, setUp } from "./fakes/provider";

const nightly = { schedule: { cron: "30 2 * * *" } };
const id = "batch/thumbnails";

/** Two resources of one name, one after the other; the first is deleted when the second is there. */
async function rename(values: object, forget: Partial<Outputs> = {}) {
  const world = setUp();
  world.cluster.outcome = () => undefined;
  const before = { ...((await world.create(values)).outs as Outputs), ...forget };
  const after = (await world.create(values)).outs as Outputs;
  const remove = (outs: Outputs) => world.provider.delete!(id, outs);
  return { ...world, before, after, remove };
}

const taken = "thumbnails: another resource of the program has it now: nothing is cancelled";

test.each([
  ["this version", {}],
  ["an earlier version, without an owner", { __owner: undefined }],
])("keeps the schedule that the new one has adopted, with a state of %s", async (_what, forget) => {
  const { cluster, before, after, remove, lines } = await rename(nightly, forget);
  const [uid] = cluster.all("cronjobs").map(({ metadata }) => metadata.uid);
  await remove(before);
  expect(lines.at(-1)).toBe(taken);
  expect(cluster.all("cronjobs")).toMatchObject([{ metadata: { uid }, spec: { suspend: false } }]);
  await remove(after);
  expect(cluster.all("cronjobs")).toEqual([]);
});

test("keeps the Job at work that the new one has adopted", async () => {
  const { cluster, before, after, remove, lines } = await rename({ wait: "none" });
  await remove(before);
  expect(lines.at(-1)).toBe(taken);
  expect([cluster.jobs().length, cluster.pods().length, cluster.ran.length]).toEqual([1, 3, 3]);
  await remove(after);
  expect(cluster.jobs()).toEqual([]);
});

test("an update keeps the owner; one of a state without an owner takes the Job", async () => {
  const { store, update, after, before, remove, cluster } = await rename({ wait: "none" });
  const { outs } = await update(after, { wait: "none", parallelism: 2 });
  expect((outs as Outputs).__owner).toBe(after.__owner);
  const anew = (await update({ ...before, __owner: undefined }, { wait: "none" })).outs as Outputs;
  expect(anew.__owner).toMatch(/^[0-9a-f-]{36}$/);
  expect(await loadJob(store, "thumbnails")).toMatchObject({ owner: anew.__owner });
  await remove(after);
  expect(cluster.jobs()).toHaveLength(1);
});

test("what fails has its owner in the state", async () => {
  const { failedCreate, cluster } = setUp();
  cluster.outcome = () => ({ exitCode: 65 });
  expect((await failedCreate()).properties.__owner).toMatch(/^[0-9a-f-]{36}$/);
});

test("the command line keeps the owner, and cancels whoever has it", async () => {
  const { cluster, store, after, before, remove } = await rename({ wait: "none" });
  const parameters = parametersWith({ tasksFrom: given.tasksFrom, retries: 0, wait: "none", parallelism: 1 });
  const surroundings = { cluster, store, say: () => undefined, onProgress: () => undefined, submittedBy: "mks-batch" } as const;
  await run(parameters, surroundings);
  expect(await loadJob(store, "thumbnails")).toMatchObject({ submittedBy: "mks-batch", owner: after.__owner });
  await remove(before);
  expect(cluster.jobs()).toHaveLength(1);
  await cancel(parameters, surroundings);
  expect(cluster.jobs()).toEqual([]);
});

test.each([[undefined], [503]])(
  "nothing is cancelled while the bucket does not tell who has it (status %s); later it is",
  async (status) => {
    const { cluster, store, before, after, remove } = await rename({ wait: "none" });
    store.before = () => {
      throw new StoreError("cannot read s3://b/a: away", { status });
    };
    await expect(remove(before)).rejects.toThrow("nothing is cancelled (cannot read s3://b/a: away); try again when S3 answers");
    expect(cluster.jobs()).toHaveLength(1);
    store.before = () => undefined;
    await remove(before);
    expect(cluster.jobs()).toHaveLength(1);
    await remove(after);
    expect(cluster.jobs()).toEqual([]);
  },
);

test("a Job that is alone goes with its resource: of this version, of an earlier one, with a bucket that is gone, with one of another namespace", async () => {
  for (const change of ["none", "old state", "bucket", "namespace"]) {
    const { create, provider, cluster, store } = setUp();
    cluster.outcome = () => undefined;
    const outs = (await create({ wait: "none" })).outs as Outputs;
    const key = "batch/.jobs/thumbnails.json";
    const entry = JSON.parse(store.objects.get(key)!) as { parameters: object; owner?: string };
    if (change === "old state") store.objects.set(key, JSON.stringify({ ...entry, owner: undefined }));
    if (change === "namespace")
      store.objects.set(key, JSON.stringify({ ...entry, owner: "else", parameters: { ...entry.parameters, namespace: "else" } }));
    if (change === "bucket")
      store.before = () => {
        throw new StoreError("NoSuchBucket", { status: 404 });
      };
    await provider.delete!(id, change === "old state" ? { ...outs, __owner: undefined } : outs);
    expect([change, cluster.jobs()]).toEqual([change, []]);
  }
});
