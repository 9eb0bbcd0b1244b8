import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { BatchController, type BatchControllerArgs } from "../../components/batch-controller";
import { clusterRules, namespaceRules } from "../../components/batch-controller/rbac";
import { masked, record, type ResourceMocks } from "./harness";
import { resourceMocks } from "./mocks";
import { batchControllerArgs } from "./samples";
import { poolTaints, restrictedOnSystemPool } from "./system-pool";

const create = (args: Partial<BatchControllerArgs> = {}, resources: ResourceMocks = resourceMocks) =>
  record(() => new BatchController("c", { ...batchControllerArgs, ...args }), { resources });

interface Template {
  metadata: { labels: Record<string, string>; annotations: Record<string, string> };
  spec: Record<string, unknown> & { containers: Record<string, unknown>[]; volumes: Record<string, unknown>[] };
}

async function templateOf(args: Partial<BatchControllerArgs> = {}): Promise<Template> {
  const { find } = await create(args);
  return (find("kubernetes:apps/v1:Deployment").inputs.spec as { template: Template }).template;
}

async function configOf(args: Partial<BatchControllerArgs> = {}): Promise<unknown> {
  const { find } = await create(args);
  const { "config.yaml": text } = find("kubernetes:core/v1:ConfigMap").inputs.data as Record<string, string>;
  return parse(text!);
}

const notifications = { targets: [{ name: "team", webhook: { url: "https://hooks.example.com/the-token" } }] };

describe("BatchController", () => {
  it("runs beside the Jobs' namespace, which it is told", async () => {
    const { resources } = await create();
    const namespaces = resources.flatMap(({ type, inputs }) => {
      const { namespace } = (inputs.metadata ?? {}) as { namespace?: string };
      return namespace === undefined ? [] : [`${type.split(":").pop()} ${namespace}`];
    });
    expect(namespaces.sort()).toEqual([
      "ConfigMap batch-operator",
      "Deployment batch-operator",
      "NetworkPolicy batch-operator",
      "ResourceQuota batch-operator",
      "Role batch",
      "RoleBinding batch",
      "ServiceAccount batch-operator",
    ]);
    expect(await configOf({ namespace: "mine" })).toEqual({ namespace: "mine", httpPort: 8080, logLevel: "info" });
  });

  it("may do what docs/batch-controller.md says that it does, and no more", () => {
    const page = readFileSync(join(__dirname, "..", "..", "docs", "batch-controller.md"), "utf8");
    const [ofNamespace, ofCluster] = [...page.matchAll(/```yaml\n(- apiGroups[\s\S]*?)```/g)].map(([, text]) => parse(text!) as unknown);
    expect(namespaceRules).toEqual(ofNamespace);
    expect(clusterRules).toEqual(ofCluster);
  });

  it("may read no Secret, and change nothing outside the Jobs' namespace", () => {
    const [inside, outside] = [namespaceRules, clusterRules] as { resources: string[]; verbs: string[] }[][];
    expect([...inside!, ...outside!].flatMap(({ resources }) => resources)).not.toContain("secrets");
    expect(new Set(outside!.flatMap(({ verbs }) => verbs))).toEqual(new Set(["list", "watch"]));
  });

  it("binds those rights to its own service account, whose token no other pod gets", async () => {
    const { find } = await create();
    expect(find("kubernetes:core/v1:ServiceAccount").inputs).toMatchObject({ automountServiceAccountToken: false });
    const subjects = [{ kind: "ServiceAccount", name: "batch-controller", namespace: "batch-operator" }];
    for (const kind of ["ClusterRole", "Role"] as const) {
      const role = find(`kubernetes:rbac.authorization.k8s.io/v1:${kind}`).inputs;
      const { name } = role.metadata as { name: string };
      expect(role.rules).toEqual(kind === "ClusterRole" ? clusterRules : namespaceRules);
      expect(find(`kubernetes:rbac.authorization.k8s.io/v1:${kind}Binding`).inputs).toMatchObject({
        subjects,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name },
      });
    }
  });

  it("is of the cluster's own priority, also where a namespace needs a quota for that", async () => {
    const { find } = await create();
    expect((await templateOf()).spec).toMatchObject({ priorityClassName: "system-cluster-critical" });
    expect(find("kubernetes:core/v1:ResourceQuota").inputs).toMatchObject({
      metadata: { namespace: "batch-operator" },
      spec: {
        hard: { pods: "10" },
        scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["system-cluster-critical"] }] },
      },
    });
  });

  it("runs on the system pool whatever its taints, restricted and with nothing writable, with the operators' keys", async () => {
    const { spec } = await templateOf({ poolTaints });
    expect(spec).toMatchObject(restrictedOnSystemPool);
    expect(spec.containers).toHaveLength(1);
    expect(spec.containers[0]).toMatchObject({
      image: "registry.example.com/batch-controller:1",
      args: ["--config", "/etc/batch-controller/config.yaml"],
      envFrom: [{ secretRef: { name: "s3-credentials" } }],
      ports: [{ name: "http", containerPort: 8080 }],
      resources: { requests: { cpu: "50m", memory: "150Mi" }, limits: { memory: "400Mi" } },
      securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
    });
  });

  it("may not start before it may do anything", async () => {
    const { find } = await create();
    const { dependsOn } = find("kubernetes:apps/v1:Deployment").options as { dependsOn: string[] };
    expect(dependsOn).toEqual(
      expect.arrayContaining([expect.stringContaining("ClusterRoleBinding"), expect.stringContaining(":RoleBinding")]),
    );
  });

  it("restarts when its configuration, the bucket, its keys or the notifications change, and only then", async () => {
    const digest = async (args: Partial<BatchControllerArgs>): Promise<string> =>
      Object.values((await templateOf(args)).metadata.annotations)[0]!;
    const { bucket } = batchControllerArgs;
    const first = await digest({ notifications });
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    expect(await digest({ notifications, replicas: 2 })).toBe(first);
    const changes: Partial<BatchControllerArgs>[] = [
      { notifications: { targets: [] } },
      { notifications: undefined },
      { notifications, namespace: "other" },
      { notifications, bucket: { ...bucket, name: "other" } },
      { notifications, bucket: { ...bucket, operatorCredentials: pulumi.secret({ accessKeyId: "OPERATOR", secretAccessKey: "new" }) } },
    ];
    const digests: string[] = [];
    for (const change of changes) digests.push(await digest(change));
    // All of them are different, and none is a secret, which would hide the whole template.
    expect(new Set([first, ...digests]).size).toBe(changes.length + 1);
    for (const one of digests) expect(one).toMatch(/^[0-9a-f]{16}$/);
  });

  it("spreads several replicas, and lets one be disrupted at a time", async () => {
    const { find } = await create({ replicas: 2 });
    expect(find("kubernetes:policy/v1:PodDisruptionBudget").inputs.spec).toEqual({
      minAvailable: 1,
      selector: { matchLabels: { "app.kubernetes.io/name": "batch-controller" } },
    });
    expect((await templateOf({ replicas: 2 })).spec).toHaveProperty("topologySpreadConstraints");
    const { resources } = await create();
    expect(resources.map(({ type }) => type)).not.toContain("kubernetes:policy/v1:PodDisruptionBudget");
    expect((await templateOf()).spec).not.toHaveProperty("topologySpreadConstraints");
  });

  it("gets the notifications in a Secret, and nowhere else", async () => {
    const written: unknown[] = [];
    const mocks = {
      ...resourceMocks,
      "kubernetes:core/v1:Secret": (inputs: Record<string, unknown>) => (written.push(inputs.stringData), {}),
    };
    const { find, resources } = await create({ notifications: pulumi.secret(notifications) }, mocks);
    expect(find("kubernetes:core/v1:Secret").inputs).toMatchObject({
      metadata: { name: "batch-controller-notifications", namespace: "batch-operator" },
      stringData: masked,
    });
    expect(written).toEqual([{ "notifications.json": JSON.stringify(notifications) }]);
    expect(JSON.stringify(resources)).not.toContain("the-token");
    const { spec } = await templateOf({ notifications });
    expect(spec.containers[0]!.volumeMounts).toContainEqual({
      name: "notifications",
      mountPath: "/etc/batch-controller-notifications",
      readOnly: true,
    });
    expect(spec.volumes).toContainEqual({ name: "notifications", secret: { secretName: "batch-controller-notifications" } });
    expect(await configOf({ notifications })).toMatchObject({
      notificationsFile: "/etc/batch-controller-notifications/notifications.json",
    });
    expect((await templateOf()).spec.volumes).toHaveLength(1);
  });

  it("shows no key of the bucket", async () => {
    const { resources } = await create();
    expect(JSON.stringify(resources)).not.toMatch(/s3-secret|OPERATOR/);
  });

  it("pulls its image with the registry's account, where there is one", async () => {
    const pullSecret = { registry: "registry.example.com/batch", username: "robot", password: "the-token" };
    const { find } = await create({ pullSecret });
    expect(find("kubernetes:core/v1:Secret").inputs.metadata).toMatchObject({ name: "registry-credentials", namespace: "batch-operator" });
    expect((await templateOf({ pullSecret })).spec).toMatchObject({ imagePullSecrets: [{ name: "registry-credentials" }] });
    expect((await templateOf()).spec).not.toHaveProperty("imagePullSecrets");
  });

  it("lets in nothing but a Prometheus that is named, at its port, and out everything but to the metadata service", async () => {
    const network = async (args: Partial<BatchControllerArgs>) =>
      (await create(args)).find("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs.spec as Record<string, unknown>;
    const closed = await network({});
    expect(closed).toMatchObject({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    expect(closed).not.toHaveProperty("ingress");
    expect(closed.egress).toEqual([
      { to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.169.254/32"] } }] },
      { to: [{ namespaceSelector: {} }] },
    ]);
    const from = {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "metrics" } },
      podSelector: { matchLabels: { "app.kubernetes.io/name": "prometheus" } },
    };
    expect((await network({ scrapedFrom: "metrics" })).ingress).toEqual([{ from: [from], ports: [{ port: "http", protocol: "TCP" }] }]);
  });
});
