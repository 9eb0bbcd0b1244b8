import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { FakeCluster, FakeStorage } from "./backends";
import { Harness, project, removeTemporaryFolders, temporaryFolder, type HarnessOptions } from "./harness";

afterEach(removeTemporaryFolders);

/** A machine on which the emulator is killed and started again: its files, its cluster and its storage stay. */
class Machine {
  readonly folder = temporaryFolder();
  readonly cluster = new FakeCluster();
  readonly storage = new FakeStorage();

  async boot(options: HarnessOptions = {}): Promise<Harness> {
    const harness = new Harness({ ...options, folder: this.folder, cluster: this.cluster, storage: this.storage });
    await harness.cloud.start();
    await harness.settle();
    return harness;
  }

  /** As kill -9: what was answered is on disk, nothing is cleaned up. The old process's calls are not carried out any more. */
  async kill(harness: Harness): Promise<void> {
    harness.cloud.pools.close();
    harness.cloud.clusters.close();
    harness.cloud.users.close();
    await harness.server.close();
    this.cluster.before = () => undefined;
  }
}

it("keeps its state, in a file that only its owner can read", async () => {
  const machine = new Machine();
  let harness = await machine.boot();
  const cluster = await harness.readyCluster({ name: "batch" });
  const pool = await harness.readyPool(cluster, { desiredNodes: 2 });
  const nodes = await harness.nodes(pool);
  const user = (await harness.call("POST", `${project}/user`, { role: "objectstore_operator" })).body as { id: number; password: string };
  await harness.settle();
  const credential = (await harness.call("POST", `${project}/user/${user.id}/s3Credentials`)).body as { access: string; secret: string };
  await harness.call("POST", `${project}/region/GRA/storage`, { name: "videos", ownerId: user.id });
  await harness.settle();
  await machine.kill(harness);
  expect(statSync(harness.stateFile).mode & 0o777).toBe(0o600);

  harness = await machine.boot();
  expect((await harness.call("GET", `${project}/kube/${cluster}`)).body).toMatchObject({ name: "batch", status: "READY" });
  expect((await harness.call("GET", pool.path)).body).toMatchObject({ status: "READY", availableNodes: 2 });
  expect((await harness.nodes(pool)).map(({ id, name, instanceId }) => ({ id, name, instanceId }))).toEqual(
    nodes.map(({ id, name, instanceId }) => ({ id, name, instanceId })),
  );
  const secret = await harness.call("POST", `${project}/user/${user.id}/s3Credentials/${credential.access}/secret`);
  expect(secret.body).toEqual({ secret: credential.secret });
  expect((await harness.call("GET", `${project}/region/GRA/storage/videos`)).status).toBe(200);
  expect(machine.storage.access.accounts).toMatchObject([{ access: credential.access }]);
  await harness.close();
});

it("adopts what runs, and creates nothing twice", async () => {
  const machine = new Machine();
  let harness = await machine.boot();
  const cluster = await harness.readyCluster();
  const pool = await harness.readyPool(cluster, { desiredNodes: 2 });
  const running = [...machine.cluster.nodes.keys()];
  await machine.kill(harness);
  machine.cluster.calls.length = 0;

  harness = await machine.boot();
  expect(machine.cluster.calls.filter((call) => call.startsWith("createCluster"))).toEqual([`createCluster ${cluster}`]);
  expect([...machine.cluster.nodes.keys()]).toEqual(running);
  expect(machine.cluster.calls.filter((call) => call.startsWith("startNode")).sort()).toEqual(
    running.map((name) => `startNode ${name}`).sort(),
  );
  expect((await harness.nodes(pool)).map(({ status }) => status)).toEqual(["READY", "READY"]);
  await harness.close();
});

it("goes on with a pool of which two nodes of three had booted", async () => {
  const machine = new Machine();
  let harness = await machine.boot();
  const cluster = await harness.readyCluster();
  machine.cluster.before = (operation) =>
    operation === "startNode" && machine.cluster.count("startNode") === 3 ? new Promise<void>(() => undefined) : undefined;
  const pool = await harness.readyPool(cluster, { desiredNodes: 3 });
  expect((await harness.call("GET", pool.path)).body).toMatchObject({ status: "INSTALLING", availableNodes: 2 });
  const names = (await harness.nodes(pool)).map(({ name }) => name);
  await machine.kill(harness);

  harness = await machine.boot();
  expect((await harness.call("GET", pool.path)).body).toMatchObject({ status: "READY", availableNodes: 3 });
  expect((await harness.nodes(pool)).map(({ name }) => name)).toEqual(names);
  expect([...machine.cluster.nodes.keys()].sort()).toEqual([...names].sort());
  await harness.close();
});

it("has a node on record before it is booted, whenever it is killed", async () => {
  const machine = new Machine();
  const harness = await machine.boot();
  const cluster = await harness.readyCluster();
  const unknown: string[] = [];
  machine.cluster.before = (operation, name) => {
    if (operation === "startNode" && !readFileSync(harness.stateFile, "utf8").includes(name)) unknown.push(name);
  };
  await harness.readyPool(cluster, { desiredNodes: 5 });
  expect(machine.cluster.nodes.size).toBe(5);
  expect(unknown).toEqual([]);
  await harness.close();
});

it("has a change on disk before it answers", async () => {
  const machine = new Machine();
  const harness = await machine.boot({ delays: { boot: 60_000 } });
  const cluster = await harness.readyCluster();
  const pool = await harness.readyPool(cluster);
  await harness.call("PUT", pool.path, { desiredNodes: 7 });
  expect(readFileSync(harness.stateFile, "utf8")).toContain('"desiredNodes":7');
  await harness.close();
});

it("goes on with a cluster that was being installed", async () => {
  const machine = new Machine();
  let harness = await machine.boot();
  machine.cluster.before = (operation) => (operation === "createCluster" ? new Promise<void>(() => undefined) : undefined);
  const cluster = await harness.readyCluster();
  await machine.kill(harness);
  harness = await machine.boot();
  expect((await harness.call("GET", `${project}/kube/${cluster}`)).body).toMatchObject({ status: "READY" });
  await harness.close();
});

it.each([
  ["cluster", (pool: { path: string }) => pool.path.replace(/\/nodepool.*/, "")],
  ["pool", (pool: { path: string }) => pool.path],
])("goes on with a %s that was being deleted", async (_what, pathOf) => {
  const machine = new Machine();
  let harness = await machine.boot();
  const cluster = await harness.readyCluster();
  const pool = await harness.readyPool(cluster, { desiredNodes: 2 });
  machine.cluster.before = (operation) =>
    operation === "stopNode" || operation === "deleteCluster" ? new Promise<void>(() => undefined) : undefined;
  await harness.call("DELETE", pathOf(pool));
  await harness.settle();
  expect((await harness.call("GET", pathOf(pool))).body).toMatchObject({ status: "DELETING" });
  await machine.kill(harness);

  harness = await machine.boot();
  expect((await harness.call("GET", pathOf(pool))).status).toBe(404);
  expect(machine.cluster.nodes.size).toBe(0);
  await harness.close();
});

it("goes on with the removal of the very nodes that were to go", async () => {
  const machine = new Machine();
  let harness = await machine.boot();
  const cluster = await harness.readyCluster();
  const pool = await harness.readyPool(cluster, { desiredNodes: 4 });
  const victims = (await harness.nodes(pool)).slice(1, 3).map(({ name }) => name);
  machine.cluster.before = (operation) => (operation === "stopNode" ? new Promise<void>(() => undefined) : undefined);
  await harness.call("PUT", pool.path, { desiredNodes: 2, nodesToRemove: victims });
  await harness.settle();
  await machine.kill(harness);

  harness = await machine.boot();
  const left = (await harness.nodes(pool)).map(({ name }) => name);
  expect(left).toHaveLength(2);
  expect(left).not.toEqual(expect.arrayContaining(victims));
  await harness.close();
});

it("goes on with users and buckets whose changes the S3 server has not seen", async () => {
  const machine = new Machine();
  let harness = await machine.boot({ delays: { user: 60_000 } });
  const user = (await harness.call("POST", `${project}/user`, { role: "objectstore_operator" })).body as { id: number };
  await harness.call("POST", `${project}/region/GRA/storage`, { name: "videos", versioning: { status: "enabled" } });
  await machine.kill(harness);
  machine.storage.buckets.clear();

  harness = await machine.boot();
  expect((await harness.call("GET", `${project}/user/${user.id}`)).body).toMatchObject({ status: "ok" });
  expect(machine.storage.buckets.get("videos")).toMatchObject({ versioning: true });
  await harness.close();
});

it("reports a full disk, and saves all once there is room again", async () => {
  const machine = new Machine();
  const harness = await machine.boot();
  await harness.call("POST", `${project}/user`, {});
  rmSync(`${harness.stateFile}.tmp`, { force: true });
  mkdirSync(`${harness.stateFile}.tmp`); // no temporary file can be written
  expect((await harness.call("POST", `${project}/user`, { description: "second" })).status).toBe(500);
  rmSync(`${harness.stateFile}.tmp`, { recursive: true });
  await harness.call("POST", `${project}/user`, { description: "third" });
  const saved = readFileSync(harness.stateFile, "utf8");
  expect(saved).toContain("second");
  expect(saved).toContain("third");
  await harness.close();
});
