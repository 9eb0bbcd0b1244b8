import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { Keda, type KedaArgs, KedaMetricsAdapter, KedaWebhooks } from "../../../components/keda";
import crds from "../../../components/keda/crds.json";
import { clusterRules, namespaceRules, ownRules, scaledObjectRules, webhookRules } from "../../../components/keda/rbac";
import { families } from "../../../local/tools/catalog";
import { masked, record, type Recording } from "../harness";
import { resourceMocks } from "../mocks";
import { kedaArgs } from "../samples";
import { poolTaints, restrictedOnSystemPool } from "../system-pool";

const create = (args: Partial<KedaArgs> = {}) => record(() => new Keda("k", { ...kedaArgs, ...args }), { resources: resourceMocks });
const place = { namespace: "keda", image: "registry.example.com/image:1", pool: "system" };
const adapter = () =>
  record(() => new KedaMetricsAdapter("a", { ...place, namespaces: ["batch"], secretName: "keda-operator-tls" }), {
    resources: resourceMocks,
  });
const webhooks = () => record(() => new KedaWebhooks("w", place), { resources: resourceMocks });
const kindsOf = ({ resources }: Recording<unknown>) => resources.map(({ type }) => type.split(":").pop()!);

interface Template {
  readonly metadata: { readonly labels: Record<string, string> };
  readonly spec: Record<string, unknown> & { readonly containers: Record<string, unknown>[] };
}
const templateOf = ({ find }: Recording<unknown>, name = "k-operator") =>
  (find("kubernetes:apps/v1:Deployment", name).inputs.spec as { template: Template }).template;
const environmentOf = ({ spec }: Template) => spec.containers[0]!.env as { name: string; value?: string }[];

const role = "kubernetes:rbac.authorization.k8s.io/v1:Role";
const clusterRole = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole";

interface Rule {
  readonly apiGroups: string[];
  readonly resources: string[];
  readonly verbs: string[];
}

describe("Keda", () => {
  it("uses the one that the cluster has, and adds nothing to it", async () => {
    const recording = await create({ installation: "existing", scaledObjects: true });
    expect(kindsOf(recording)).toEqual(["Keda", "Presence"]);
    expect(recording.find("pulumi-nodejs:dynamic/keda:Presence").inputs).toMatchObject({ installation: "existing", kubeconfig: masked });
  });

  it("installs nothing before it is known that the cluster has none", async () => {
    const { resources } = await create();
    const first = resources.filter(({ type }) => /:(CustomResourceDefinition|Namespace)$/.test(type));
    expect(first).toHaveLength(7);
    for (const { options } of first) expect(options.dependsOn).toEqual([expect.stringContaining("Presence")]);
  });

  it("has the definitions of all kinds, without their descriptions, in the version of the program that is built", async () => {
    expect(crds.version).toBe(families.keda.version);
    expect(families["keda-scaled-objects"].version).toBe(crds.version);
    const { resources } = await create();
    const names = resources.flatMap(({ type, inputs }) =>
      type.endsWith(":CustomResourceDefinition") ? [(inputs.metadata as { name: string }).name] : [],
    );
    expect(names.sort()).toEqual(crds.definitions.map(({ name }) => name).sort());
    expect(names).toContain("scaledjobs.keda.sh");
    expect(JSON.stringify(crds)).not.toContain('"description":"');
    expect(JSON.stringify(crds).length).toBeLessThan(100_000);
  });

  it("starts the operator once its kinds, rights and certificate are there, and stops it after the objects of its kinds are gone", async () => {
    const { find } = await create();
    const { dependsOn } = find("kubernetes:apps/v1:Deployment").options as { dependsOn: string[] };
    for (const kind of ["CustomResourceDefinition k-scaledjobs", "ClusterRoleBinding", ":RoleBinding k-batch-role", "k-tls"])
      expect(dependsOn).toContainEqual(expect.stringContaining(kind));
    const last = find("pulumi-nodejs:dynamic/keda:ScaledResources").options as { dependsOn: string[] };
    expect(last.dependsOn).toContainEqual(expect.stringContaining("Deployment k-operator"));
  });

  it("watches the namespaces that are named, and no other", async () => {
    const recording = await create({ namespaces: ["batch", "other"] });
    expect(environmentOf(templateOf(recording))).toContainEqual({ name: "WATCH_NAMESPACE", value: "batch,other" });
    const roles = recording.resources.filter(({ type }) => type === role);
    expect(roles.map(({ inputs }) => (inputs.metadata as { namespace: string }).namespace).sort()).toEqual(["batch", "keda", "other"]);
  });

  it("runs on the system pool whatever its taints, restricted and with nothing writable", async () => {
    const { spec } = templateOf(await create({ poolTaints }));
    expect(spec).toMatchObject(restrictedOnSystemPool);
    expect(spec.containers[0]).toMatchObject({
      securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
      volumeMounts: [{ name: "certificates", mountPath: "/certs", readOnly: true }],
    });
  });

  it("keeps its key in a Secret, and nowhere else", async () => {
    const recording = await create({ scaledObjects: true });
    const secret = recording.find("kubernetes:core/v1:Secret", "k-tls").inputs;
    expect(secret).toMatchObject({ type: "kubernetes.io/tls", stringData: masked });
    expect(JSON.stringify(recording.resources)).not.toContain("the private key");
    expect(JSON.stringify(recording.resources)).not.toContain("the kubeconfig");
  });

  it("lets a Prometheus that is named connect, and nobody else", async () => {
    const network = async (args: Partial<KedaArgs>) =>
      ((await create(args)).find("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs.spec as { ingress?: object[] }).ingress;
    expect(await network({})).toBeUndefined();
    expect(JSON.stringify(await network({ scrapedFrom: "metrics" }))).toContain('"port":"http"');
  });
});

describe("the rights of KEDA", () => {
  it("are those that docs/keda.md gives the reasons of", () => {
    const page = readFileSync(join(__dirname, "..", "..", "..", "docs", "keda.md"), "utf8");
    const tables = [...page.matchAll(/```yaml\n(- apiGroups[\s\S]*?)```/g)].map(([, text]) => parse(text!) as unknown);
    expect([namespaceRules, clusterRules, ownRules, scaledObjectRules, webhookRules]).toEqual(tables);
  });

  it("have no wildcards, read Secrets of no other namespace, and write none", async () => {
    const resources = (await Promise.all([create({ scaledObjects: true }), adapter(), webhooks()])).flatMap((one) => one.resources);
    const rules = resources
      .filter(({ type }) => type === role || type === clusterRole)
      .map(({ type, name, inputs }) => ({ type, name, rules: inputs.rules as Rule[] }));
    for (const { type, name, rules: all } of rules)
      for (const rule of all) {
        // The HPA's controller may read all external metrics.
        if (rule.apiGroups[0] !== "external.metrics.k8s.io")
          expect([name, ...rule.apiGroups, ...rule.resources, ...rule.verbs]).not.toContain("*");
        if (!rule.resources.includes("secrets")) continue;
        expect(type).toBe(role);
        expect(rule.verbs).toEqual(["list", "watch"]);
      }
  });

  it("are no more with ScaledObjects than without, outside of them", async () => {
    const rulesOf = async (scaledObjects: boolean) => (await create({ scaledObjects })).find(role, "k-batch-role").inputs.rules as Rule[];
    expect(await rulesOf(false)).toEqual(namespaceRules);
    expect(await rulesOf(true)).toEqual([...namespaceRules, ...scaledObjectRules]);
  });
});

describe("ScaledObjects", () => {
  const service = "kubernetes:core/v1:Service";

  it("make the operator answer the adapter, and nobody else", async () => {
    expect(kindsOf(await create())).not.toContain("Service");
    const { find } = await create({ scaledObjects: true });
    expect(find(service).inputs.metadata).toMatchObject({ name: "keda-operator", namespace: "keda" });
    expect(find("kubernetes:networking.k8s.io/v1:NetworkPolicy", "k-calls").inputs.spec).toMatchObject({
      ingress: [
        { from: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "keda-metrics-apiserver" } } }], ports: [{ port: "grpc" }] },
      ],
    });
  });

  it("are served by the adapter, which calls the operator with the certificate that this trusts", async () => {
    const { find } = await create({ scaledObjects: true });
    const certificate = find("pulumi-nodejs:dynamic/metrics:ServingCertificate").inputs;
    expect(certificate).toMatchObject({ dnsNames: ["keda-operator.keda.svc"], forClients: true });
    const template = templateOf(await adapter(), "a-deployment");
    expect(template.metadata.labels).toMatchObject({ "app.kubernetes.io/name": "keda-metrics-apiserver" });
    expect(template.spec.containers[0]).toMatchObject({
      args: expect.arrayContaining(["--metrics-service-address=keda-operator.keda.svc:9666", "--cert-dir=/certs"]) as unknown,
      volumeMounts: expect.arrayContaining([{ name: "certificates", mountPath: "/certs", readOnly: true }]) as unknown,
    });
    expect(template.spec.volumes).toContainEqual({ name: "certificates", secret: { secretName: "keda-operator-tls" } });
  });

  it("are looked at by webhooks that are verified, and taken unseen while these are away", async () => {
    const { find } = await webhooks();
    const configuration = find("kubernetes:admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration").inputs;
    expect(configuration.webhooks).toHaveLength(4);
    for (const webhook of configuration.webhooks as object[])
      expect(webhook).toMatchObject({
        failurePolicy: "Ignore",
        clientConfig: {
          caBundle: Buffer.from("the authority").toString("base64"),
          service: {
            name: "keda-admission-webhooks",
            namespace: "keda",
            path: expect.stringMatching(/^\/validate-keda-sh-v1alpha1-/) as unknown,
          },
        },
      });
  });
});
