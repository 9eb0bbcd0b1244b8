import { readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { readConfig } from "../../autoscaler/config";
import { Autoscaler, type AutoscalerArgs } from "../../components/autoscaler";
import { clusterRules, namespaceRules } from "../../components/autoscaler/rbac";
import { masked, record, type ResourceMocks } from "./harness";
import { resourceMocks } from "./mocks";
import { apiArgs, autoscalerArgs } from "./samples";
import { poolTaints, restrictedOnSystemPool } from "./system-pool";

const create = (args: Partial<AutoscalerArgs> = {}, resources: ResourceMocks = resourceMocks) =>
  record(() => new Autoscaler("a", { ...autoscalerArgs, ...args }), { resources });

interface Template {
  metadata: { labels: Record<string, string>; annotations: Record<string, string> };
  spec: Record<string, unknown> & { containers: Record<string, unknown>[] };
}

async function templateOf(args: Partial<AutoscalerArgs> = {}): Promise<Template> {
  const { find } = await create(args);
  return (find("kubernetes:apps/v1:Deployment").inputs.spec as { template: Template }).template;
}

/** The configuration file, as the autoscaler itself reads it. */
async function configOf(args: Partial<AutoscalerArgs> = {}) {
  const { find } = await create(args);
  const { "config.yaml": text } = find("kubernetes:core/v1:ConfigMap").inputs.data as Record<string, string>;
  const folder = mkdtempSync(join(tmpdir(), "autoscaler-"));
  try {
    writeFileSync(join(folder, "config.yaml"), text!);
    return readConfig(join(folder, "config.yaml"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("Autoscaler", () => {
  it("hands over a configuration that the autoscaler accepts", async () => {
    expect(await configOf({ scaleDownDelaySeconds: 7, nodeBootTimeoutSeconds: 999, logLevel: "debug", namespace: "mine" })).toMatchObject({
      leaseNamespace: "mine",
      scaleDownDelaySeconds: 7,
      nodeBootTimeoutSeconds: 999,
      gpuNodeBootTimeoutSeconds: 5400,
      logLevel: "debug",
    });
    expect(await configOf({ maxNodes: 500 })).toMatchObject({ maxNodes: 500 });
    for (const billing of ["hourly", "perSecond"] as const) expect(await configOf({ billing })).toMatchObject({ billing });
    expect(await configOf()).not.toHaveProperty("ovh");
  });

  it("may do what docs/autoscaler.md says that it does, and no more", () => {
    const readme = readFileSync(join(__dirname, "..", "..", "docs", "autoscaler.md"), "utf8");
    const [ofCluster, ofNamespace] = [...readme.matchAll(/```yaml\n(- apiGroups[\s\S]*?)```/g)].map(([, text]) => parse(text!) as unknown);
    expect(clusterRules).toEqual(ofCluster);
    expect(namespaceRules).toEqual(ofNamespace);
  });

  it("binds those rights to its own service account, whose token no other pod gets", async () => {
    const { find } = await create();
    expect(find("kubernetes:core/v1:ServiceAccount").inputs).toMatchObject({ automountServiceAccountToken: false });
    const subjects = [{ kind: "ServiceAccount", name: "autoscaler", namespace: "autoscaler" }];
    const kinds = ["ClusterRole", "Role"] as const;
    for (const kind of kinds) {
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
      metadata: { namespace: "autoscaler" },
      spec: {
        hard: { pods: "10" },
        scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["system-cluster-critical"] }] },
      },
    });
  });

  it("runs on the system pool whatever its taints, restricted and with nothing writable", async () => {
    const { spec } = await templateOf({ poolTaints });
    expect(spec).toMatchObject(restrictedOnSystemPool);
    expect(spec.containers).toHaveLength(1);
    expect(spec.containers[0]).toMatchObject({
      image: "registry.example.com/autoscaler:1",
      args: ["--config", "/etc/autoscaler/config.yaml"],
      securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
    });
    expect(spec.containers[0]).not.toHaveProperty("envFrom");
  });

  it("may not start before it may do anything", async () => {
    const { find } = await create();
    const { dependsOn } = find("kubernetes:apps/v1:Deployment").options as { dependsOn: string[] };
    expect(dependsOn).toEqual(
      expect.arrayContaining([expect.stringContaining("ClusterRoleBinding"), expect.stringContaining(":RoleBinding")]),
    );
  });

  it("restarts when its configuration or a key changes, and only then", async () => {
    const digest = async (args: Partial<AutoscalerArgs>): Promise<string> =>
      Object.values((await templateOf(args)).metadata.annotations)[0]!;
    const first = await digest({ api: apiArgs });
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    expect(await digest({ api: apiArgs })).toBe(first);
    expect(await digest({ api: apiArgs, scaleDownDelaySeconds: 61 })).not.toBe(first);
    expect(await digest({ api: { ...apiArgs, consumerKey: "other" } })).not.toBe(first);
    const account = { endpoint: "ovh-eu", serviceName: "project", clusterId: "cluster-id", clientId: "i" };
    expect(await digest({ api: { ...account, clientSecret: "other" } })).not.toBe(await digest({ api: { ...account, clientSecret: "s" } }));
  });

  it("spreads several replicas, and lets one be disrupted at a time", async () => {
    const { find } = await create({ replicas: 2 });
    expect(find("kubernetes:policy/v1:PodDisruptionBudget").inputs.spec).toEqual({
      minAvailable: 1,
      selector: { matchLabels: { "app.kubernetes.io/name": "autoscaler" } },
    });
    expect((await templateOf({ replicas: 2 })).spec).toHaveProperty("topologySpreadConstraints");
    const { resources } = await create();
    expect(resources.map(({ type }) => type)).not.toContain("kubernetes:policy/v1:PodDisruptionBudget");
    expect((await templateOf()).spec).not.toHaveProperty("topologySpreadConstraints");
  });

  it("gets OVHcloud's API as a service account, too", async () => {
    let written: unknown;
    const mocks = {
      ...resourceMocks,
      "kubernetes:core/v1:Secret": (inputs: Record<string, unknown>) => ((written = inputs.stringData), {}),
    };
    const api = { endpoint: "ovh-eu", serviceName: "project", clusterId: "cluster-id", clientId: "the-id", clientSecret: "the-secret" };
    await create({ api }, mocks);
    expect(written).toEqual({ OVH_CLIENT_ID: "the-id", OVH_CLIENT_SECRET: "the-secret" });
  });

  it("gets OVHcloud's API when it is given a key, which stays in a Secret", async () => {
    let written: unknown;
    const mocks = {
      ...resourceMocks,
      "kubernetes:core/v1:Secret": (inputs: Record<string, unknown>) => ((written = inputs.stringData), {}),
    };
    const { find, resources } = await create({ api: apiArgs }, mocks);
    expect(find("kubernetes:core/v1:Secret").inputs).toMatchObject({ metadata: { name: "ovh-credentials" }, stringData: masked });
    expect(written).toEqual({ OVH_APPLICATION_KEY: "the-key", OVH_APPLICATION_SECRET: "the-secret", OVH_CONSUMER_KEY: "the-consumer" });
    expect(JSON.stringify(resources)).not.toMatch(/the-(key|secret|consumer)/);
    expect((await configOf({ api: apiArgs })).ovh).toEqual({ endpoint: "ovh-eu", serviceName: "project", kubeId: "cluster-id" });
    expect((await templateOf({ api: apiArgs })).spec.containers[0]).toMatchObject({
      envFrom: [{ secretRef: { name: "ovh-credentials" } }],
    });
  });
});
