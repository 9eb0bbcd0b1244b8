import { BatchNamespace, type BatchNamespaceArgs } from "../../components/namespace";
import { masked, record, type ResourceMocks } from "./harness";
import { resourceMocks } from "./mocks";
import { namespaceArgs } from "./samples";

const create = (args: Partial<BatchNamespaceArgs> = {}, resources: ResourceMocks = resourceMocks) =>
  record(() => new BatchNamespace("n", { ...namespaceArgs, ...args }), { resources });

describe("BatchNamespace", () => {
  it("refuses pods that are not restricted", async () => {
    const { resources } = await create();
    const labels = {
      "app.kubernetes.io/managed-by": "ovh-mks-batch",
      "pod-security.kubernetes.io/enforce": "restricted",
      "pod-security.kubernetes.io/warn": "restricted",
    };
    const namespaces = resources.filter(({ type }) => type === "kubernetes:core/v1:Namespace");
    expect(namespaces.map(({ inputs }) => inputs.metadata)).toEqual([
      { name: "batch", labels },
      { name: "batch-operator", labels },
    ]);
  });

  it("limits pods alone by default, CPU and memory when asked", async () => {
    expect((await create()).find("kubernetes:core/v1:ResourceQuota").inputs.spec).toEqual({ hard: { pods: "100" } });
    const { find } = await create({ maxCpu: "400", maxMemory: "1500Gi" });
    expect(find("kubernetes:core/v1:ResourceQuota").inputs.spec).toEqual({
      hard: { pods: "100", "requests.cpu": "400", "requests.memory": "1500Gi" },
    });
  });

  it("gives containers requests and a memory limit, and no CPU limit", async () => {
    const { find } = await create({ defaultCpu: "1", defaultMemory: "1Gi" });
    expect(find("kubernetes:core/v1:LimitRange").inputs.spec).toEqual({
      limits: [{ type: "Container", defaultRequest: { cpu: "1", memory: "1Gi" }, default: { memory: "1Gi" } }],
    });
  });

  it("lets nothing in, and all out but to the metadata service", async () => {
    const { find } = await create();
    const { spec } = find("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs as { spec: { egress: unknown[] } };
    expect(spec).toMatchObject({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    expect(spec).not.toHaveProperty("ingress");
    expect(spec.egress).toEqual([
      { to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.169.254/32"] } }] },
      // To pods: an ipBlock is for addresses outside the cluster where Cilium is the network.
      { to: [{ namespaceSelector: {} }] },
    ]);
  });

  it("lets the Prometheus of a namespace that is named in, and no other pod of it", async () => {
    const { find } = await create({ scrapedFrom: "metrics" });
    const from = {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "metrics" } },
      podSelector: { matchLabels: { "app.kubernetes.io/name": "prometheus" } },
    };
    expect(find("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs.spec).toMatchObject({ ingress: [{ from: [from] }] });
  });

  it("puts the tasks' S3 environment into its Secret s3-credentials, and the operators' into that of a namespace beside it", async () => {
    const written: unknown[] = [];
    const mocks = {
      ...resourceMocks,
      "kubernetes:core/v1:Secret": (inputs: Record<string, unknown>) => (written.push(inputs.stringData), {}),
    };
    const { resources } = await create({}, mocks);
    const secrets = resources.filter(({ type }) => type === "kubernetes:core/v1:Secret");
    expect(secrets.map(({ inputs }) => inputs.metadata)).toMatchObject([
      { name: "s3-credentials", namespace: "batch" },
      { name: "s3-credentials", namespace: "batch-operator" },
    ]);
    expect(secrets.map(({ inputs }) => inputs.stringData)).toEqual([masked, masked]);
    const place = { AWS_ENDPOINT_URL: "https://s3.gra.io.cloud.ovh.net", AWS_REGION: "gra", S3_BUCKET: "my-bucket" };
    expect(written).toEqual([
      { ...place, AWS_ACCESS_KEY_ID: "ACCESS", AWS_SECRET_ACCESS_KEY: "s3-secret" },
      { ...place, AWS_ACCESS_KEY_ID: "OPERATOR", AWS_SECRET_ACCESS_KEY: "s3-secret of operators" },
    ]);
  });
});
