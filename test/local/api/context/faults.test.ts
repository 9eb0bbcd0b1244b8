import { Harness, project, removeTemporaryFolders, type HarnessOptions } from "../harness";
import { matching } from "../matchers";

let harness: Harness;
let cluster: string;
const start = async (options?: HarnessOptions): Promise<void> => {
  harness = new Harness(options);
  cluster = await harness.readyCluster();
};
afterEach(async () => {
  await harness.close();
  removeTemporaryFolders();
});

const fault = async (...faults: Record<string, unknown>[]): Promise<void> => {
  const { status, body } = await harness.call("POST", "/_faults", { faults });
  if (status !== 200) throw new Error(JSON.stringify(body));
};
const pools = (): string => `${project}/kube/${cluster}/nodepool`;
const statusOf = async (pool: { path: string }): Promise<unknown> =>
  ((await harness.call("GET", pool.path)).body as { status: string }).status;

it("answers with an error as often as asked, and does nothing then", async () => {
  await start();
  await fault({ action: "status", status: 500, method: "POST", path: "/nodepool$", times: 2 });
  expect((await harness.call("GET", pools())).status).toBe(200);
  for (let i = 0; i < 2; i++) {
    expect(await harness.call("POST", pools(), { flavorName: "b2-7" })).toMatchObject({
      status: 500,
      body: { class: "Server::InternalServerError" },
    });
  }
  expect((await harness.call("GET", pools())).body).toEqual([]);
  expect((await harness.call("POST", pools(), { flavorName: "b2-7" })).status).toBe(201);
});

it("limits the rate, and says when to come again", async () => {
  await start();
  await fault({ action: "status", status: 429, times: 1 });
  const answer = await harness.call("GET", pools());
  expect(answer).toMatchObject({ status: 429, body: { class: "Client::TooManyRequests" } });
  expect(answer.headers["retry-after"]).toBe("1");
  expect((await harness.call("GET", pools())).status).toBe(200);
});

it("strikes a share of the requests", async () => {
  const draws = [0.2, 0.8, 0.4, 0.6];
  await start({ random: () => draws.shift() ?? 0.99 });
  await fault({ action: "status", status: 503, rate: 0.5 });
  const statuses = [];
  for (let i = 0; i < 4; i++) statuses.push((await harness.call("GET", pools())).status);
  expect(statuses).toEqual([503, 200, 503, 200]);
});

it("never answers a request that is to time out, and does not carry it out", async () => {
  await start();
  await fault({ action: "timeout", method: "POST", times: 1 });
  const path = `/1.0${pools()}`;
  expect(await harness.overSocket("POST", path, { flavorName: "b2-7" }, 200)).toBeUndefined();
  expect((await harness.call("GET", pools())).body).toEqual([]);
  expect(await harness.overSocket("POST", path, { flavorName: "b2-7" })).toBe(201);
});

it("carries a request out whose answer is to be lost", async () => {
  await start();
  await fault({ action: "lost-answer", method: "POST", times: 1 });
  expect(await harness.overSocket("POST", `/1.0${pools()}`, { flavorName: "b2-7", name: "lost" })).toBeUndefined();
  expect((await harness.call("GET", pools())).body).toMatchObject([{ name: "lost" }]);
});

it("answers late", async () => {
  await start();
  await fault({ action: "latency", seconds: 5, times: 1 });
  let done = false;
  const answer = harness.call("GET", pools()).then(() => (done = true));
  await harness.settle();
  expect(done).toBe(false);
  await harness.pass(5);
  expect(done).toBe(true);
  await answer;
});

it("refuses nodes beyond the quota with 412, on creation and as a pool grows, and changes nothing", async () => {
  await start();
  const pool = await harness.readyPool(cluster, { desiredNodes: 2 });
  await fault({ action: "quota", cores: 12 });
  const grown = await harness.call("PUT", pool.path, { desiredNodes: 4 });
  expect(grown).toMatchObject({
    status: 412,
    body: { message: matching(/InsufficientVCPUsQuota.*limit 12, used 8, needed 8/) },
  });
  expect((await harness.call("GET", pool.path)).body).toMatchObject({ status: "READY", desiredNodes: 2 });
  expect((await harness.call("POST", pools(), { flavorName: "c2-15", name: "b", desiredNodes: 2 })).status).toBe(412);
  expect((await harness.call("GET", pools())).body).toHaveLength(1);
  expect((await harness.call("PUT", pool.path, { desiredNodes: 3 })).status).toBe(200);
  await harness.settle();
  expect((await harness.call("PUT", pool.path, { desiredNodes: 1 })).status).toBe(200);
});

it.each([
  [{ ram: 40 }, /InsufficientRAMQuota/],
  [{ instances: 2 }, /InsufficientInstancesQuota/],
])("has a quota of %j", async (limits, message) => {
  await start();
  await fault({ action: "quota", ...limits });
  expect(await harness.call("POST", pools(), { flavorName: "c2-15", desiredNodes: 3 })).toMatchObject({
    status: 412,
    body: { class: "Client::PreconditionFailed", message: matching(message) },
  });
});

it("shows the quota and what is used of it, by region", async () => {
  await start();
  await harness.readyPool(cluster, { desiredNodes: 3 });
  await fault({ action: "quota", cores: 34 });
  const quotas = (await harness.call("GET", `${project}/quota`)).body as { region: string; instance: Record<string, number> }[];
  const of = (name: string) => quotas.find(({ region }) => region === name)?.instance;
  expect(of("GRA11")).toMatchObject({ maxCores: 34, usedCores: 12, usedInstances: 3, usedRAM: 45_000 });
  expect(of("SBG5")).toMatchObject({ usedCores: 0, usedInstances: 0 });
  expect((await harness.call("GET", `${project}/region/GRA11/quota`)).body).toMatchObject({ instance: { usedCores: 12 } });
});

it("has a flavor out of stock, and tries again later", async () => {
  await start();
  await fault({ action: "out-of-stock", flavor: "c2-15", times: 1 });
  const pool = await harness.readyPool(cluster, { desiredNodes: 2 });
  expect((await harness.nodes(pool)).map(({ status }) => status).sort()).toEqual(["FLAVOR_OUT_OF_STOCK_ERROR", "READY"]);
  expect((await harness.call("GET", pool.path)).body).toMatchObject({
    status: "ERROR",
    sizeStatus: "UNDER_CAPACITY",
    currentNodes: 2,
    availableNodes: 1,
  });
  await harness.pass(30);
  expect(await statusOf(pool)).toBe("READY");
  expect(harness.cluster.nodes.size).toBe(2);
});

it("shows a machine without room as a flavor out of stock", async () => {
  await start();
  harness.cluster.room = 2;
  const pool = await harness.readyPool(cluster, { desiredNodes: 3 });
  expect((await harness.nodes(pool)).map(({ status }) => status).sort()).toEqual(["FLAVOR_OUT_OF_STOCK_ERROR", "READY", "READY"]);
  expect(harness.cluster.count("startNode")).toBe(3);
  const stuck = (await harness.nodes(pool)).find(({ status }) => status !== "READY");
  await harness.call("PUT", pool.path, { desiredNodes: 2, nodesToRemove: [stuck?.id] });
  await harness.settle();
  expect(await statusOf(pool)).toBe("READY");
});

it("has a node that never boots, and can remove it", async () => {
  await start();
  await fault({ action: "never-boots", pool: "compute", times: 1 });
  const pool = await harness.readyPool(cluster, { desiredNodes: 2 });
  await harness.pass(3600, 3);
  const nodes = await harness.nodes(pool);
  expect(nodes.map(({ status }) => status).sort()).toEqual(["INSTALLING", "READY"]);
  expect(await statusOf(pool)).toBe("INSTALLING");
  const stuck = nodes.find(({ status }) => status === "INSTALLING");
  await harness.call("PUT", pool.path, { desiredNodes: 1, nodesToRemove: [stuck?.name] });
  await harness.settle();
  expect(await statusOf(pool)).toBe("READY");
  expect(harness.cluster.count("startNode")).toBe(1);
});

it("has a node that fails to boot", async () => {
  await start();
  await fault({ action: "boot-error", times: 1 });
  const pool = await harness.readyPool(cluster, { desiredNodes: 1 });
  expect((await harness.nodes(pool))[0]?.status).toBe("ERROR");
  expect(await statusOf(pool)).toBe("ERROR");
});

it("tries a boot that the backend fails three times", async () => {
  await start();
  harness.cluster.before = (operation) => {
    if (operation === "startNode" && harness.cluster.count("startNode") < 3) throw new Error("containerd does not start");
  };
  const pool = await harness.readyPool(cluster, { desiredNodes: 1 });
  await harness.pass(5, 3);
  expect(await statusOf(pool)).toBe("READY");
  expect(harness.log.join()).toContain("containerd does not start");

  harness.cluster.before = (operation) => {
    if (operation === "startNode") throw new Error("never");
  };
  await harness.call("PUT", pool.path, { desiredNodes: 2 });
  await harness.pass(30, 5);
  expect((await harness.nodes(pool)).map(({ status }) => status).sort()).toEqual(["ERROR", "READY"]);
});

it("boots slowly", async () => {
  await start();
  await fault({ action: "slow-boot", seconds: 90 });
  const pool = await harness.readyPool(cluster, { desiredNodes: 1 });
  await harness.pass(89);
  expect(await statusOf(pool)).toBe("INSTALLING");
  await harness.pass(1);
  expect(await statusOf(pool)).toBe("READY");
});

it("lets the operations take time", async () => {
  await start();
  await fault({ action: "delay", operation: "pool", seconds: 20 });
  const pool = await harness.readyPool(cluster);
  expect(await statusOf(pool)).toBe("INSTALLING");
  await harness.pass(20);
  expect(await statusOf(pool)).toBe("READY");
});

it("lists and ends its faults", async () => {
  await start();
  await fault({ action: "status", status: 500, path: "/nodepool$" }, { action: "quota", cores: 1 });
  await harness.call("GET", pools());
  expect((await harness.call("GET", "/_faults")).body).toMatchObject({
    faults: [
      { action: "status", struck: 1 },
      { action: "quota", struck: 0 },
    ],
  });
  await harness.call("DELETE", "/_faults");
  expect((await harness.call("GET", pools())).status).toBe(200);
});

it("refuses a fault that it does not know, and says why", async () => {
  await start();
  for (const wrong of [
    { action: "earthquake" },
    { action: "status", status: 200 },
    { action: "slow-boot" },
    { action: "quota", cores: 1, times: 3 },
  ]) {
    expect((await harness.call("POST", "/_faults", { faults: [wrong] })).status).toBe(400);
  }
  expect((await harness.call("GET", "/_faults")).body).toEqual({ faults: [] });
});

it("takes faults where it is told to only, and signed only", async () => {
  await start({ admin: false });
  for (const path of ["/_faults", "/_status"]) expect((await harness.call("GET", path)).status).toBe(404);
  await harness.close();
  await start();
  expect((await harness.send("GET", "/_faults", "", {})).status).toBe(401);
});

it("tells what there is", async () => {
  await start();
  await harness.readyPool(cluster, { desiredNodes: 1 });
  expect((await harness.call("GET", "/_status")).body).toMatchObject({
    clusters: [{ id: cluster, status: "READY", region: "GRA11", pools: [{ name: "compute", availableNodes: 1 }] }],
  });
});
