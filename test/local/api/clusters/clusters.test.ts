import { Harness, project, removeTemporaryFolders } from "../harness";
import { aString, containing } from "../matchers";

let harness: Harness;
afterEach(async () => {
  await harness.close();
  removeTemporaryFolders();
});

const kube = `${project}/kube`;
const statusOf = async (id: string): Promise<unknown> => {
  const { status, body } = await harness.call("GET", `${kube}/${id}`);
  return status === 200 ? (body as { status: string }).status : status;
};

it("is INSTALLING until the backend has booted it, and READY then, with its URL", async () => {
  harness = new Harness();
  let boot = (): void => undefined;
  harness.cluster.before = (operation) => (operation === "createCluster" ? new Promise<void>((resolve) => (boot = resolve)) : undefined);
  const { status, body } = await harness.call("POST", kube, { region: "GRA11", name: "batch", version: "1.34" });
  expect(status).toBe(201);
  expect(body).toMatchObject({
    name: "batch",
    region: "GRA11",
    status: "INSTALLING",
    plan: "free",
    updatePolicy: "ALWAYS_UPDATE",
    version: "1.34.3-0",
  });
  const { id } = body as { id: string };
  await harness.settle();
  expect(await statusOf(id)).toBe("INSTALLING");
  expect((await harness.call("POST", `${kube}/${id}/kubeconfig`)).status).toBe(409);
  expect((await harness.call("POST", `${kube}/${id}/nodepool`, { flavorName: "b2-7" })).status).toBe(409);
  boot();
  await harness.settle();
  expect((await harness.call("GET", `${kube}/${id}`)).body).toMatchObject({
    status: "READY",
    url: "10.250.0.2:6443",
    nodesUrl: "10.250.0.2:6443",
  });
  expect((await harness.call("GET", kube)).body).toEqual([id]);
  expect((await harness.call("POST", `${kube}/${id}/kubeconfig`)).body).toEqual({ content: containing("server:") });
});

it("keeps being INSTALLING for the time that is asked for", async () => {
  harness = new Harness({ delays: { cluster: 60_000 } });
  const id = await harness.readyCluster();
  await harness.pass(59);
  expect(await statusOf(id)).toBe("INSTALLING");
  await harness.pass(1);
  expect(await statusOf(id)).toBe("READY");
});

it("is in ERROR when the backend cannot boot it, and can be deleted", async () => {
  harness = new Harness();
  harness.cluster.before = (operation) => {
    if (operation === "createCluster") throw new Error("no room on the disk");
  };
  const id = await harness.readyCluster();
  await harness.pass(30, 3);
  expect(await statusOf(id)).toBe("ERROR");
  expect(harness.log.join()).toContain("no room on the disk");
  expect((await harness.call("DELETE", `${kube}/${id}`)).status).toBe(200);
  await harness.settle();
  expect(await statusOf(id)).toBe(404);
});

it("is DELETING until the backend is done, then gone with its pools and nodes", async () => {
  harness = new Harness();
  const id = await harness.readyCluster();
  await harness.readyPool(id, { desiredNodes: 2 });
  let end = (): void => undefined;
  harness.cluster.before = (operation) => (operation === "deleteCluster" ? new Promise<void>((resolve) => (end = resolve)) : undefined);
  expect((await harness.call("DELETE", `${kube}/${id}`)).status).toBe(200);
  await harness.settle();
  expect(await statusOf(id)).toBe("DELETING");
  expect((await harness.call("DELETE", `${kube}/${id}`)).status).toBe(200);
  end();
  await harness.settle();
  expect(await statusOf(id)).toBe(404);
  expect(harness.cluster.count("deleteCluster")).toBe(1);
  expect(harness.cluster.count("stopNode")).toBe(0);
  const { state } = harness.cloud.context.store;
  expect([state.clusters, state.pools, state.nodes]).toEqual([{}, {}, {}]);
});

it("can be deleted while it is being installed, and while a node of it never boots", async () => {
  harness = new Harness({ delays: { cluster: 60_000 } });
  const first = await harness.readyCluster();
  await harness.call("DELETE", `${kube}/${first}`);
  await harness.settle();
  expect(await statusOf(first)).toBe(404);
  expect(harness.cluster.count("createCluster")).toBe(0);

  const second = await harness.readyCluster();
  await harness.pass(60);
  await harness.call("POST", "/_faults", { faults: [{ action: "never-boots" }] });
  await harness.readyPool(second, { desiredNodes: 1 });
  await harness.call("DELETE", `${kube}/${second}`);
  await harness.settle();
  expect(await statusOf(second)).toBe(404);
});

it.each([
  ["a region that there is not", { region: "MARS" }, "region"],
  ["no region", {}, "region"],
  ["a version that is not offered", { region: "GRA11", version: "1.29" }, "version"],
  ["an unknown plan", { region: "GRA11", plan: "gold" }, "plan"],
  ["an unknown update policy", { region: "GRA11", updatePolicy: "SOMETIMES" }, "updatePolicy"],
  ["an unknown property", { region: "GRA11", nodepol: {} }, "nodepol"],
  [
    "a private network configuration with half its properties",
    { region: "GRA11", privateNetworkConfiguration: { defaultVrackGateway: "" } },
    "privateNetworkRoutingAsDefault",
  ],
])("refuses %s", async (_what, body, property) => {
  harness = new Harness();
  const answer = await harness.call("POST", kube, body);
  expect(answer).toMatchObject({ status: 400, body: { class: "Client::BadRequest", message: containing(property) } });
  expect(harness.cluster.calls).toEqual([]);
});

it("names all faults at once", async () => {
  harness = new Harness();
  const { body } = await harness.call("POST", kube, { region: "MARS", version: "1.2" });
  expect(body).toMatchObject({ details: { region: aString, version: aString } });
});

it("takes null for a property that is not given", async () => {
  harness = new Harness();
  expect((await harness.call("POST", kube, { region: "GRA11", version: null, privateNetworkId: null })).status).toBe(201);
});

it("refuses more clusters than the machine can hold", async () => {
  harness = new Harness({ maxClusters: 1 });
  await harness.readyCluster();
  expect(await harness.call("POST", kube, { region: "GRA11" })).toMatchObject({
    status: 409,
    body: { message: containing("at most 1") },
  });
});

it("changes its settings, busy for a moment where OVHcloud's is", async () => {
  harness = new Harness({ delays: { update: 1000 } });
  const id = await harness.readyCluster();
  const at = `${kube}/${id}`;
  const expectBusy = async (status: string): Promise<void> => {
    expect(await statusOf(id)).toBe(status);
    expect((await harness.call("PUT", `${at}/ipRestrictions`, { ips: [] })).status).toBe(409);
    await harness.pass(1);
    expect(await statusOf(id)).toBe("READY");
  };
  expect((await harness.call("PUT", at, { name: "other" })).status).toBe(200);
  expect((await harness.call("PUT", `${at}/updatePolicy`, { updatePolicy: "NEVER_UPDATE" })).status).toBe(200);
  expect((await harness.call("GET", at)).body).toMatchObject({ name: "other", updatePolicy: "NEVER_UPDATE", status: "READY" });

  await harness.call("PUT", `${at}/privateNetworkConfiguration`, { defaultVrackGateway: "", privateNetworkRoutingAsDefault: true });
  await expectBusy("REDEPLOYING");
  await harness.call("PUT", `${at}/customization`, { apiServer: { admissionPlugins: { enabled: ["AlwaysPullImages"] } } });
  await expectBusy("UPDATING");
  expect((await harness.call("GET", `${at}/customization`)).body).toEqual({
    apiServer: { admissionPlugins: { enabled: ["AlwaysPullImages"] } },
  });
  await harness.call("POST", `${at}/update`, { strategy: "LATEST_PATCH" });
  await expectBusy("UPDATING");
  expect((await harness.call("POST", `${at}/update`, { strategy: "NEXT_MINOR" })).status).toBe(400);
});

it("keeps a list of IP restrictions", async () => {
  harness = new Harness();
  const at = `${kube}/${await harness.readyCluster()}/ipRestrictions`;
  expect((await harness.call("GET", at)).body).toEqual([]);
  expect((await harness.call("POST", at, { ips: ["10.0.0.0/8"] })).body).toEqual(["10.0.0.0/8"]);
  await harness.settle();
  expect((await harness.call("POST", at, { ips: ["1.2.3.4", "10.0.0.0/8"] })).body).toEqual(["10.0.0.0/8", "1.2.3.4"]);
  await harness.settle();
  expect((await harness.call("DELETE", `${at}/${encodeURIComponent("10.0.0.0/8")}`)).status).toBe(200);
  await harness.settle();
  expect((await harness.call("GET", at)).body).toEqual(["1.2.3.4"]);
  expect((await harness.call("DELETE", `${at}/9.9.9.9`)).status).toBe(404);
  expect((await harness.call("PUT", at, { ips: ["10.0.0.0/33"] })).status).toBe(400);
  expect((await harness.call("PUT", at, { ips: [] })).body).toEqual([]);
});

it("keeps an OpenID Connect configuration", async () => {
  harness = new Harness();
  const at = `${kube}/${await harness.readyCluster()}/openIdConnect`;
  expect((await harness.call("GET", at)).status).toBe(404);
  expect((await harness.call("POST", at, { clientId: "a", issuerUrl: "http://plain" })).status).toBe(400);
  expect((await harness.call("POST", at, { clientId: "a", issuerUrl: "https://issuer.example" })).status).toBe(200);
  await harness.settle();
  expect((await harness.call("POST", at, { clientId: "b", issuerUrl: "https://issuer.example" })).status).toBe(409);
  expect((await harness.call("PUT", at, { clientId: "b" })).body).toEqual({ clientId: "b", issuerUrl: "https://issuer.example" });
  await harness.settle();
  expect((await harness.call("DELETE", at)).status).toBe(200);
  await harness.settle();
  expect((await harness.call("GET", at)).status).toBe(404);
});

it("is reset to an empty cluster", async () => {
  harness = new Harness();
  const id = await harness.readyCluster();
  await harness.readyPool(id, { desiredNodes: 1 });
  let end = (): void => undefined;
  harness.cluster.before = (operation) => (operation === "deleteCluster" ? new Promise<void>((resolve) => (end = resolve)) : undefined);
  expect((await harness.call("POST", `${kube}/${id}/reset`, {})).status).toBe(200);
  expect(await statusOf(id)).toBe("RESETTING");
  end();
  await harness.settle();
  expect(await statusOf(id)).toBe("READY");
  expect((await harness.call("GET", `${kube}/${id}/nodepool`)).body).toEqual([]);
  expect(harness.cluster.nodes.size).toBe(0);
  expect(harness.cluster.count("createCluster")).toBe(2);
});

it("makes the kubeconfig anew when it is reset, and installs the nodes anew, which keep their names", async () => {
  harness = new Harness();
  const id = await harness.readyCluster();
  const pool = await harness.readyPool(id, { desiredNodes: 2 });
  const before = await harness.nodes(pool);
  const starts = harness.cluster.count("startNode");
  expect(await harness.call("POST", `${kube}/${id}/kubeconfig/reset`)).toMatchObject({ status: 200, body: "" });
  expect(harness.cluster.count("resetKubeconfig")).toBe(1);
  expect((await harness.nodes(pool)).map(({ status }) => status)).toEqual(["REDEPLOYING", "REDEPLOYING"]);
  await harness.settle();
  expect(await statusOf(id)).toBe("READY");
  expect([harness.cluster.count("stopNode"), harness.cluster.count("startNode") - starts]).toEqual([2, 2]);
  expect((await harness.nodes(pool)).map(({ name, status }) => [name, status])).toEqual(before.map(({ name }) => [name, "READY"]));
  expect((await harness.call("POST", `${kube}/none/kubeconfig/reset`)).status).toBe(404);
});

it("installs a node anew, too, that is being brought in line with its pool when the kubeconfig is reset", async () => {
  harness = new Harness();
  const id = await harness.readyCluster();
  const pool = await harness.readyPool(id, { desiredNodes: 1 });
  let end = (): void => undefined;
  harness.cluster.before = (operation) => (operation === "startNode" ? new Promise<void>((resolve) => (end = resolve)) : undefined);
  const template = { metadata: { labels: { kind: "new" }, annotations: {}, finalizers: [] }, spec: { taints: [], unschedulable: false } };
  expect((await harness.call("PUT", pool.path, { template })).status).toBe(200);
  expect((await harness.nodes(pool)).map(({ status }) => status)).toEqual(["UPDATING"]);
  expect((await harness.call("POST", `${kube}/${id}/kubeconfig/reset`)).status).toBe(200);
  harness.cluster.before = () => undefined;
  end();
  await harness.settle();
  expect(harness.cluster.count("stopNode")).toBe(1);
  expect((await harness.nodes(pool)).map(({ status }) => status)).toEqual(["READY"]);
});

it("says what the local cloud cannot do rather than to pretend", async () => {
  harness = new Harness();
  expect((await harness.call("POST", kube, { region: "GRA11", kubeProxyMode: "ipvs" })).status).toBe(400);
});

it("lists its region's flavors, and knows no other cluster", async () => {
  harness = new Harness();
  const id = await harness.readyCluster();
  const names = ((await harness.call("GET", `${kube}/${id}/flavors`)).body as { name: string }[]).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["b2-7", "c2-15"]));
  for (const path of ["", "/flavors", "/nodepool", "/node", "/ipRestrictions"]) {
    expect((await harness.call("GET", `${kube}/other${path}`)).status).toBe(404);
  }
});
