import { kubernetesProvider } from "../../../../../local/plugins/kubernetes/provider";
import { fieldManagerOf } from "../../../../../local/plugins/kubernetes/resource/apply";
import { replaces } from "../../../../../local/plugins/protocol/diff";
import { InitFailed, type Known, type Provider } from "../../../../../local/plugins/protocol/provider";
import { type Properties, Secret, unknown } from "../../../../../local/plugins/protocol/values";
import { fakeCall, seed } from "../../helpers";
import { FakeApiServer } from "../api-server";

let server: FakeApiServer;
let provider: Provider;
let url: string;

beforeEach(async () => {
  server = new FakeApiServer();
  url = await server.start();
  provider = kubernetesProvider("1.0.0");
  await provider.configure({ kubeconfig: kubeconfigOf(url) });
});

afterEach(() => server.stop());

const kubeconfigOf = (address: string) =>
  JSON.stringify({
    "current-context": "x",
    contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace: "mine" } }],
    clusters: [{ name: "c", cluster: { server: address } }],
    users: [{ name: "u", user: { token: "t" } }],
  });

const configMap = (more: Properties = {}): Properties => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "x", namespace: "mine" },
  data: { a: "1" },
  ...more,
});
const type = {
  configMap: "kubernetes:core/v1:ConfigMap",
  secret: "kubernetes:core/v1:Secret",
  deployment: "kubernetes:apps/v1:Deployment",
  pod: "kubernetes:core/v1:Pod",
};
const path = "/api/v1/namespaces/mine/configmaps/x";

async function create(token: string, inputs: Properties, name = "x"): Promise<Known> {
  const { id, outputs } = await provider.resource(token).create(inputs, fakeCall(name));
  return { id, inputs, outputs };
}

describe("check", () => {
  test("names what is unnamed, and puts it into the context's namespace", async () => {
    const { inputs, failures } = await provider.resource(type.configMap).check({ data: {} }, undefined, seed, fakeCall("cm"));
    expect(failures).toEqual([]);
    expect(inputs).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      data: {},
      metadata: {
        name: expect.stringMatching(/^cm-[0-9a-f]{7}$/) as string,
        namespace: "mine",
        annotations: { "pulumi.com/autonamed": "true" },
      },
    });
    const again = await provider.resource(type.configMap).check({ data: {} }, inputs, new Uint8Array([7]), fakeCall("cm"));
    expect(again.inputs).toEqual(inputs);
  });

  test("leaves cluster-scoped and custom objects without a namespace", async () => {
    for (const token of ["kubernetes:core/v1:Namespace", "kubernetes:kube.cloud.ovh.com/v1alpha1:NodePool"]) {
      const { inputs } = await provider.resource(token).check({ metadata: { name: "n" } }, undefined, seed, fakeCall("n"));
      expect(inputs.metadata).toEqual({ name: "n" });
    }
  });

  test("needs no cluster", async () => {
    await provider.resource(type.configMap).check(configMap(), undefined, seed, fakeCall("cm"));
    const known = { id: "mine/x", inputs: configMap(), outputs: {} };
    expect((await provider.resource(type.configMap).diff(known, configMap(), fakeCall("cm"))).changes.size).toBe(0);
    expect(server.requests).toEqual([]);
  });

  test("refuses what is not known, all at once", async () => {
    const metadata = { generateName: "x-", annotations: { "pulumi.com/waitFor": "x", "pulumi.com/skipAwait": "true" } };
    const { failures } = await provider
      .resource(type.configMap)
      .check({ apiVersion: "v2", kind: "ConfigMap", metadata }, undefined, seed, fakeCall("cm"));
    expect(failures.map(({ property }) => property)).toEqual([
      "kind",
      "metadata.generateName",
      'metadata.annotations["pulumi.com/waitFor"]',
    ]);
  });

  test.each([
    "kubernetes:helm.sh/v3:Release",
    "kubernetes:core/v1:ConfigMapList",
    "kubernetes:core/v1:ConfigMapPatch",
    "kubernetes:yaml:ConfigFile",
  ])("%s is not known", (token) => expect(() => provider.resource(token)).toThrow(/not known to the stand-in/));
});

describe("diff", () => {
  const diff = (token: string, olds: Properties, news: Properties) =>
    provider.resource(token).diff({ id: "mine/x", inputs: olds, outputs: {} }, news, fakeCall("x"));

  test("a changed ConfigMap or Secret is replaced, old first only where it has a name of its own", async () => {
    const named = await diff(type.configMap, configMap(), configMap({ data: { a: "2" } }));
    expect([replaces(named), named.deleteBeforeReplace]).toEqual([true, true]);
    const metadata = { name: "x", namespace: "mine", annotations: { "pulumi.com/autonamed": "true" } };
    const autonamed = await diff(type.configMap, configMap({ metadata }), configMap({ metadata, data: { a: "2" } }));
    expect([replaces(autonamed), autonamed.deleteBeforeReplace]).toEqual([true, false]);
  });

  test("they may be mutable by the provider's settings", async () => {
    await provider.configure({ kubeconfig: kubeconfigOf(url), enableConfigMapMutable: "true" });
    expect(replaces(await diff(type.configMap, configMap(), configMap({ data: { a: "2" } })))).toBe(false);
  });

  test("a claim on a volume grows in its place, and is replaced for another storage class", async () => {
    const claim = (size: string, storageClassName: string) => ({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "x", namespace: "mine" },
      spec: { resources: { requests: { storage: size } }, storageClassName },
    });
    const token = "kubernetes:core/v1:PersistentVolumeClaim";
    expect(replaces(await diff(token, claim("1Gi", "a"), claim("2Gi", "a")))).toBe(false);
    expect(replaces(await diff(token, claim("1Gi", "a"), claim("1Gi", "b")))).toBe(true);
  });

  test("a field that the server holds for immutable replaces the object", async () => {
    server.hook = ({ method, query }) =>
      method === "PATCH" && query.get("dryRun") === "All"
        ? { status: 422, body: { reason: "Invalid", message: 'Job "x" is invalid: spec.completionMode: field is immutable' } }
        : undefined;
    const job = (mode: string) => ({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "x", namespace: "mine" },
      spec: { completionMode: mode },
    });
    expect(replaces(await diff("kubernetes:batch/v1:Job", job("Indexed"), job("NonIndexed")))).toBe(true);
    server.hook = () => undefined;
    expect(replaces(await diff("kubernetes:batch/v1:Job", job("Indexed"), job("NonIndexed")))).toBe(false);
  });
});

describe("create", () => {
  test("applies the object, and answers what the server made of it", async () => {
    const { id, outputs } = await create(type.configMap, configMap());
    expect(id).toBe("mine/x");
    expect(outputs).toMatchObject({ data: { a: "1" }, metadata: { uid: "uid-1" }, __fieldManager: fieldManagerOf(fakeCall("x").urn) });
    expect(outputs.metadata).not.toHaveProperty("managedFields");
    expect(server.writes()).toEqual([`PATCH ${path}`]);
  });

  test("a Secret's text becomes data, and is secret", async () => {
    const inputs = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", namespace: "mine" },
      stringData: { KEY: "v" },
      data: { other: "eA==" },
    };
    const { outputs } = await create(type.secret, inputs);
    expect(outputs.data).toEqual(new Secret({ other: "eA==", KEY: "dg==" }));
    expect(server.objects.get("/api/v1/namespaces/mine/secrets/s")).not.toHaveProperty("stringData");
  });

  test("does not take over an object that others made", async () => {
    server.objects.set(path, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "x", namespace: "mine", managedFields: [{ manager: "kubectl" }] },
    });
    await expect(create(type.configMap, configMap())).rejects.toThrow(/ConfigMap mine\/x already exists in the cluster/);
    expect(server.writes()).toEqual([]);
    await provider.configure({ kubeconfig: kubeconfigOf(url), upsertExistingObjects: "true", enablePatchForce: "true" });
    expect((await create(type.configMap, configMap())).id).toBe("mine/x");
  });

  test("takes up the object of its own interrupted creation", async () => {
    await create(type.configMap, configMap());
    expect((await create(type.configMap, configMap({ data: { a: "2" } }))).outputs.data).toEqual({ a: "2" });
    await expect(create(type.configMap, configMap(), "another-resource")).rejects.toThrow(/already exists/);
  });

  test("a custom resource waits for its definition", async () => {
    const inputs = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" } };
    const made = create("kubernetes:example.com/v1:Widget", inputs);
    setTimeout(() => (server.served["/apis/example.com/v1"] = [{ name: "widgets", kind: "Widget", namespaced: false }]), 300);
    expect((await made).id).toBe("w");
  });

  test("a preview shows what the server would make, and writes nothing", async () => {
    const { outputs } = await provider.resource(type.configMap).create(configMap(), fakeCall("x", { preview: true }));
    expect(outputs).toMatchObject({ data: { a: "1" }, metadata: { name: "x", uid: unknown, generation: unknown }, status: unknown });
    expect(server.requests.map(({ method }) => method)).toContain("PATCH");
    expect(server.writes()).toEqual([]);
  });
});

describe("update, read, delete", () => {
  test("an update applies the new inputs", async () => {
    const known = await create(type.configMap, configMap());
    const outputs = await provider.resource(type.configMap).update(known, configMap({ data: { b: "2" } }), fakeCall("x"));
    expect(outputs.data).toEqual({ b: "2" });
  });

  test("a conflict with another manager says how to take the fields over, and the annotation does", async () => {
    const known = await create(type.configMap, configMap());
    const live = server.objects.get(path);
    if (live) server.objects.set(path, { ...live, metadata: { ...live.metadata, managedFields: [{ manager: "kubectl" }] } });
    const update = (inputs: Properties) => provider.resource(type.configMap).update(known, inputs, fakeCall("x"));
    await expect(update(configMap())).rejects.toThrow(/patchForce: "true"/);
    await update(configMap({ metadata: { name: "x", namespace: "mine", annotations: { "pulumi.com/patchForce": "true" } } }));
  });

  test("a refresh shows what others changed, but not how the server writes values", async () => {
    server.hook = ({ method, body }) => {
      if (method === "PATCH") (body as { data: Properties }).data = { ...(body as { data: Properties }).data, quantity: "500m" };
      return undefined;
    };
    const known = await create(type.configMap, configMap({ data: { a: "1", quantity: "0.5" } }));
    expect((await provider.resource(type.configMap).read(known, fakeCall("x")))?.inputs).toEqual(known.inputs);
    const live = server.objects.get(path);
    if (live) server.objects.set(path, { ...live, data: { a: "changed", quantity: "500m" } });
    expect((await provider.resource(type.configMap).read(known, fakeCall("x")))?.inputs.data).toEqual({ a: "changed", quantity: "0.5" });
  });

  test("an object is imported by its id, and read as gone when it is", async () => {
    await create(type.configMap, configMap());
    const imported = await provider.resource(type.configMap).read({ id: "mine/x", inputs: {}, outputs: {} }, fakeCall("i"));
    expect(imported?.inputs).toEqual(configMap());
    server.objects.clear();
    expect(await provider.resource(type.configMap).read({ id: "mine/x", inputs: configMap(), outputs: {} }, fakeCall("i"))).toBeUndefined();
  });

  test("deleting waits until the object is gone, and minds nothing if it is already", async () => {
    const known = await create(type.configMap, configMap());
    server.hook = ({ method }) => {
      const live = server.objects.get(path);
      if (method !== "DELETE" || !live) return undefined;
      server.objects.set(path, { ...live, metadata: { ...live.metadata, deletionTimestamp: "now", finalizers: ["hold"] } });
      setTimeout(() => server.objects.delete(path), 500);
      return { status: 200, body: live };
    };
    const call = fakeCall("x");
    await provider.resource(type.configMap).delete(known, call);
    expect(server.objects.size).toBe(0);
    expect(call.statuses).toContain("waiting for the finalizers hold");
    await provider.resource(type.configMap).delete(known, fakeCall("x"));
  });
});

describe("readiness", () => {
  const deployment = (annotations: Properties = {}): Properties => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "d", namespace: "mine", annotations },
    spec: { replicas: 1, selector: { matchLabels: { app: "d" } } },
  });
  const at = "/apis/apps/v1/namespaces/mine/deployments/d";
  /** Sets an object's status so many milliseconds after the object is there. */
  const setStatus = (status: Properties, milliseconds: number, path = at) => {
    const timer = setInterval(() => {
      if (!server.objects.has(path)) return;
      clearInterval(timer);
      setTimeout(() => server.objects.set(path, { ...server.objects.get(path)!, status }), milliseconds);
    }, 10);
    timer.unref();
  };

  test("a Deployment is waited for until its pods are available", async () => {
    setStatus({ observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 0 }, 100);
    setStatus({ observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 }, 1_500);
    const call = fakeCall("d");
    const { outputs } = await provider.resource(type.deployment).create(deployment(), call);
    expect(outputs.status).toMatchObject({ availableReplicas: 1 });
    expect(call.statuses).toContain("0 of 1 pods available, 1 up to date");
  });

  test("one that is not ready in time stays in the state, with the reasons of its pods", async () => {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "d-1", namespace: "mine", uid: "pod-uid" },
      status: {
        phase: "Running",
        containerStatuses: [
          {
            name: "main",
            ready: false,
            state: { waiting: { reason: "CrashLoopBackOff", message: "back-off" } },
            lastState: { terminated: { exitCode: 3, reason: "Error" } },
          },
        ],
      },
    };
    server.objects.set("/api/v1/namespaces/mine/pods/d-1", pod);
    server.hook = ({ path: asked, query }) => {
      if (asked.endsWith("/pods/d-1/log"))
        return { status: 200, body: `log of ${query.get("container")}, previous ${query.get("previous")}` };
      if (asked.endsWith("/events")) return { status: 200, body: { items: [{ reason: "BackOff", message: "restarting" }] } };
      return undefined;
    };
    const failed = await create(type.deployment, deployment({ "pulumi.com/timeoutSeconds": "1" })).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(InitFailed);
    const { id, outputs, reasons } = failed as InitFailed;
    expect(id).toBe("mine/d");
    expect(outputs).toMatchObject({ kind: "Deployment" });
    expect(reasons[0]).toContain("not ready after 1 s");
    expect(reasons[0]).toContain("pod d-1, container main: CrashLoopBackOff: back-off; ended with exit code 3 (Error)");
    expect(reasons[0]).toContain("log of main, previous true");
    expect(reasons[0]).toContain("BackOff: restarting");
  });

  test("one that exceeded its progress deadline is not waited for any longer", async () => {
    const condition = { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "too slow" };
    setStatus({ observedGeneration: 1, conditions: [condition] }, 100);
    await expect(create(type.deployment, deployment())).rejects.toThrow(/too slow/);
  });

  test("skipAwait waits for nothing", async () => {
    expect((await create(type.deployment, deployment({ "pulumi.com/skipAwait": "true" }))).id).toBe("mine/d");
  });

  test("cancelling ends the wait, and keeps the object in the state", async () => {
    const call = fakeCall("d");
    const made = provider.resource(type.deployment).create(deployment(), call);
    setTimeout(() => call.cancel(), 300);
    await expect(made).rejects.toMatchObject({ id: "mine/d", reasons: [expect.stringMatching(/cancelled/)] });
  });

  test("a failing Job is told with its reason", async () => {
    const job = { apiVersion: "batch/v1", kind: "Job", metadata: { name: "j", namespace: "mine" }, spec: { template: {} } };
    const condition = { type: "Failed", status: "True", reason: "BackoffLimitExceeded", message: "too many" };
    setStatus({ conditions: [condition] }, 100, "/apis/batch/v1/namespaces/mine/jobs/j");
    await expect(create("kubernetes:batch/v1:Job", job)).rejects.toThrow(/the Job failed: BackoffLimitExceeded: too many/);
  });

  test("a refresh of an object that is not ready says so", async () => {
    const known = await create(type.deployment, deployment({ "pulumi.com/skipAwait": "true" }));
    const live = server.objects.get(at);
    if (live) server.objects.set(at, { ...live, metadata: { ...live.metadata, annotations: {} } });
    await expect(provider.resource(type.deployment).read(known, fakeCall("d"))).rejects.toMatchObject({ name: "InitFailed", id: "mine/d" });
  });
});

describe("a cluster that does not answer as it should", () => {
  test("401 says that the kubeconfig is wrong", async () => {
    server.hook = () => ({ status: 401, body: { message: "Unauthorized" } });
    await expect(create(type.configMap, configMap())).rejects.toThrow(/refused the kubeconfig's credentials \(401 Unauthorized\)/);
  });

  test("passing faults are waited out", async () => {
    let left = 2;
    server.hook = () => (left-- > 0 ? { status: 503, body: {} } : undefined);
    expect((await create(type.configMap, configMap())).id).toBe("mine/x");
  });

  test("a new namespace's service account is waited for", async () => {
    let left = 1;
    server.hook = ({ method }) =>
      method === "PATCH" && left-- > 0
        ? {
            status: 403,
            body: { message: 'pods "x" is forbidden: error looking up service account mine/default: serviceaccount "default" not found' },
          }
        : undefined;
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace: "mine", annotations: { "pulumi.com/skipAwait": "true" } },
    };
    expect((await create(type.pod, pod)).id).toBe("mine/p");
  });

  test("none at all is told as such", async () => {
    await server.stop();
    await expect(create(type.configMap, configMap())).rejects.toThrow(/is unreachable: connect ECONNREFUSED/);
  }, 30_000);
});
