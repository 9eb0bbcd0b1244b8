import { OvhClient } from "../../../../autoscaler/cloud/ovh";
import { documentedRights, isGranted } from "../../../../local/api/iam/rights";
import { rightsOf } from "../../../docs/rights";
import { Harness, type identity, project, removeTemporaryFolders, serviceName, signedHeaders } from "../harness";
import { containing } from "../matchers";

let harness: Harness;
beforeEach(() => (harness = new Harness()));
afterEach(async () => {
  await harness.close();
  removeTemporaryFolders();
});

type Key = typeof identity;
const keyFor = async (rules: readonly object[]): Promise<Key> => (await harness.call("POST", "/_keys", { rules })).body as Key;
const ask = (key: Key, method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown) => {
  const text = body === undefined ? "" : JSON.stringify(body);
  return harness.send(method, `/1.0${path}`, text, signedHeaders(method, `http://test.local/1.0${path}`, text, harness.clock.now(), key));
};
const refusal = {
  status: 403,
  body: { class: "Client::Forbidden", message: "This call has not been granted", errorCode: "NOT_GRANTED_CALL" },
};

it("the local cloud's own key may do what docs/deploy.md asks for, and no more", async () => {
  expect(documentedRights(serviceName)).toEqual(rightsOf("Sign-in", serviceName));
  expect(await harness.call("GET", "/auth/details")).toMatchObject({ status: 200, body: { allowedRoutes: documentedRights(serviceName) } });
  expect(await harness.call("GET", `${project}/kube`)).toMatchObject({ status: 200, body: [] });
  for (const path of ["/cloud/project", project, "/auth/currentCredential", "/cloud/project/ffffffffffffffffffffffffffffffff/kube"]) {
    expect(await harness.call("GET", path)).toMatchObject(refusal);
  }
});

it("a key's rights are methods and paths, with * for any text", () => {
  const rules = [
    { method: "GET", path: "/kube/*/nodepool" },
    { method: "PUT", path: "/kube/a.b/*" },
  ];
  expect(isGranted(rules, "GET", "/kube/1/nodepool")).toBe(true);
  expect(isGranted(rules, "GET", "/kube/1/nodepool/2")).toBe(false);
  expect(isGranted(rules, "POST", "/kube/1/nodepool")).toBe(false);
  expect(isGranted(rules, "PUT", "/kube/a.b/nodepool/2")).toBe(true);
  expect(isGranted(rules, "PUT", "/kube/aXb/nodepool/2")).toBe(false);
});

it("a key is refused what it was not given, before anything is done", async () => {
  const cluster = await harness.readyCluster();
  const key = await keyFor([{ method: "GET", path: `${project}/kube/*` }]);
  expect(await ask(key, "GET", `${project}/kube/${cluster}`)).toMatchObject({ status: 200, body: { id: cluster } });
  expect(await ask(key, "DELETE", `${project}/kube/${cluster}`)).toMatchObject(refusal);
  expect(await ask(key, "GET", `${project}/kube`)).toMatchObject(refusal);
  expect(await harness.call("GET", `${project}/kube/${cluster}`)).toMatchObject({ body: { status: "READY" } });
  expect(await harness.call("POST", "/_keys", { rules: [] })).toMatchObject({ status: 400, body: { message: containing("rules") } });
});

it("the rights of step 10 are enough for the autoscaler to name the nodes that go", async () => {
  const cluster = await harness.readyCluster();
  const pool = await harness.readyPool(cluster, { desiredNodes: 3 });
  const [node] = await harness.nodes(pool);
  const key = await keyFor(rightsOf("Removal of idle nodes by name", serviceName, cluster));
  const address = await harness.server.listen({ port: 0, host: "127.0.0.1" });
  jest.useFakeTimers({ now: harness.clock.now(), doNotFake: ["nextTick", "setImmediate", "setTimeout", "setInterval", "queueMicrotask"] });
  try {
    const api = new OvhClient({ endpoint: `${address}/1.0`, serviceName, kubeId: cluster, ...key });
    expect(await api.nodesOf("compute")).toHaveLength(3);
    await api.removeNodes("compute", { from: 3, to: 2 }, [`openstack:///${node?.instanceId}`]);
  } finally {
    jest.useRealTimers();
  }
  await harness.settle();
  expect((await harness.nodes(pool)).map(({ name }) => name)).not.toContain(node?.name);
});
