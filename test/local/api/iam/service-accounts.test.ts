import type { AddressInfo } from "node:net";
import { OvhClient } from "../../../../autoscaler/cloud/ovh";
import { policyOf, type Purpose } from "../../../../common/iam";
import { actionOf } from "../../../../local/api/iam/service-accounts";
import { Api } from "../../../../local/plugins/ovh/common/api";
import { type Definition, define } from "../../../../local/plugins/ovh/common/define";
import { invoke } from "../../../../local/plugins/ovh/functions";
import { kube } from "../../../../local/plugins/ovh/resources/kube";
import { kubeIpRestrictions, kubeOidc } from "../../../../local/plugins/ovh/resources/kube-settings";
import { gateway, networkPrivate, networkPrivateSubnet } from "../../../../local/plugins/ovh/resources/network";
import { nodePool } from "../../../../local/plugins/ovh/resources/node-pool";
import { s3Credential, s3Policy } from "../../../../local/plugins/ovh/resources/s3";
import { storage } from "../../../../local/plugins/ovh/resources/storage";
import { user } from "../../../../local/plugins/ovh/resources/user";
import { type Known } from "../../../../local/plugins/protocol/provider";
import { type Properties, Secret } from "../../../../local/plugins/protocol/values";
import { fakeCall, removeTemporaryFolders as removeOwn, temporaryFolder } from "../../plugins/helpers";
import { Harness, project, removeTemporaryFolders, serviceName } from "../harness";

let harness: Harness;
beforeEach(() => {
  harness = new Harness();
  process.env.PULUMI_HOME = temporaryFolder();
});
afterEach(async () => {
  await harness.close();
  removeTemporaryFolders();
  removeOwn();
});

interface Account {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly identity: string;
}

const createAccount = async (): Promise<Account> => (await harness.call("POST", "/_service_accounts")).body as Account;

async function accountFor(purpose: Purpose): Promise<Account> {
  const account = await createAccount();
  const { status } = await harness.call("POST", "/_policies", policyOf({ purpose, projectId: serviceName, identity: account.identity }));
  expect(status).toBe(200);
  return account;
}

const form = "application/x-www-form-urlencoded";
const askToken = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  harness.send("POST", "/auth/oauth2/token", new URLSearchParams(fields).toString(), { "content-type": form, ...headers });
const fieldsOf = ({ clientId, clientSecret }: Account) => ({
  grant_type: "client_credentials",
  client_id: clientId,
  client_secret: clientSecret,
  scope: "all",
});
const tokenOf = async (account: Account) => ((await askToken(fieldsOf(account))).body as { access_token: string }).access_token;
const ask = (token: string, method: "GET" | "POST" | "PUT" | "DELETE", path: string) =>
  harness.send(method, `/1.0${path}`, "", { authorization: `Bearer ${token}` });

const refused = (action: string) => ({
  status: 403,
  body: {
    class: "Client::Forbidden",
    message: "User not granted for this request",
    details: { unauthorizedActionsByAuthentication: "", unauthorizedActionsByIAM: `publicCloudProject:apiovh:${action}` },
  },
});

async function listen(): Promise<string> {
  await harness.server.listen({ port: 0, host: "127.0.0.1" });
  return `http://127.0.0.1:${(harness.server.server.address() as AddressInfo).port}`;
}

describe("a token", () => {
  it("is given for the credentials in the form, or in the header as other clients send them", async () => {
    const account = await createAccount();
    const answer = { access_token: expect.any(String) as string, token_type: "Bearer", expires_in: 3599, scope: "all" };
    expect(await askToken(fieldsOf(account))).toMatchObject({ status: 200, body: answer });
    const authorization = `Basic ${Buffer.from(`${account.clientId}:${account.clientSecret}`).toString("base64")}`;
    expect(await askToken({ grant_type: "client_credentials" }, { authorization })).toMatchObject({ status: 200, body: answer });
  });

  it("is refused in the form of OAuth2", async () => {
    const account = await createAccount();
    for (const wrong of [{ client_id: "other" }, { client_secret: "other" }])
      expect(await askToken({ ...fieldsOf(account), ...wrong })).toMatchObject({ status: 401, body: { error: "invalid_client" } });
    expect(await askToken({ ...fieldsOf(account), grant_type: "password" })).toMatchObject({
      status: 400,
      body: { error: "unsupported_grant_type" },
    });
  });

  it("is good for an hour, and not after a restart", async () => {
    const token = await tokenOf(await createAccount());
    const details = () => ask(token, "GET", "/auth/details");
    expect(await details()).toMatchObject({ status: 200, body: { method: "oauth2", allowedRoutes: null } });
    await harness.pass(3598);
    expect((await details()).status).toBe(200);
    await harness.pass(1);
    expect(await details()).toMatchObject({ status: 401, body: { class: "Client::Unauthorized" } });
    const other = await tokenOf(await createAccount());
    await harness.call("DELETE", "/_tokens");
    expect((await ask(other, "GET", "/auth/details")).status).toBe(401);
  });
});

describe("IAM", () => {
  it("lets a service account without a policy sign in, and nothing else", async () => {
    const token = await tokenOf(await createAccount());
    expect(await ask(token, "GET", "/auth/details")).toMatchObject({ status: 200 });
    expect(await ask(token, "GET", "/cloud/project")).toMatchObject({ status: 200, body: [] });
    expect(await ask(token, "GET", `${project}/kube`)).toMatchObject(refused("kube/get"));
    expect(await ask(token, "GET", project)).toMatchObject(refused("get"));
    expect(await ask(token, "GET", "/auth/currentCredential")).toMatchObject({ status: 403 });
    expect((await harness.send("GET", "/_faults", "", { authorization: `Bearer ${token}` })).status).toBe(403);
  });

  it("grants on the project of the policy alone, before it says what there is", async () => {
    const token = await tokenOf(await accountFor("pulumi"));
    expect(await ask(token, "GET", `${project}/kube`)).toMatchObject({ status: 200, body: [] });
    expect(await ask(token, "GET", "/cloud/project/ffffffffffffffffffffffffffffffff/kube")).toMatchObject(refused("kube/get"));
    expect(await ask(token, "GET", `${project}/quota`)).toMatchObject(refused("quota/get"));
    expect(await ask(token, "GET", `${project}/nothing`)).toMatchObject({ status: 404 });
  });

  it("refuses a policy for an account that there is not, and what it does not know", async () => {
    const policy = policyOf({ purpose: "pulumi", projectId: serviceName, identity: "urn:v1:eu:identity:credential:local/oauth2-none" });
    expect(await harness.call("POST", "/_policies", policy)).toMatchObject({ status: 400 });
    const { identity } = await createAccount();
    const permissions = { ...policy.permissions, deny: [{ action: "publicCloudProject:apiovh:get" }] };
    expect(await harness.call("POST", "/_policies", { ...policy, identities: [identity], permissions })).toMatchObject({ status: 400 });
  });

  it.each([
    ["GET", "", "get"],
    ["GET", "/kube/:kubeId/nodepool/:id/nodes", "kube/nodepool/nodes/get"],
    ["PUT", "/kube/:kubeId/nodepool/:id", "kube/nodepool/edit"],
    ["POST", "/region/:region/storage/:name/bulkDeleteObjects", "region/storage/bulkDeleteObjects"],
    ["POST", "/user/:id/s3Credentials/:access/secret", "user/s3Credentials/secret/display"],
    ["DELETE", "/user/:id", "user/delete"],
  ])("calls %s %s %s", (method, route, action) => {
    expect(actionOf(method, route)).toBe(`publicCloudProject:apiovh:${action}`);
  });
});

describe("the policy of the autoscaler", () => {
  it("is enough to name the nodes that go, also when the API takes the token no more; and for nothing else", async () => {
    const cluster = await harness.readyCluster();
    const pool = await harness.readyPool(cluster, { desiredNodes: 3 });
    const [node] = await harness.nodes(pool);
    const { clientId, clientSecret } = await accountFor("autoscaler");
    const origin = await listen();
    const errors: string[] = [];
    const access = { endpoint: `${origin}/1.0`, serviceName, kubeId: cluster, clientId, clientSecret };
    const api = new OvhClient(
      access,
      () => Promise.resolve(),
      (code) => errors.push(code),
    );
    expect(await api.nodesOf("compute")).toHaveLength(3);
    await harness.call("DELETE", "/_tokens");
    await api.removeNodes("compute", { from: 3, to: 2 }, [`openstack:///${node?.instanceId}`]);
    await harness.settle();
    expect((await harness.nodes(pool)).map(({ name }) => name)).not.toContain(node?.name);
    expect(errors).toEqual([]);
    expect(harness.requests.filter((line) => line.includes("/auth/oauth2/token"))).toHaveLength(2);
    const token = await tokenOf({ clientId, clientSecret, identity: "" });
    expect(await ask(token, "DELETE", pool.path)).toMatchObject(refused("kube/nodepool/delete"));
    expect(await ask(token, "GET", `${project}/kube/${cluster}`)).toMatchObject(refused("kube/get"));
  });

  it("that lacks a right is told by its name; wrong credentials are told, and are no reason to try again", async () => {
    const origin = await listen();
    const account = await accountFor("pulumi");
    const client = (more: object) =>
      new OvhClient({ endpoint: `${origin}/1.0`, serviceName: "f".repeat(32), kubeId: "k", ...account, ...more }, () => Promise.resolve());
    await expect(client({}).nodesOf("compute")).rejects.toThrow(/missing in the IAM policy: publicCloudProject:apiovh:kube\/nodepool\/get/);
    const before = harness.requests.length;
    await expect(client({ clientSecret: "wrong-secret" }).nodesOf("compute")).rejects.toMatchObject({
      status: 401,
      message: expect.stringMatching(/invalid_client/) as string,
    });
    expect(harness.requests).toHaveLength(before + 1);
  });
});

test("the policy of Pulumi is enough for every resource and function of the program", async () => {
  const { clientId, clientSecret } = await accountFor("pulumi");
  const kubeconfig = JSON.stringify({
    clusters: [{ name: "c", cluster: { server: "https://api.test", "certificate-authority-data": "Y2E=" } }],
    users: [{ name: "u", user: { "client-certificate-data": "Y2VydA==", "client-key-data": "a2V5" } }],
  });
  harness.cluster.kubeconfig = () => Promise.resolve(kubeconfig);
  const origin = await listen();
  const api = new Api({ endpoint: `${origin}/1.0`, clientId, clientSecret });
  await api.get("/auth/details");
  const made: [Definition, Known][] = [];
  const create = async (definition: Definition, inputs: Properties): Promise<Known> => {
    const given = { serviceName, ...inputs };
    const call = fakeCall(`resource-${made.length}`);
    const { id, outputs } = await define(definition, () => api).create(given, call);
    const plain = JSON.parse(JSON.stringify(outputs, (_, value: unknown) => (value instanceof Secret ? value.value : value))) as Properties;
    const known = { id, inputs: given, outputs: plain };
    made.push([definition, known]);
    return known;
  };

  const region = "EU-WEST-PAR";
  const network = await create(networkPrivate, { name: "batch", regions: [region], vlanId: 0 });
  const range = { network: "192.168.0.0/20", start: "192.168.0.16", end: "192.168.15.254", dhcp: true, noGateway: false };
  const subnet = await create(networkPrivateSubnet, { networkId: network.id, region, ...range });
  const networkId = (network.outputs.regionsOpenstackIds as Record<string, string>)[region];
  await create(gateway, { name: "batch", model: "s", region, networkId, subnetId: subnet.id });
  const place = { plan: "standard", privateNetworkId: networkId, nodesSubnetId: subnet.id };
  const cluster = await create(kube, { name: "batch", region, ...place });
  const kubeId = cluster.id;
  await create(kubeIpRestrictions, { kubeId, ips: ["203.0.113.0/24"] });
  await create(kubeOidc, { kubeId, clientId: "id", issuerUrl: "https://id.example.com" });
  const zone = { availabilityZones: [`${region.toLowerCase()}-a`] };
  await create(nodePool, { kubeId, name: "compute", flavorName: "b3-16", desiredNodes: 1, maxNodes: 2, ...zone });
  const bucket = await create(storage, { regionName: "GRA", name: "batch" });
  const owner = await create(user, { description: "batch", roleNames: ["objectstore_operator"] });
  await create(s3Credential, { userId: owner.id });
  await create(s3Policy, { userId: owner.id, policy: JSON.stringify({ Statement: [] }) });
  await define(kube, () => api).update(cluster, { ...cluster.inputs, updatePolicy: "NEVER_UPDATE" }, fakeCall("kube"));
  harness.storage.put(String(bucket.inputs.name), "key");
  await invoke(() => api, "ovh:CloudProject/getFlavors:getFlavors", { serviceName, region });
  await invoke(() => api, "ovh:CloudProject/getKube:getKube", { serviceName, kubeId });

  for (const [definition, known] of made) await define(definition, () => api).read(known, fakeCall(known.id));
  for (const [definition, known] of made.reverse()) await define(definition, () => api).delete(known, fakeCall(known.id));
  expect(harness.requests.filter((line) => / 40[13] /.test(line))).toEqual([]);
}, 60_000);
