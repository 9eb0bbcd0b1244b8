import { kubernetesProvider } from "../../../../../local/plugins/kubernetes/provider";
import { fieldManagerOf } from "../../../../../local/plugins/kubernetes/resource/apply";
import { type Known, type Provider } from "../../../../../local/plugins/protocol/provider";
import { type Properties } from "../../../../../local/plugins/protocol/values";
import { fakeCall } from "../../helpers";
import { FakeApiServer } from "../api-server";

let server: FakeApiServer;
let provider: Provider;

beforeEach(async () => {
  server = new FakeApiServer();
  const url = await server.start();
  provider = kubernetesProvider("1.0.0");
  const kubeconfig = {
    "current-context": "x",
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server: url } }],
    users: [{ name: "u", user: { token: "t" } }],
  };
  await provider.configure({ kubeconfig: JSON.stringify(kubeconfig) });
});
afterEach(() => server.stop());

const token = "kubernetes:kube.cloud.ovh.com/v1alpha1:NodePoolPatch";
const path = "/apis/kube.cloud.ovh.com/v1alpha1/nodepools/compute";
const apiVersion = "kube.cloud.ovh.com/v1alpha1";
const inputs = (maxNodes: number): Properties => ({
  apiVersion,
  kind: "NodePool",
  metadata: { name: "compute", annotations: { "pulumi.com/patchForce": "true" } },
  spec: { maxNodes },
});
const existing = () =>
  server.objects.set(path, {
    apiVersion,
    kind: "NodePool",
    metadata: { name: "compute", uid: "u", managedFields: [{ manager: "ovhcloud", operation: "Update" }] },
    spec: { flavor: "c2-15", desiredNodes: 2, maxNodes: 100 },
  });
const create = async (maxNodes: number): Promise<Known> => {
  const { id, outputs } = await provider.resource(token).create(inputs(maxNodes), fakeCall("p"));
  return { id, inputs: inputs(maxNodes), outputs };
};
const sent = () => server.requests.filter(({ method }) => method === "PATCH");

test("a patch applies its fields, by force and as its own manager, to an object that is there", async () => {
  existing();
  const { id, outputs } = await create(50);
  expect(id).toBe("compute");
  const [request] = sent();
  expect(request?.body).toEqual(inputs(50));
  expect([request?.query.get("fieldManager"), request?.query.get("force")]).toEqual([fieldManagerOf(fakeCall("p").urn), "true"]);
  expect(outputs.__fieldManager).toBe(fieldManagerOf(fakeCall("p").urn));
});

test("an object that is not there yet is waited for; one that never comes, or is going, is told", async () => {
  const creating = create(50);
  existing();
  expect((await creating).id).toBe("compute");
  const dying = server.objects.get(path)!;
  server.objects.set(path, { ...dying, metadata: { ...dying.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });
  await expect(provider.resource(token).create(inputs(50), fakeCall("p", { timeout: 300 }))).rejects.toThrow(
    /nodepools\/compute does not exist: a patch changes what is there/,
  );
});

test("a changed field is shown by the diff and applied in place; another name is another patch", async () => {
  existing();
  const known = await create(50);
  const diff = await provider.resource(token).diff(known, inputs(40), fakeCall("p"));
  expect([...diff.changes]).toEqual([["spec.maxNodes", { change: "update", replace: false }]]);
  await provider.resource(token).update(known, inputs(40), fakeCall("p"));
  expect(sent().at(-1)?.body).toEqual(inputs(40));
  const renamed = { ...inputs(50), metadata: { name: "other" } };
  expect((await provider.resource(token).diff(known, renamed, fakeCall("p"))).changes.get("metadata.name")).toMatchObject({
    replace: true,
  });
});

test("a preview of a patch whose object is made by the same update asks the cluster for nothing but whether it is there", async () => {
  const { outputs } = await provider.resource(token).create(inputs(50), fakeCall("p", { preview: true }));
  expect(outputs).toMatchObject({ spec: { maxNodes: 50 } });
  expect(sent()).toEqual([]);
});

test("a refresh shows what others made of its fields, and nothing of the rest", async () => {
  existing();
  const known = await create(50);
  const live = server.objects.get(path)!;
  server.objects.set(path, { ...live, spec: { flavor: "c2-15", desiredNodes: 7, maxNodes: 60 } });
  expect((await provider.resource(token).read(known, fakeCall("p")))?.inputs).toEqual(inputs(60));
});

test("its deletion leaves the object, and gives up its fields", async () => {
  existing();
  const known = await create(50);
  await provider.resource(token).delete(known, fakeCall("p"));
  expect(server.writes().filter((line) => line.startsWith("DELETE"))).toEqual([]);
  expect(sent().at(-1)?.body).toEqual({ apiVersion, kind: "NodePool", metadata: { name: "compute" } });
});
