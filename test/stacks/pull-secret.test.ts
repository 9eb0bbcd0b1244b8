import { type Registered } from "../components/harness";
import { resourceMocks } from "../components/mocks";
import { readStackFile, runStack } from "./run";

const pullSecret = { username: "robot$batch+pull", password: "the-token" };
const json = (value: object): string => JSON.stringify(value);

/** The local stack with the whole metrics stack and KEDA, their images from `registry`. */
const run = (images: object) =>
  runStack("local", {
    ...readStackFile("local"),
    "ovh-mks-batch:metrics": json({ enabled: true, metricsServer: "install" }),
    "ovh-mks-batch:keda": json({ enabled: true, scaledObjects: true }),
    "ovh-mks-batch:images": json({ registry: "registry.example.com:5000/batch", ...images }),
  });

interface Deployment {
  readonly metadata: { readonly namespace: string };
  readonly spec: { readonly template: { readonly spec: { readonly imagePullSecrets?: object[] } } };
}
const isPullSecret = ({ type, inputs }: Registered): boolean =>
  type === "kubernetes:core/v1:Secret" && inputs.type === "kubernetes.io/dockerconfigjson";
const deploymentsOf = (resources: readonly Registered[]) =>
  resources.filter(({ type }) => type === "kubernetes:apps/v1:Deployment").map(({ inputs }) => inputs as unknown as Deployment);
const jobOf = (resources: readonly Registered[]) => resources.find(({ type }) => type === "pulumi-nodejs:dynamic/batch:BatchJob")!.inputs;

describe("images.pullSecret", () => {
  it("is a Secret of each namespace with images of the registry, and every pod names it", async () => {
    const { resources } = await run({ pullSecret });
    const namespaces = resources.filter(isPullSecret).map(({ inputs }) => (inputs.metadata as { namespace: string }).namespace);
    expect(namespaces.sort()).toEqual(["autoscaler", "batch", "batch-operator", "keda", "metrics", "services"]);
    const deployments = deploymentsOf(resources);
    // The autoscaler, the batch controller, metrics-server, Prometheus, its adapter, podinfo twice, and KEDA's three.
    expect(deployments).toHaveLength(10);
    for (const { metadata, spec } of deployments) {
      expect(namespaces).toContain(metadata.namespace);
      expect(spec.template.spec.imagePullSecrets).toEqual([{ name: "registry-credentials" }]);
    }
    expect(jobOf(resources).imagePullSecrets).toEqual(["registry-credentials"]);
  });

  it("is a secret of Pulumi's, for the registry's server", async () => {
    const written: unknown[] = [];
    const mocks = resourceMocks as Record<string, (inputs: Record<string, unknown>) => object>;
    const spy = jest.spyOn(mocks, "kubernetes:core/v1:Secret");
    spy.mockImplementation((inputs) => (written.push(inputs.stringData), {}));
    const { resources } = await run({ pullSecret }).finally(() => spy.mockRestore());
    const auth = Buffer.from("robot$batch+pull:the-token").toString("base64");
    const config = json({ auths: { "registry.example.com:5000": { ...pullSecret, auth } } });
    expect(written.filter((data) => json(data as object) === json({ ".dockerconfigjson": config }))).toHaveLength(6);
    expect(resources.filter(isPullSecret).map(({ inputs }) => inputs.stringData)).toEqual(Array(6).fill("[secret]"));
    for (const text of ["the-token", auth]) expect(json(resources)).not.toContain(text);
  });

  it("is nowhere when it is not set", async () => {
    const { resources } = await run({});
    expect(resources.filter(isPullSecret)).toEqual([]);
    expect(deploymentsOf(resources)).not.toEqual([]);
    for (const { spec } of deploymentsOf(resources)) expect(spec.template.spec).not.toHaveProperty("imagePullSecrets");
    expect(jobOf(resources)).not.toHaveProperty("imagePullSecrets");
  });
});
