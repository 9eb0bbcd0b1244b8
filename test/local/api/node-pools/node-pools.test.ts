import { OutOfNodesError } from "../../../../local/api/state/backends";
import { Harness, project, removeTemporaryFolders, type HarnessOptions } from "../harness";
import { aString, containing, matching } from "../matchers";

let harness: Harness;
let cluster: string;
const start = async (options?: HarnessOptions, body?: Record<string, unknown>): Promise<void> => {
  harness = new Harness(options);
  cluster = await harness.readyCluster(body);
};
afterEach(async () => {
  await harness.close();
  removeTemporaryFolders();
});

const pools = (): string => `${project}/kube/${cluster}/nodepool`;
const get = async (path: string) => (await harness.call("GET", path)).body as Record<string, unknown>;

it("is INSTALLING while its nodes boot, all at once, and READY then", async () => {
  await start();
  const boots: (() => void)[] = [];
  harness.cluster.before = (operation) => (operation === "startNode" ? new Promise<void>((resolve) => boots.push(resolve)) : undefined);
  const { status, body } = await harness.call("POST", pools(), { flavorName: "c2-15", name: "compute", desiredNodes: 3, maxNodes: 10 });
  expect(status).toBe(201);
  expect(body).toMatchObject({
    name: "compute",
    flavor: "c2-15",
    status: "INSTALLING",
    desiredNodes: 3,
    minNodes: 0,
    maxNodes: 10,
    autoscale: false,
    currentNodes: 3,
    availableNodes: 0,
    upToDateNodes: 3,
  });
  expect(body).not.toHaveProperty("revision");
  const at = `${pools()}/${(body as { id: string }).id}`;
  await harness.settle();
  expect(boots).toHaveLength(3);
  expect(await get(at)).toMatchObject({ status: "INSTALLING", currentNodes: 3, availableNodes: 0, sizeStatus: "UNDER_CAPACITY" });
  boots[0]?.();
  await harness.settle();
  expect(await get(at)).toMatchObject({ status: "INSTALLING", availableNodes: 1 });
  boots.forEach((boot) => boot());
  await harness.settle();
  expect(await get(at)).toMatchObject({ status: "READY", currentNodes: 3, availableNodes: 3, upToDateNodes: 3, sizeStatus: "CAPACITY_OK" });
});

it("names its nodes as OVHcloud does and gives them what they need", async () => {
  await start();
  const template = {
    metadata: { labels: { nodepool: "compute", team: "video" }, annotations: { a: "b" }, finalizers: [] },
    spec: { taints: [{ key: "batch", value: "only", effect: "NoSchedule" }], unschedulable: false },
  };
  const pool = await harness.readyPool(cluster, { desiredNodes: 2, template });
  const nodes = await harness.nodes(pool);
  expect(new Set(nodes.map(({ name }) => name)).size).toBe(2);
  for (const node of nodes) {
    expect(node.name).toMatch(/^compute-node-[0-9a-f]{6}$/);
    expect(node).toMatchObject({ nodePoolId: pool.id, flavor: "c2-15", status: "READY", isUpToDate: true, deployedAt: aString });
    expect(harness.cluster.nodes.get(node.name)).toMatchObject({
      id: node.id,
      instanceId: node.instanceId,
      poolName: "compute",
      flavor: { name: "c2-15", vCPUs: 4, ram: 15, disk: 100 },
      zone: "nova",
      labels: template.metadata.labels,
      taints: template.spec.taints,
    });
  }
  expect(((await harness.call("GET", `${project}/kube/${cluster}/node`)).body as unknown[]).length).toBe(2);
});

it("has the defaults of OVHcloud", async () => {
  await start();
  const { body } = await harness.call("POST", pools(), { flavorName: "b2-7" });
  expect(body).toMatchObject({
    name: matching(/^nodepool-/),
    desiredNodes: 0,
    minNodes: 0,
    maxNodes: 100,
    monthlyBilled: false,
    antiAffinity: false,
    autoscaling: { scaleDownUnneededTimeSeconds: 600, scaleDownUnreadyTimeSeconds: 1200, scaleDownUtilizationThreshold: 0.5 },
    availabilityZones: [],
    attachFloatingIps: { enabled: false },
    template: { metadata: { labels: {}, annotations: {}, finalizers: [] }, spec: { taints: [], unschedulable: false } },
  });
  expect((await harness.call("POST", pools(), { flavorName: "b2-7", minNodes: 2 })).body).toMatchObject({ desiredNodes: 2 });
});

it("has its nodes from the first answer on, though none boots before the pool is set up", async () => {
  await start({ delays: { pool: 10_000 } });
  const pool = await harness.readyPool(cluster, { desiredNodes: 2 });
  expect(await get(pool.path)).toMatchObject({ status: "INSTALLING", currentNodes: 2, availableNodes: 0, upToDateNodes: 2 });
  expect(harness.cluster.count("startNode")).toBe(0);
  await harness.pass(10);
  expect(await get(pool.path)).toMatchObject({ status: "READY", currentNodes: 2, availableNodes: 2 });
});

it("names no instance of a node before the instance exists, nor one that is out of stock", async () => {
  await start({ delays: { boot: 60_000 } });
  const pool = await harness.readyPool(cluster, { desiredNodes: 1 });
  expect(await harness.nodes(pool)).toMatchObject([{ status: "INSTALLING", instanceId: "" }]);
  const none = await harness.call("PUT", pool.path, { desiredNodes: 0, nodesToRemove: ["openstack:///"] });
  expect(none).toMatchObject({ status: 400, body: { message: containing("openstack:///") } });
  harness.cluster.before = (operation) => {
    if (operation === "startNode") throw new OutOfNodesError("full");
  };
  await harness.pass(60);
  expect(await harness.nodes(pool)).toMatchObject([{ status: "FLAVOR_OUT_OF_STOCK_ERROR", instanceId: "" }]);
  harness.cluster.before = () => undefined;
  await harness.pass(60, 4);
  expect(await harness.nodes(pool)).toMatchObject([{ status: "READY", instanceId: matching(/^[0-9a-f-]{36}$/) }]);
});

it.each([
  ["PUT", "", { maxNodes: 5 }],
  ["DELETE", "", undefined],
] as const)("answers %s with no body at all", async (method, path, body) => {
  await start();
  const pool = await harness.readyPool(cluster);
  expect(await harness.call(method, pool.path + path, body)).toMatchObject({ status: 200, body: "" });
});

it("takes the zone of a region that has one only where the settings say so", async () => {
  const named = { flavorName: "b2-7", availabilityZones: ["nova"] };
  await start();
  expect(await harness.call("POST", pools(), named)).toMatchObject({ status: 400, body: { message: containing("one availability zone") } });
  await harness.close();
  await start({ oneZone: "accept" });
  expect(await harness.call("POST", pools(), named)).toMatchObject({ status: 201, body: { availabilityZones: ["nova"] } });
});

it("takes its time to be set up where that is asked for, with no nodes too", async () => {
  await start({ delays: { pool: 10_000 } });
  const pool = await harness.readyPool(cluster);
  expect(await get(pool.path)).toMatchObject({ status: "INSTALLING" });
  await harness.pass(10);
  expect(await get(pool.path)).toMatchObject({ status: "READY", currentNodes: 0 });
});

it("is UPSCALING as it grows", async () => {
  await start({ delays: { boot: 60_000 } });
  const pool = await harness.readyPool(cluster);
  expect((await harness.call("PUT", pool.path, { desiredNodes: 4 })).status).toBe(200);
  expect(await get(pool.path)).toMatchObject({ status: "UPSCALING", desiredNodes: 4, currentNodes: 4, availableNodes: 0 });
  await harness.pass(60);
  expect(await get(pool.path)).toMatchObject({ status: "READY", availableNodes: 4 });
});

it("is DOWNSCALING as it shrinks, until the nodes are stopped", async () => {
  await start();
  const pool = await harness.readyPool(cluster, { desiredNodes: 3 });
  let stop = (): void => undefined;
  harness.cluster.before = (operation) => (operation === "stopNode" ? new Promise<void>((resolve) => (stop = resolve)) : undefined);
  await harness.call("PUT", pool.path, { desiredNodes: 2 });
  await harness.settle();
  expect(await get(pool.path)).toMatchObject({ status: "DOWNSCALING", currentNodes: 3, availableNodes: 2, sizeStatus: "OVER_CAPACITY" });
  stop();
  await harness.settle();
  expect(await get(pool.path)).toMatchObject({ status: "READY", currentNodes: 2 });
  expect(harness.cluster.nodes.size).toBe(2);
});

it.each([
  ["id", (node: { id: string }) => node.id],
  ["name", (node: { name: string }) => node.name],
  ["instance id", (node: { instanceId: string }) => node.instanceId],
  ["provider id", (node: { instanceId: string }) => `openstack:///${node.instanceId}`],
])("removes the nodes that nodesToRemove names by %s", async (_what, nameOf) => {
  await start();
  const pool = await harness.readyPool(cluster, { desiredNodes: 5 });
  const nodes = await harness.nodes(pool);
  const [, second, , fourth] = nodes as [(typeof nodes)[0], (typeof nodes)[0], (typeof nodes)[0], (typeof nodes)[0]];
  await harness.call("PUT", pool.path, { desiredNodes: 3, nodesToRemove: [nameOf(fourth), nameOf(second)] });
  await harness.settle();
  const left = (await harness.nodes(pool)).map(({ id }) => id);
  expect(left).toEqual(nodes.filter((node) => node !== second && node !== fourth).map(({ id }) => id));
});

it("names first, then takes any: no order to rely on", async () => {
  const picks = new Set<string>();
  for (const value of [0.1, 0.9]) {
    let calls = 0;
    await start({ random: () => (calls++ % 2 === 0 ? value : 0.5) });
    const pool = await harness.readyPool(cluster, { desiredNodes: 3 });
    const nodes = await harness.nodes(pool);
    calls = 0;
    await harness.call("PUT", pool.path, { desiredNodes: 1, nodesToRemove: [nodes[0]?.id] });
    await harness.settle();
    const left = await harness.nodes(pool);
    expect(left).toHaveLength(1);
    picks.add(nodes.findIndex(({ id }) => id === left[0]?.id).toString());
    await harness.close();
  }
  await start();
  expect(picks).toEqual(new Set(["1", "2"]));
});

it("refuses to remove nodes that are not its own, and removes none then", async () => {
  await start();
  const pool = await harness.readyPool(cluster, { desiredNodes: 2 });
  const answer = await harness.call("PUT", pool.path, { desiredNodes: 1, nodesToRemove: ["other"] });
  expect(answer).toMatchObject({ status: 400, body: { message: containing("other") } });
  await harness.settle();
  expect(await get(pool.path)).toMatchObject({ desiredNodes: 2, currentNodes: 2, status: "READY" });
});

it("lets a request be repeated that was carried out already", async () => {
  await start();
  const pool = await harness.readyPool(cluster, { desiredNodes: 2 });
  const [node] = await harness.nodes(pool);
  for (let i = 0; i < 2; i++) {
    expect((await harness.call("PUT", pool.path, { desiredNodes: 1, nodesToRemove: [node?.id] })).status).toBe(200);
    await harness.settle();
  }
  expect(await get(pool.path)).toMatchObject({ currentNodes: 1, status: "READY" });
  expect(harness.cluster.count("stopNode")).toBe(1);
});

it("stops a node that is still booting", async () => {
  await start({ delays: { boot: 60_000 } });
  const pool = await harness.readyPool(cluster, { desiredNodes: 1 });
  await harness.call("PUT", pool.path, { desiredNodes: 0 });
  await harness.settle();
  expect(await get(pool.path)).toMatchObject({ status: "READY", currentNodes: 0 });
  await harness.pass(60);
  expect(harness.cluster.count("startNode")).toBe(0);
});

it("stops a node for good although its boot ends after its stop", async () => {
  await start();
  let boot = (): void => undefined;
  harness.cluster.before = (operation) => (operation === "startNode" ? new Promise<void>((resolve) => (boot = resolve)) : undefined);
  const pool = await harness.readyPool(cluster, { desiredNodes: 1 });
  await harness.call("PUT", pool.path, { desiredNodes: 0 });
  await harness.settle();
  boot();
  await harness.settle();
  expect(harness.cluster.nodes.size).toBe(0);
  expect(await get(pool.path)).toMatchObject({ currentNodes: 0, status: "READY" });
});

it("tries to stop a node until that works", async () => {
  await start();
  const pool = await harness.readyPool(cluster, { desiredNodes: 1 });
  harness.cluster.before = (operation) => {
    if (operation === "stopNode" && harness.cluster.count("stopNode") < 4) throw new Error("busy");
  };
  await harness.call("PUT", pool.path, { desiredNodes: 0 });
  await harness.pass(30, 5);
  expect(harness.cluster.count("stopNode")).toBe(4);
  expect(await get(pool.path)).toMatchObject({ currentNodes: 0, status: "READY" });
});

it("deletes a node for good on DELETE node, one desired less", async () => {
  await start();
  const pool = await harness.readyPool(cluster, { desiredNodes: 2, minNodes: 1 });
  const [first, second] = await harness.nodes(pool);
  const node = `${project}/kube/${cluster}/node`;
  expect((await harness.call("DELETE", `${node}/${first?.id}`)).status).toBe(200);
  await harness.settle();
  expect(await get(pool.path)).toMatchObject({ desiredNodes: 1, currentNodes: 1, status: "READY" });
  expect((await harness.nodes(pool))[0]?.id).toBe(second?.id);
  expect((await harness.call("GET", `${node}/${first?.id}`)).status).toBe(404);
  expect((await harness.call("DELETE", `${node}/${second?.id}`)).status).toBe(400);
  expect((await harness.call("DELETE", `${node}/${first?.id}`)).status).toBe(404);
});

it("is DELETING until its nodes are gone, then gone", async () => {
  await start();
  const pool = await harness.readyPool(cluster, { desiredNodes: 2 });
  let stop: (() => void)[] = [];
  harness.cluster.before = (operation) =>
    operation === "stopNode" ? new Promise<void>((resolve) => (stop = [...stop, resolve])) : undefined;
  expect((await harness.call("DELETE", pool.path)).status).toBe(200);
  await harness.settle();
  expect(await get(pool.path)).toMatchObject({ status: "DELETING", currentNodes: 2 });
  expect((await harness.call("PUT", pool.path, { desiredNodes: 5 })).status).toBe(409);
  expect((await harness.call("DELETE", pool.path)).status).toBe(200);
  for (const go of stop) go();
  await harness.settle();
  expect((await harness.call("GET", pool.path)).status).toBe(404);
  expect((await harness.call("POST", pools(), { flavorName: "c2-15", name: "compute" })).status).toBe(201);
});

it("brings its nodes up to date with a new template", async () => {
  await start();
  const pool = await harness.readyPool(cluster, { desiredNodes: 2 });
  let finish: (() => void)[] = [];
  harness.cluster.before = (operation) =>
    operation === "startNode" ? new Promise<void>((resolve) => (finish = [...finish, resolve])) : undefined;
  const template = { metadata: { labels: { new: "yes" }, annotations: {}, finalizers: [] }, spec: { taints: [], unschedulable: true } };
  expect((await harness.call("PUT", pool.path, { template })).status).toBe(200);
  await harness.settle();
  expect(await get(pool.path)).toMatchObject({ status: "UPDATING", currentNodes: 2, upToDateNodes: 0 });
  for (const go of finish) go();
  await harness.settle();
  expect(await get(pool.path)).toMatchObject({ status: "READY", upToDateNodes: 2, template });
  expect([...harness.cluster.nodes.values()].map(({ labels, unschedulable }) => ({ labels, unschedulable }))).toEqual(
    Array(2).fill({ labels: { new: "yes" }, unschedulable: true }),
  );
});

it.each([
  ["no flavor", {}, "flavorName"],
  ["a flavor that the region does not have", { flavorName: "z9-1" }, "z9-1"],
  ["minNodes over maxNodes", { flavorName: "b2-7", minNodes: 5, maxNodes: 3 }, "minNodes (5)"],
  ["desiredNodes under minNodes", { flavorName: "b2-7", minNodes: 2, desiredNodes: 1 }, "desiredNodes (1)"],
  ["desiredNodes over maxNodes", { flavorName: "b2-7", maxNodes: 2, desiredNodes: 3 }, "desiredNodes (3)"],
  ["maxNodes over 100 on the free plan", { flavorName: "b2-7", maxNodes: 101 }, "maxNodes (101)"],
  ["more than 5 nodes with anti-affinity", { flavorName: "b2-7", maxNodes: 6, antiAffinity: true }, "maxNodes (6)"],
  ["a negative number", { flavorName: "b2-7", minNodes: -1 }, "minNodes"],
  ["a fraction", { flavorName: "b2-7", desiredNodes: 1.5 }, "desiredNodes"],
  ["a name with an underscore", { flavorName: "b2-7", name: "my_pool" }, "name"],
  ["a name with capitals", { flavorName: "b2-7", name: "Pool" }, "name"],
  ["a name that is too long for its nodes' names", { flavorName: "b2-7", name: "a".repeat(52) }, "at most 51"],
  ["half a template", { flavorName: "b2-7", template: { metadata: { labels: {} } } }, "template.metadata.annotations"],
  [
    "an unknown taint effect",
    {
      flavorName: "b2-7",
      template: {
        metadata: { labels: {}, annotations: {}, finalizers: [] },
        spec: { taints: [{ key: "a", effect: "Never" }], unschedulable: false },
      },
    },
    "effect",
  ],
  ["a zone of another region", { flavorName: "b2-7", availabilityZones: ["eu-west-par-a"] }, "availabilityZones"],
  [
    "monthly billing of a flavor of the newer generations",
    { flavorName: "b3-8", monthlyBilled: true },
    "monthly billing not supported yet",
  ],
  ["an unknown property", { flavorName: "b2-7", desiredNodez: 1 }, "desiredNodez"],
  ["the flavor under its answer's name", { flavor: "b2-7" }, "flavorName"],
])("refuses %s", async (_what, body, text) => {
  await start();
  const answer = await harness.call("POST", pools(), body);
  expect(answer).toMatchObject({ status: 400, body: { class: "Client::BadRequest", message: containing(text) } });
  expect((await harness.call("GET", pools())).body).toEqual([]);
});

it.each([
  ["name", "other"],
  ["flavorName", "b2-15"],
  ["antiAffinity", true],
  ["monthlyBilled", true],
  ["availabilityZones", ["nova"]],
])("refuses to change %s", async (property, value) => {
  await start();
  const pool = await harness.readyPool(cluster);
  expect(await harness.call("PUT", pool.path, { [property]: value })).toMatchObject({
    status: 400,
    body: { message: containing(property) },
  });
});

it("takes a PUT that repeats what cannot be changed", async () => {
  await start();
  const pool = await harness.readyPool(cluster);
  const { name, flavor, antiAffinity, monthlyBilled, availabilityZones } = await get(pool.path);
  const repeated = { name, flavor, flavorName: flavor, antiAffinity, monthlyBilled, availabilityZones };
  expect(await harness.call("PUT", pool.path, { ...repeated, maxNodes: 7 })).toMatchObject({ status: 200 });
  expect(await get(pool.path)).toMatchObject({ maxNodes: 7 });
});

it("refuses a size that does not fit the sizes that it has", async () => {
  await start();
  const pool = await harness.readyPool(cluster, { desiredNodes: 3, minNodes: 1, maxNodes: 5 });
  for (const body of [{ desiredNodes: 0 }, { desiredNodes: 6 }, { minNodes: 4 }, { maxNodes: 2 }, { minNodes: 6 }]) {
    expect((await harness.call("PUT", pool.path, body)).status).toBe(400);
  }
  expect((await harness.call("PUT", pool.path, { desiredNodes: 2, minNodes: 2, maxNodes: 2 })).status).toBe(200);
});

it("refuses a second pool of the same name, more than 100 pools, and more nodes than the plan has", async () => {
  await start();
  await harness.readyPool(cluster, { desiredNodes: 60 });
  expect((await harness.call("POST", pools(), { flavorName: "d2-4", name: "compute" })).status).toBe(409);
  expect(await harness.call("POST", pools(), { flavorName: "d2-4", name: "b", desiredNodes: 41 })).toMatchObject({
    status: 409,
    body: { message: containing("100 nodes") },
  });
  for (let i = 1; i < 100; i++) harness.cloud.pools.create(cluster, { flavorName: "d2-4", name: `p${i}` });
  expect((await harness.call("POST", pools(), { flavorName: "d2-4", name: "last" })).status).toBe(409);
});

it("lets a cluster of the standard plan have more nodes", async () => {
  await start();
  cluster = await harness.readyCluster(await harness.privateNetwork("RBX-A"));
  expect((await harness.call("POST", pools(), { flavorName: "d2-4", maxNodes: 500, desiredNodes: 120 })).status).toBe(201);
  expect((await harness.call("POST", pools(), { flavorName: "d2-4", maxNodes: 501 })).status).toBe(400);
});

it("wants a zone in a region of three, and spreads by it", async () => {
  await start({}, { region: "EU-WEST-PAR" });
  expect(await harness.call("POST", pools(), { flavorName: "b3-8" })).toMatchObject({
    status: 400,
    body: { message: containing("availabilityZones is mandatory") },
  });
  await harness.readyPool(cluster, { flavorName: "b3-8", desiredNodes: 2, availabilityZones: ["eu-west-par-b"] });
  expect([...harness.cluster.nodes.values()].map(({ zone }) => zone)).toEqual(["eu-west-par-b", "eu-west-par-b"]);
});

it("knows neither pools nor nodes of other clusters", async () => {
  await start();
  const pool = await harness.readyPool(cluster, { desiredNodes: 1 });
  const other = await harness.readyCluster();
  const at = `${project}/kube/${other}`;
  expect((await harness.call("GET", `${at}/nodepool/${pool.id}`)).status).toBe(404);
  expect((await harness.call("DELETE", `${at}/nodepool/${pool.id}`)).status).toBe(404);
  const [node] = await harness.nodes(pool);
  expect((await harness.call("DELETE", `${at}/node/${node?.id}`)).status).toBe(404);
});

it("tells listeners of each change, and counts the changes of its spec only", async () => {
  await start();
  const seen: string[] = [];
  const end = harness.cloud.pools.onChange((id) => seen.push(id));
  const pool = await harness.readyPool(cluster, { desiredNodes: 1 });
  expect(seen.length).toBeGreaterThan(1);
  expect(new Set(seen)).toEqual(new Set([cluster]));
  const revision = (): number | undefined => harness.cloud.pools.list(cluster).find(({ id }) => id === pool.id)?.revision;
  expect(revision()).toBe(1);
  await harness.call("PUT", pool.path, { desiredNodes: 1 });
  expect(revision()).toBe(1);
  await harness.call("PUT", pool.path, { desiredNodes: 2, autoscaling: { scaleDownUnneededTimeSeconds: 60 } });
  expect(revision()).toBe(2);
  await harness.settle();
  expect(revision()).toBe(2);
  end();
  const before = seen.length;
  await harness.call("PUT", pool.path, { desiredNodes: 3 });
  await harness.settle();
  expect(seen.length).toBe(before);
});
