import { kubernetesProvider } from "../../../../../local/plugins/kubernetes/provider";
import type { Provider } from "../../../../../local/plugins/protocol/provider";
import { fakeCall } from "../../helpers";
import { FakeApiServer } from "../api-server";

const variable = "PULUMI_K8S_DELETE_UNREACHABLE";
const known = { id: "mine/x", inputs: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x", namespace: "mine" } }, outputs: {} };

let server: FakeApiServer;
let url: string;

beforeEach(async () => {
  delete process.env[variable];
  server = new FakeApiServer();
  url = await server.start();
});

afterEach(async () => {
  delete process.env[variable];
  await server.stop();
});

async function start(settings: object = {}): Promise<Provider> {
  const provider = kubernetesProvider("1.0.0");
  const kubeconfig = JSON.stringify({
    "current-context": "x",
    contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace: "mine" } }],
    clusters: [{ name: "c", cluster: { server: url } }],
    users: [{ name: "u", user: { token: "t" } }],
  });
  await provider.configure({ kubeconfig, ...settings });
  return provider;
}

const configMap = (provider: Provider) => provider.resource("kubernetes:core/v1:ConfigMap");
const nodePool = (provider: Provider) => provider.resource("kubernetes:kube.cloud.ovh.com/v1alpha1:NodePoolPatch");

/** A call that notes what the user is told. */
function recorded() {
  const told: string[] = [];
  return { told, call: fakeCall("x", { log: (severity, message) => told.push(`${severity}: ${message}`) }) };
}

const refused = { status: 401, body: { message: "Unauthorized" } };

describe("a cluster that is gone", () => {
  test.each([
    ["refuses the kubeconfig", refused, /401 Unauthorized/],
    ["is another server by now", { status: 404, body: "default backend" }, /\/api\/v1: 404|default backend/],
  ])("%s: refresh and destroy fail and name the variable, with which its objects leave the state", async (_, answer, reason) => {
    server.hook = () => answer;
    let provider = await start();
    for (const does of [configMap(provider).read(known, fakeCall("x")), configMap(provider).delete(known, fakeCall("x"))]) {
      await expect(does).rejects.toThrow(reason);
      await expect(does).rejects.toThrow(`${variable}=true`);
    }
    // Asked once in all, as destroys have many objects.
    expect(server.requests).toHaveLength(1);

    process.env[variable] = "true";
    provider = await start();
    const { told, call } = recorded();
    expect(await configMap(provider).read(known, call)).toBeUndefined();
    await configMap(provider).delete(known, call);
    await nodePool(provider).delete({ id: "compute", inputs: { metadata: { name: "compute" } }, outputs: {} }, call);
    expect(told[0]).toMatch(reason);
    expect(told[1]).toMatch(/leaves the state/);
    expect(server.writes()).toEqual([]);
  });

  test("does not answer at all", async () => {
    await server.stop();
    process.env[variable] = "true";
    const provider = await start();
    const { told, call } = recorded();
    expect(await configMap(provider).read(known, call)).toBeUndefined();
    await configMap(provider).delete(known, call);
    expect(told[0]).toMatch(/unreachable/);
    await server.start();
  }, 30_000);

  test("the provider's setting comes before the variable, and takes what the SDK makes of it", async () => {
    server.hook = () => refused;
    process.env[variable] = "true";
    await expect(configMap(await start({ deleteUnreachable: "false" })).delete(known, fakeCall("x"))).rejects.toThrow(variable);
    delete process.env[variable];
    await configMap(await start({ deleteUnreachable: "true" })).delete(known, fakeCall("x"));
    const { failures } = await kubernetesProvider("1").checkConfig({ deleteUnreachable: "true" }, {});
    expect(failures).toEqual([]);
  });

  test("a cluster that answers keeps its objects, variable or not", async () => {
    process.env[variable] = "true";
    const provider = await start();
    const { id, outputs } = await configMap(provider).create({ ...known.inputs, data: { a: "1" } }, fakeCall("x"));
    expect((await configMap(provider).read({ id, inputs: known.inputs, outputs }, fakeCall("x")))?.id).toBe("mine/x");
    await configMap(provider).delete({ id, inputs: known.inputs, outputs }, fakeCall("x"));
    expect(server.objects.size).toBe(0);
  });
});
