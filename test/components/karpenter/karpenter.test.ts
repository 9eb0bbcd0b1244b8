import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { Karpenter, type KarpenterArgs } from "../../../components/karpenter";
import crds from "../../../components/karpenter/crds.json";
import { clusterRules, namespaceRules, nodeLeaseRules } from "../../../components/karpenter/rbac";
import { masked, record, type Recording } from "../harness";
import { resourceMocks } from "../mocks";
import { karpenterArgs } from "../samples";
import { poolTaints, restrictedOnSystemPool } from "../system-pool";

const root = join(__dirname, "..", "..", "..");
const create = (args: Partial<KarpenterArgs> = {}) =>
  record(() => new Karpenter("k", { ...karpenterArgs, ...args }), { resources: resourceMocks });

interface Template {
  readonly metadata: { readonly labels: Record<string, string>; readonly annotations: Record<string, string> };
  readonly spec: Record<string, unknown> & { readonly containers: Record<string, unknown>[] };
}
const templateOf = ({ find }: Recording<unknown>) => (find("kubernetes:apps/v1:Deployment").inputs.spec as { template: Template }).template;
const environmentOf = (recording: Recording<unknown>) => {
  const variables = templateOf(recording).spec.containers[0]!.env as { name: string; value?: string }[];
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
};

describe("Karpenter", () => {
  it("has the definitions of karpenter/crds, without their descriptions, in the version of the program", async () => {
    const folder = join(root, "karpenter", "crds");
    const files = readdirSync(folder).map((file) => parse(readFileSync(join(folder, file), "utf8")) as { metadata: { name: string } });
    const names = files.map(({ metadata }) => metadata.name).sort();
    expect(crds.definitions.map(({ name }) => name).sort()).toEqual(names);
    expect(readFileSync(join(root, "karpenter", "go.mod"), "utf8")).toContain(`sigs.k8s.io/karpenter v${crds.version}\n`);
    expect(JSON.stringify(crds)).not.toContain('"description":"');
    const { resources } = await create();
    const made = resources.filter(({ type }) => type.endsWith(":CustomResourceDefinition"));
    expect(made.map(({ inputs }) => (inputs.metadata as { name: string }).name).sort()).toEqual(names);
  });

  it("starts once its kinds and rights are there, and stops after all that it has made is gone", async () => {
    const { find } = await create();
    const { dependsOn } = find("kubernetes:apps/v1:Deployment").options as { dependsOn: string[] };
    for (const kind of [
      "CustomResourceDefinition k-nodeclaims",
      "CustomResourceDefinition k-ovhnodeclasses",
      "ClusterRoleBinding",
      "k-role",
    ])
      expect(dependsOn).toContainEqual(expect.stringContaining(kind));
    const last = find("pulumi-nodejs:dynamic/karpenter:CleanUp");
    expect(last.options.dependsOn).toEqual([expect.stringContaining("Deployment k-deployment")]);
    expect(last.inputs).toMatchObject({ kubeconfig: masked });
  });

  it("runs on the system pool whatever its taints, restricted and with nothing writable", async () => {
    const { spec } = templateOf(await create({ poolTaints }));
    expect(spec).toMatchObject(restrictedOnSystemPool);
    expect(spec.containers[0]).toMatchObject({
      ports: [
        { name: "http", containerPort: 8080 },
        { name: "probes", containerPort: 8081 },
      ],
      securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
    });
    expect(spec).not.toHaveProperty("volumes");
  });

  it("is told the project, the cluster, the region, the billing and whose prices count", async () => {
    expect(environmentOf(await create({ billing: "hourly" }))).toMatchObject({
      OVH_ENDPOINT: "ovh-eu",
      OVH_SERVICE_NAME: "project",
      OVH_KUBE_ID: "cluster-id",
      OVH_REGION: "GRA11",
      OVH_SUBSIDIARY: "FR",
      CATALOG_ENDPOINT: "https://eu.api.ovh.com/1.0",
      BILLING: "hourly",
      LOG_LEVEL: "info",
    });
  });

  it("keeps its credentials in a Secret, and nowhere else; new ones restart the pods", async () => {
    const first = await create();
    const secret = first.find("kubernetes:core/v1:Secret", "k-credentials").inputs;
    expect(secret).toMatchObject({ metadata: { name: "ovh-credentials", namespace: "karpenter" }, stringData: masked });
    for (const text of ["the-key", "the-secret", "the-consumer", "the kubeconfig"])
      expect(JSON.stringify(first.resources)).not.toContain(text);
    expect(templateOf(first).spec.containers[0]!.envFrom).toEqual([{ secretRef: { name: "ovh-credentials" } }]);
    const second = await create({ api: { ...karpenterArgs.api, consumerKey: "another" } });
    expect(templateOf(second).metadata.annotations).not.toEqual(templateOf(first).metadata.annotations);
  });

  it("keeps one of several replicas during maintenance, and has no budget of its own with one", async () => {
    expect((await create()).resources.map(({ name }) => name)).not.toContain("k-disruption-budget");
    const { find } = await create({ replicas: 2 });
    expect(find("kubernetes:policy/v1:PodDisruptionBudget").inputs.spec).toMatchObject({ minAvailable: 1 });
    expect(find("kubernetes:apps/v1:Deployment").inputs.spec).toMatchObject({ replicas: 2 });
  });

  it("lets a Prometheus that is named connect, and nobody else", async () => {
    const network = async (args: Partial<KarpenterArgs>) =>
      ((await create(args)).find("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs.spec as { ingress?: object[] }).ingress;
    expect(await network({})).toBeUndefined();
    expect(JSON.stringify(await network({ scrapedFrom: "metrics" }))).toContain('"port":"http"');
  });
});

describe("the rights of Karpenter", () => {
  it("are those that docs/karpenter.md gives the reasons of", () => {
    const page = readFileSync(join(root, "docs", "karpenter.md"), "utf8");
    const tables = [...page.matchAll(/```yaml\n(- apiGroups[\s\S]*?)```/g)].map(([, text]) => parse(text!) as unknown);
    expect([clusterRules, namespaceRules, nodeLeaseRules]).toEqual(tables);
  });

  it("have no wildcards, and read no Secrets and no ConfigMaps", () => {
    for (const { apiGroups = [], resources = [], verbs } of [...clusterRules, ...namespaceRules, ...nodeLeaseRules] as {
      apiGroups: string[];
      resources: string[];
      verbs: string[];
    }[]) {
      expect([...apiGroups, ...resources, ...verbs]).not.toContain("*");
      expect(resources).not.toContain("secrets");
      expect(resources).not.toContain("configmaps");
    }
  });
});
