import { serviceName } from "../../../api/harness";
import { fakeCall } from "../../helpers";
import { TestCloud } from "../cloud";

let cloud: TestCloud;

beforeEach(async () => {
  cloud = new TestCloud();
  await cloud.start();
});

afterEach(() => cloud.close());

const kubeInputs = { serviceName, name: "batch", region: "GRA11" };
const clusters = async () => (await cloud.harness.call("GET", `/cloud/project/${serviceName}/kube`)).body as string[];
const users = async () => (await cloud.harness.call("GET", `/cloud/project/${serviceName}/user`)).body as { id: number }[];
const credentials = async (user: string) =>
  (await cloud.harness.call("GET", `/cloud/project/${serviceName}/user/${user}/s3Credentials`)).body as { access: string }[];

/** A creation whose answer never reaches the engine's state: it is done, and the engine is killed. */
const lost = (type: string, inputs: object, name: string) => cloud.resource(type).create({ ...inputs }, fakeCall(name));

test("an answer that is lost on the way makes no second cluster, user, credential or bucket", async () => {
  const paths = ["/kube$", "/user$", "/s3Credentials$", "/storage$"];
  cloud.harness.faults.add(paths.map((path) => ({ action: "lost-answer" as const, method: "POST", path, times: 1 })));
  await cloud.resource("Kube").create({ ...kubeInputs }, fakeCall("mks"));
  const user = await cloud.resource("User").create({ serviceName, description: "batch user" }, fakeCall("user"));
  const credential = await cloud.resource("S3Credential").create({ serviceName, userId: user.id }, fakeCall("cred"));
  await cloud.resource("Storage").create({ serviceName, regionName: "GRA", name: "my-bucket" }, fakeCall("bucket"));
  expect(await clusters()).toHaveLength(1);
  expect((await users()).map(({ id }) => String(id))).toEqual([user.id]);
  expect((await credentials(user.id)).map(({ access }) => access)).toEqual([credential.id]);
});

test("a cluster whose creation was interrupted is taken up by the next update", async () => {
  const first = await lost("Kube", kubeInputs, "mks");
  const second = await cloud.resource("Kube").create({ ...kubeInputs }, fakeCall("mks"));
  expect(second.id).toBe(first.id);
  expect(await clusters()).toEqual([first.id]);
});

test("a user whose creation was interrupted is made anew, as its password is lost", async () => {
  const inputs = { serviceName, description: "batch user" };
  const first = await lost("User", inputs, "user");
  const second = await cloud.resource("User").create(inputs, fakeCall("user"));
  await cloud.harness.settle();
  expect(second.id).not.toBe(first.id);
  expect((await users()).map(({ id }) => String(id))).toEqual([second.id]);
});

test("a cluster of the same name that was there before, or belongs to another resource, is left alone", async () => {
  const foreign = await cloud.harness.readyCluster({ name: "batch" });
  const mine = await cloud.resource("Kube").create({ ...kubeInputs }, fakeCall("mks"));
  expect(mine.id).not.toBe(foreign);
  expect(await clusters()).toHaveLength(2);
});

test("two resources that look alike do not take each other's", async () => {
  const user = await cloud.resource("User").create({ serviceName, description: "batch user" }, fakeCall("user"));
  const inputs = { serviceName, userId: user.id };
  // Both are noted before either is made; the first one's creation is interrupted before its call.
  cloud.harness.faults.add([{ action: "status", rate: 1, status: 400, method: "POST", path: "/s3Credentials$", times: 1 }]);
  await expect(cloud.resource("S3Credential").create(inputs, fakeCall("a"))).rejects.toThrow("400");
  const b = await cloud.resource("S3Credential").create(inputs, fakeCall("b"));
  cloud.harness.faults.add([{ action: "lost-answer", method: "POST", path: "/s3Credentials$", times: 1 }]);
  const a = await cloud.resource("S3Credential").create(inputs, fakeCall("a"));
  expect(a.id).not.toBe(b.id);
  expect(await credentials(user.id)).toHaveLength(2);
});

test("once the engine knows the resource, a new one of the same name is a new one", async () => {
  const kube = cloud.resource("Kube");
  const first = await kube.create({ ...kubeInputs }, fakeCall("mks"));
  await kube.diff({ id: first.id, inputs: kubeInputs, outputs: first.outputs }, kubeInputs, fakeCall("mks"));
  const replacement = await kube.create({ ...kubeInputs }, fakeCall("mks"));
  expect(replacement.id).not.toBe(first.id);
});

test("a replacement whose creation was interrupted is taken up, though the engine goes on to show the old one", async () => {
  const kube = cloud.resource("Kube");
  const old = await kube.create({ ...kubeInputs, name: "old" }, fakeCall("mks"));
  const known = { id: old.id, inputs: { ...kubeInputs, name: "old" }, outputs: old.outputs };
  await kube.diff(known, kubeInputs, fakeCall("mks"));
  const replacement = await lost("Kube", kubeInputs, "mks");
  await kube.diff(known, kubeInputs, fakeCall("mks"));
  expect((await kube.create({ ...kubeInputs }, fakeCall("mks"))).id).toBe(replacement.id);
});

test("what is deleted is forgotten", async () => {
  const kube = cloud.resource("Kube");
  const first = await kube.create({ ...kubeInputs }, fakeCall("mks"));
  await kube.delete({ id: first.id, inputs: kubeInputs, outputs: first.outputs }, fakeCall("mks"));
  const second = await kube.create({ ...kubeInputs }, fakeCall("mks"));
  expect(second.id).not.toBe(first.id);
  expect(await clusters()).toEqual([second.id]);
});
