import { replaces } from "../../../../local/plugins/protocol/diff";
import { InitFailed, type Known } from "../../../../local/plugins/protocol/provider";
import { type Properties, Secret, unknown } from "../../../../local/plugins/protocol/values";
import { serviceName } from "../../api/harness";
import { fakeCall, seed } from "../helpers";
import { TestCloud } from "./cloud";

let cloud: TestCloud;

beforeEach(async () => {
  cloud = new TestCloud();
  await cloud.start();
});

afterEach(() => cloud.close());

const owner = { serviceName };
const plain = (properties: Properties) =>
  JSON.parse(JSON.stringify(properties, (_, value: unknown) => (value instanceof Secret ? value.value : value))) as Properties;

/** Creates a resource as the engine does, and answers it as the engine keeps it. */
async function create(type: string, inputs: Properties, name = type): Promise<Known> {
  const { id, outputs } = await cloud.resource(type).create(inputs, fakeCall(name));
  return { id, inputs, outputs: plain(outputs) };
}

const cluster = (more: Properties = {}) => create("Kube", { ...owner, name: "batch", region: "GRA11", ...more });
const pool = (kube: Known, more: Properties = {}) =>
  create("KubeNodePool", { ...owner, kubeId: kube.id, name: "compute", flavorName: "c2-15", desiredNodes: 1, maxNodes: 5, ...more });

describe("Kube", () => {
  test("is READY once created, with its kubeconfig as a secret", async () => {
    const { outputs } = await cloud.resource("Kube").create({ ...owner, name: "batch", region: "GRA11" }, fakeCall("mks"));
    expect(outputs).toMatchObject({ status: "READY", version: "1.34", region: "GRA11", serviceName });
    expect(outputs.kubeconfig).toBeInstanceOf(Secret);
    expect((outputs.kubeconfigAttributes as Secret).value).toEqual([
      { host: "https://api.test", clusterCaCertificate: "Y2E=", clientCertificate: "Y2VydA==", clientKey: "a2V5" },
    ]);
  });

  test("changes in place what the API can change, and is replaced for the rest", async () => {
    const kube = await cluster();
    const news = { ...kube.inputs, name: "other", updatePolicy: "NEVER_UPDATE" };
    const outputs = await cloud.resource("Kube").update(kube, news, fakeCall("Kube"));
    expect(outputs).toMatchObject({ name: "other", updatePolicy: "NEVER_UPDATE" });
    expect(cloud.changes().slice(-3)).toEqual(["PUT /kube/ID/updatePolicy", "PUT /kube/ID", "POST /kube/ID/kubeconfig"]);
    const diff = await cloud.resource("Kube").diff(kube, { ...kube.inputs, region: "SBG5" }, fakeCall("Kube"));
    expect([...diff.changes]).toEqual([["region", { change: "update", replace: true }]]);
    expect(diff.deleteBeforeReplace).toBe(true);
  });

  test.each([
    [{ version: "1.36" }, /next minor version after 1.34/],
    [{ version: "1.33" }, /never downgraded/],
    [{ plan: "standard" }, /plan cannot be changed/],
  ])("refuses %j", async (change, message) => {
    const kube = await cluster();
    await expect(cloud.resource("Kube").update(kube, { ...kube.inputs, ...change }, fakeCall("Kube"))).rejects.toThrow(message);
  });

  test("is read with what others changed, imported by its id, and gone when deleted", async () => {
    const kube = await cluster();
    await cloud.harness.call("PUT", `/cloud/project/${serviceName}/kube/${kube.id}`, { name: "renamed" });
    const read = await cloud.resource("Kube").read(kube, fakeCall("Kube"));
    expect(read?.inputs).toEqual({ ...kube.inputs, name: "renamed" });
    const imported = await cloud.resource("Kube").read({ id: `${serviceName}/${kube.id}`, inputs: {}, outputs: {} }, fakeCall("i"));
    expect(imported).toMatchObject({ id: kube.id, inputs: { serviceName, name: "renamed", region: "GRA11", version: "1.34" } });
    await cloud.resource("Kube").delete(kube, fakeCall("Kube"));
    expect(await cloud.resource("Kube").read(kube, fakeCall("Kube"))).toBeUndefined();
    await cloud.resource("Kube").delete(kube, fakeCall("Kube"));
  });

  test("that does not get READY in time stays in the state, to be waited for by the next update", async () => {
    cloud.harness.faults.add([{ action: "delay", operation: "cluster", seconds: 60 }]);
    const failed = await cloud
      .resource("Kube")
      .create({ ...owner, name: "batch", region: "GRA11" }, fakeCall("mks", { timeout: 300 }))
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(InitFailed);
    const { id, outputs, reasons } = failed as InitFailed;
    expect(reasons[0]).toMatch(/is not READY: it took longer than 0 s/);
    await cloud.harness.pass(60);
    const now = await cloud.resource("Kube").update({ id, inputs: outputs, outputs }, outputs, fakeCall("mks"));
    expect(now).toMatchObject({ status: "READY" });
  });
});

describe("KubeNodePool", () => {
  const template = { metadata: { annotations: {}, finalizers: [], labels: { a: "b" } }, spec: { taints: [], unschedulable: false } };

  test("is created with the flavor, template and limits that the program says", async () => {
    const made = await pool(await cluster(), { template, autoscalingScaleDownUnneededTimeSeconds: 60 });
    expect(made.outputs).toMatchObject({
      status: "READY",
      flavor: "c2-15",
      flavorName: "c2-15",
      template,
      desiredNodes: 1,
      currentNodes: 1,
      autoscalingScaleDownUnneededTimeSeconds: 60,
    });
  });

  test("any update sends the size of the state, as the official plugin 2.19.1 does: nodes that came since are taken away", async () => {
    const made = await pool(await cluster());
    await cloud.harness.call("PUT", `/cloud/project/${serviceName}/kube/${String(made.inputs.kubeId)}/nodepool/${made.id}`, {
      desiredNodes: 3,
    });
    await cloud.harness.settle();
    const outputs = await cloud.resource("KubeNodePool").update(made, { ...made.inputs, maxNodes: 7 }, fakeCall("pool"));
    expect(outputs).toMatchObject({ maxNodes: 7, desiredNodes: 1 });
  });

  test("that has no nodes for want of stock fails with the nodes' reasons, and is mended by the next update", async () => {
    const kube = await cluster();
    cloud.harness.faults.add([{ action: "out-of-stock", times: 1 }]);
    const failed = await pool(kube).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(InitFailed);
    const { id, outputs, reasons } = failed as InitFailed;
    expect(reasons[0]).toMatch(/the node pool compute has status ERROR; node compute-node-\w+: FLAVOR_OUT_OF_STOCK_ERROR/);
    const mended = cloud.resource("KubeNodePool").update({ id, inputs: outputs, outputs }, outputs, fakeCall("pool"));
    await cloud.harness.pass(30, 5);
    expect(await mended).toMatchObject({ status: "READY", availableNodes: 1 });
  });

  test("over quota is refused, with what to do, and leaves nothing behind", async () => {
    const kube = await cluster();
    cloud.harness.faults.add([{ action: "quota", cores: 1 }]);
    await expect(pool(kube)).rejects.toThrow(/412 .*InsufficientVCPUsQuota.*Raise the project's quota/);
    cloud.harness.faults.clear();
    expect((await pool(kube)).outputs.status).toBe("READY");
  });

  test.each(["flavorName", "name", "kubeId", "antiAffinity", "monthlyBilled"])("is replaced when %s changes", async (name) => {
    const inputs = { ...owner, kubeId: "k", name: "compute", flavorName: "c2-15", antiAffinity: "a", monthlyBilled: "b" };
    const diff = await cloud
      .resource("KubeNodePool")
      .diff({ id: "p", inputs, outputs: {} }, { ...inputs, [name]: "new" }, fakeCall("pool"));
    expect(replaces(diff)).toBe(true);
    expect(diff.deleteBeforeReplace).toBe(name !== "name");
  });

  test("waits while the cluster is busy with something else", async () => {
    const kube = await cluster();
    cloud.harness.faults.add([{ action: "delay", operation: "update", seconds: 10 }]);
    await cloud.harness.call("PUT", `/cloud/project/${serviceName}/kube/${kube.id}/ipRestrictions`, { ips: ["10.0.0.0/8"] });
    const made = pool(kube);
    await new Promise((resolve) => setTimeout(resolve, 400));
    await cloud.harness.pass(10);
    expect((await made).outputs.status).toBe("READY");
  });
});

describe("Object Storage", () => {
  const bucket = { ...owner, regionName: "GRA", name: "my-bucket", versioning: { status: "enabled" }, hideObjects: true };

  test("a bucket keeps its settings, and is emptied before it goes", async () => {
    const made = await create("Storage", bucket);
    expect(made.outputs).toMatchObject({ name: "my-bucket", versioning: { status: "enabled" }, virtualHost: expect.any(String) as string });
    const outputs = await cloud.resource("Storage").update(made, { ...bucket, versioning: { status: "suspended" } }, fakeCall("b"));
    expect(outputs.versioning).toEqual({ status: "suspended" });
    await cloud.resource("Storage").delete(made, fakeCall("b"));
    expect(await cloud.resource("Storage").read(made, fakeCall("b"))).toBeUndefined();
  });

  test("its lifecycle rules are set, found, changed and taken away; a refresh shows what others changed", async () => {
    const type = "ovh:index/cloudProjectStorageObjectBucketLifecycleConfiguration:CloudProjectStorageObjectBucketLifecycleConfiguration";
    const resource = cloud.provider.resource(type);
    await create("Storage", bucket);
    const rules = [
      { id: "old", status: "enabled", noncurrentVersionExpiration: { noncurrentDays: 30 } },
      { id: "uploads", status: "enabled", abortIncompleteMultipartUpload: { daysAfterInitiation: 7 } },
    ];
    const inputs = { ...owner, regionName: "GRA", containerName: "my-bucket", rules };
    expect((await resource.check(inputs, undefined, seed, fakeCall("l"))).failures).toEqual([]);
    const { id, outputs } = await resource.create(inputs, fakeCall("l"));
    expect([id, outputs]).toEqual([`${serviceName}/GRA/my-bucket`, inputs]);
    const known = { id, inputs, outputs };
    expect(await resource.read(known, fakeCall("l"))).toEqual(known);
    expect((await resource.read({ id, inputs: {}, outputs: {} }, fakeCall("l")))?.inputs).toEqual(inputs);
    await resource.update(known, { ...inputs, rules: rules.slice(1) }, fakeCall("l"));
    expect((await resource.read(known, fakeCall("l")))?.inputs.rules).toEqual(rules.slice(1));
    await resource.delete(known, fakeCall("l"));
    await resource.delete(known, fakeCall("l"));
    expect(await resource.read(known, fakeCall("l"))).toBeUndefined();
  });

  test("a name that is taken is a conflict, not a silent adoption", async () => {
    await create("Storage", bucket, "first");
    await expect(create("Storage", bucket, "second")).rejects.toThrow(/409/);
    await expect(create("Storage", bucket, "second")).rejects.toThrow(/409/);
  });

  test("a user, its credential and its policy", async () => {
    const user = await create("User", { ...owner, description: "d", roleName: "objectstore_operator" });
    expect(user.outputs).toMatchObject({
      status: "ok",
      password: expect.any(String) as string,
      openstackRc: { OS_TENANT_ID: serviceName },
    });
    const credential = await create("S3Credential", { ...owner, userId: user.id });
    expect(credential.outputs).toMatchObject({ accessKeyId: credential.id, secretAccessKey: expect.any(String) as string });
    const document = JSON.stringify({ Statement: [{ Effect: "Allow", Action: ["s3:*"], Resource: ["arn:aws:s3:::my-bucket"] }] });
    const policy = await create("S3Policy", { ...owner, userId: user.id, policy: document });
    expect((await cloud.resource("S3Policy").read(policy, fakeCall("p")))?.inputs).toEqual(policy.inputs);
    await cloud.resource("S3Policy").delete(policy, fakeCall("p"));
    await cloud.resource("S3Credential").delete(credential, fakeCall("c"));
    await cloud.resource("User").delete(user, fakeCall("u"));
    expect(await cloud.resource("User").read(user, fakeCall("u"))).toBeUndefined();
  });

  test("a role that does not exist is told with those that do", async () => {
    await expect(create("User", { ...owner, roleName: "king" })).rejects.toThrow(/king do not exist; there are .*objectstore_operator/);
  });
});

describe("settings of a cluster", () => {
  test("IP restrictions and OIDC are set, changed and taken away", async () => {
    const kube = await cluster();
    const kubeId = kube.id;
    const ips = await create("KubeIpRestrictions", { ...owner, kubeId, ips: ["10.0.0.0/8"] });
    const oidc = await create("KubeOidc", { ...owner, kubeId, clientId: "c", issuerUrl: "https://i", oidcGroupsClaims: ["groups"] });
    expect((await cloud.resource("KubeOidc").read(oidc, fakeCall("o")))?.inputs).toEqual(oidc.inputs);
    await cloud.resource("KubeIpRestrictions").update(ips, { ...ips.inputs, ips: ["11.0.0.0/8"] }, fakeCall("i"));
    expect((await cloud.resource("KubeIpRestrictions").read(ips, fakeCall("i")))?.inputs.ips).toEqual(["11.0.0.0/8"]);
    await cloud.resource("KubeOidc").delete(oidc, fakeCall("o"));
    expect(await cloud.resource("KubeOidc").read(oidc, fakeCall("o"))).toBeUndefined();
    await cloud.resource("KubeIpRestrictions").delete(ips, fakeCall("i"));
    expect((await cloud.resource("KubeIpRestrictions").read(ips, fakeCall("i")))?.inputs.ips).toEqual([]);
  });
});

describe("check", () => {
  test("names what the program leaves unnamed, the same way with the same seed, and keeps the name", async () => {
    const resource = cloud.resource("Kube");
    const first = await resource.check({ ...owner, region: "GRA11" }, undefined, seed, fakeCall("mks"));
    expect(first.inputs.name).toMatch(/^mks-[0-9a-f]{7}$/);
    expect((await resource.check({ ...owner, region: "GRA11" }, undefined, seed, fakeCall("mks"))).inputs.name).toBe(first.inputs.name);
    const again = await resource.check({ ...owner, region: "GRA11" }, first.inputs, new Uint8Array([9]), fakeCall("mks"));
    expect(again.inputs.name).toBe(first.inputs.name);
    const known = { id: "k", inputs: first.inputs, outputs: {} };
    expect((await resource.diff(known, { ...first.inputs, region: "SBG5" }, fakeCall("mks"))).deleteBeforeReplace).toBe(false);
  });

  test("takes the project from the environment, and says so where there is none", async () => {
    const inputs = { userId: "1", policy: "{}" };
    process.env.OVH_CLOUD_PROJECT_SERVICE = "from-env";
    expect((await cloud.resource("S3Policy").check(inputs, undefined, seed, fakeCall("p"))).inputs.serviceName).toBe("from-env");
    delete process.env.OVH_CLOUD_PROJECT_SERVICE;
    expect((await cloud.resource("S3Policy").check(inputs, undefined, seed, fakeCall("p"))).failures).toEqual([
      { property: "serviceName", reason: "is required; or set the environment variable OVH_CLOUD_PROJECT_SERVICE" },
    ]);
  });

  test("refuses a property that is not known, and lets unknown values pass", async () => {
    const news = { ...owner, kubeId: unknown, flavorName: "b2-7", desiredNodess: 1 };
    const { failures } = await cloud.resource("KubeNodePool").check(news, undefined, seed, fakeCall("p"));
    expect(failures).toEqual([
      { property: "desiredNodess", reason: expect.stringMatching(/not known to the stand-in.*desiredNodes/) as string },
    ]);
  });
});

test("a preview changes nothing", async () => {
  const { outputs } = await cloud.resource("Kube").create({ ...owner, name: "a", region: "GRA11" }, fakeCall("k", { preview: true }));
  expect(outputs).toEqual({ ...owner, name: "a", region: "GRA11" });
  expect(cloud.changes()).toEqual([]);
});

test("getKube, getRegion, getRegions and getFlavors", async () => {
  const kube = await cluster();
  const get = (name: string, args: Properties) => cloud.provider.invoke(`ovh:CloudProject/${name}:${name}`, { serviceName, ...args });
  expect(await get("getKube", { kubeId: kube.id })).toMatchObject({
    id: kube.id,
    status: "READY",
    kubeconfig: expect.any(Secret) as Secret,
  });
  expect(await get("getRegion", { name: "GRA11" })).toMatchObject({ name: "GRA11", status: expect.any(String) as string });
  expect((await get("getRegions", {})).names).toContain("GRA11");
  const { flavors } = await get("getFlavors", { region: "GRA11" });
  expect(flavors).toContainEqual(expect.objectContaining({ name: "c2-15" }));
  await expect(get("getCoffee", {})).rejects.toThrow(/not known to the stand-in of the ovh plugin/);
  await expect(get("getKube", {})).rejects.toThrow(/kubeId is required/);
});
