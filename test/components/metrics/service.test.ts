import * as pulumi from "@pulumi/pulumi";
import { Provider } from "@pulumi/kubernetes/provider";
import { AutoscaledService, type AutoscaledServiceArgs } from "../../../components/metrics";
import { faultsOf } from "../../../components/metrics/service/faults";
import { refuseSecret } from "../../../components/pulumi/secrets";
import { record } from "../harness";
import { resourceMocks } from "../mocks";
import { serviceArgs } from "../samples";

const create = (args: Partial<AutoscaledServiceArgs> = {}) =>
  record(() => new AutoscaledService("s", { ...serviceArgs, ...args }), { resources: resourceMocks });

const hpaOf = async (args: Partial<AutoscaledServiceArgs> = {}) =>
  (await create(args)).find("kubernetes:autoscaling/v2:HorizontalPodAutoscaler").inputs.spec as Record<string, unknown>;

const deploymentOf = async (args: Partial<AutoscaledServiceArgs> = {}) =>
  (await create(args)).find("kubernetes:apps/v1:Deployment").inputs.spec as {
    replicas?: number;
    template: {
      metadata: { annotations?: Record<string, string> };
      spec: Record<string, unknown> & { containers: Record<string, unknown>[] };
    };
  };

describe("AutoscaledService", () => {
  it("scales by CPU, memory and custom metrics at once", async () => {
    const targets = { cpuPercent: 80, memoryPercent: 70, custom: [{ metric: "http_requests", averageValue: "10" }] };
    expect(await hpaOf({ targets })).toEqual({
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "podinfo" },
      minReplicas: 2,
      maxReplicas: 10,
      metrics: [
        { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } },
        { type: "Resource", resource: { name: "memory", target: { type: "Utilization", averageUtilization: 70 } } },
        { type: "Pods", pods: { metric: { name: "http_requests" }, target: { type: "AverageValue", averageValue: "10" } } },
      ],
    });
  });

  it("hands its behaviour over, and only what was given of it", async () => {
    const scaleUp = { policies: [{ type: "Pods" as const, value: 2, periodSeconds: 30 }], selectPolicy: "Min" as const };
    expect(await hpaOf({ scaleUp, scaleDown: { stabilizationSeconds: 60 } })).toMatchObject({
      behavior: { scaleUp: { policies: scaleUp.policies, selectPolicy: "Min" }, scaleDown: { stabilizationWindowSeconds: 60 } },
    });
    expect(await hpaOf()).not.toHaveProperty("behavior");
  });

  it("is in the cluster of the provider that it is given", async () => {
    const { resources } = await record(
      () => new AutoscaledService("s", serviceArgs, { provider: new Provider("mine", { kubeconfig: "kubeconfig" }) }),
      { resources: resourceMocks },
    );
    const objects = resources.filter(({ type }) => type.startsWith("kubernetes:"));
    expect(objects.map(({ provider }) => provider)).toEqual(objects.map(() => "pulumi:providers:kubernetes mine"));
    expect(objects).toHaveLength(5);
  });

  it("leaves the number of pods to the HPA", async () => {
    expect(await deploymentOf()).not.toHaveProperty("replicas");
  });

  it("lets its pods be moved to other nodes, but not the only one", async () => {
    const annotations = async (minReplicas: number) => (await deploymentOf({ minReplicas })).template.metadata.annotations;
    expect(await annotations(2)).toEqual({ "cluster-autoscaler.kubernetes.io/safe-to-evict": "true" });
    expect(await annotations(1)).toEqual({});
  });

  it("goes on for some seconds when its pods leave, and then has as long as Kubernetes gives", async () => {
    const { spec } = (await deploymentOf()).template;
    expect(spec.containers[0]).toMatchObject({ lifecycle: { preStop: { sleep: { seconds: 5 } } } });
    expect(spec.terminationGracePeriodSeconds).toBe(35);
  });

  it("gets its environment from values and from Secrets by their names", async () => {
    const { spec } = (
      await deploymentOf({
        env: { PRICE: "5 $(CURRENCY)" },
        envFrom: ["s3-credentials"],
        secretEnv: { PASSWORD: { secret: "database", key: "password" } },
        imagePullSecrets: ["registry"],
        serviceAccount: "api",
      })
    ).template;
    expect(spec).toMatchObject({ serviceAccountName: "api", automountServiceAccountToken: true, imagePullSecrets: [{ name: "registry" }] });
    expect(spec.containers[0]).toMatchObject({
      env: [
        { name: "PRICE", value: "5 $$(CURRENCY)" },
        { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "database", key: "password" } } },
      ],
      envFrom: [{ secretRef: { name: "s3-credentials" } }],
    });
  });

  it("has none of these by itself", async () => {
    const { spec } = (await deploymentOf()).template;
    for (const key of ["serviceAccountName", "imagePullSecrets"]) expect(spec).not.toHaveProperty(key);
    for (const key of ["env", "envFrom"]) expect(spec.containers[0]).not.toHaveProperty(key);
  });

  it("takes no secret as a plain variable or an argument", async () => {
    expect(() => refuseSecret("env.PASSWORD", true)).toThrow(/^env\.PASSWORD must not be a secret: use secretEnv or envFrom, /);
    expect(() => refuseSecret("env.PASSWORD", false)).not.toThrow();
    const { containers } = (await deploymentOf({ command: ["serve", pulumi.output("--fast")], env: { A: pulumi.output("$(B)") } })).template
      .spec;
    expect(containers[0]).toMatchObject({ command: ["serve", "--fast"], env: [{ name: "A", value: "$$(B)" }] });
  });

  it("is scraped where it says that it has metrics, and nowhere else", async () => {
    expect((await deploymentOf({ metricsPath: "/metrics" })).template.metadata.annotations).toMatchObject({
      "prometheus.io/scrape": "true",
      "prometheus.io/port": "9898",
      "prometheus.io/path": "/metrics",
    });
    expect((await deploymentOf()).template.metadata.annotations).not.toHaveProperty("prometheus.io/scrape");
  });

  it("has restricted pods without a token, with probes, spread over the nodes", async () => {
    const { spec } = (await deploymentOf({ pool: "system" })).template;
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      nodeSelector: { nodepool: "system" },
      tolerations: [{ key: "pool.ovh-mks-batch/dedicated", operator: "Exists" }],
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      topologySpreadConstraints: [{ topologyKey: "kubernetes.io/hostname" }],
    });
    expect(spec.containers[0]).toMatchObject({
      readinessProbe: { httpGet: { path: "/readyz" } },
      livenessProbe: { httpGet: { path: "/healthz" } },
      resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "64Mi" } },
      securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
    });
  });

  it("loses one pod at a time at most, and takes requests on its port only", async () => {
    const { find } = await create();
    expect(find("kubernetes:policy/v1:PodDisruptionBudget").inputs.spec).toMatchObject({ maxUnavailable: 1 });
    expect(find("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs.spec).toMatchObject({
      policyTypes: ["Ingress"],
      ingress: [{ ports: [{ port: "http", protocol: "TCP" }] }],
    });
  });

  it("tells all that is wrong with its args at once", async () => {
    const args = { minReplicas: 11, cpu: "much", targets: {} };
    const error = (await create(args).catch((fault: unknown) => fault)) as Error;
    expect(error.message.split("\n")).toEqual([
      "s: its args are not valid:",
      '  - cpu ("much") must be CPUs such as 100m or 2',
      "  - minReplicas (11) must be at most maxReplicas (10)",
      '  - targets ({"custom":[]}) must have cpuPercent, memoryPercent or a custom metric',
    ]);
  });
});

describe("what is refused", () => {
  const custom = (metric: string, averageValue = "10") => ({ targets: { custom: [{ metric, averageValue }] } });
  const refused: [string, Partial<AutoscaledServiceArgs>, string][] = [
    ["no pods at all", { minReplicas: 0 }, "minReplicas"],
    ["a part of a pod", { minReplicas: 1.5 }, "minReplicas"],
    ["too many pods", { maxReplicas: 1001 }, "maxReplicas"],
    ["0 % of the CPU", { targets: { cpuPercent: 0 } }, "targets.cpuPercent"],
    ["more than 1000 % of the CPU", { targets: { cpuPercent: 1001 } }, "targets.cpuPercent"],
    ["memory at which pods are killed", { targets: { memoryPercent: 96 } }, "targets.memoryPercent"],
    ["a metric that is no name", custom("http requests"), "targets.custom[0].metric"],
    ["the name of the counter", custom("http_requests_total"), "targets.custom[0].metric"],
    ["a target of 0", custom("http_requests", "0"), "targets.custom[0].averageValue"],
    ["a target that is no quantity", custom("http_requests", "ten"), "targets.custom[0].averageValue"],
    ["a port out of range", { port: 65_536 }, "port"],
    ["a name that DNS would not take", { serviceName: "9lives" }, "serviceName"],
    ["no memory", { memory: "0" }, "memory"],
    ["half a byte of memory", { memory: "500m" }, "memory"],
    ["100 million CPUs", { cpu: "100Mi" }, "cpu"],
    ["a variable that is no name", { env: { "1ST": "x" } }, "env.1ST"],
    ["a reserved variable", { secretEnv: { UID: { secret: "s", key: "k" } } }, "secretEnv.UID"],
    ["a variable twice", { env: { A: "x" }, secretEnv: { A: { secret: "s", key: "k" } } }, "env.A"],
    ["a path without a slash", { metricsPath: "metrics" }, "metricsPath"],
    ["too long a look back", { scaleDown: { stabilizationSeconds: 3601 } }, "scaleDown.stabilizationSeconds"],
    ["no policy at all", { scaleUp: { policies: [] } }, "scaleUp.policies"],
    ["a policy of nothing", { scaleUp: { policies: [{ type: "Pods", value: 0, periodSeconds: 15 }] } }, "scaleUp.policies[0].value"],
    [
      "a policy for too long",
      { scaleDown: { policies: [{ type: "Percent", value: 10, periodSeconds: 1801 }] } },
      "scaleDown.policies[0].periodSeconds",
    ],
  ];

  it.each(refused)("%s", (_what, args, property) => {
    expect(faultsOf({ ...serviceArgs, ...args }).map((fault) => fault.property)).toEqual([property]);
  });

  it("the same metric twice", () => {
    const twice = { metric: "http_requests", averageValue: "10" };
    expect(faultsOf({ ...serviceArgs, targets: { custom: [twice, twice] } })).toMatchObject([
      { property: "targets.custom[1].metric", rule: "must be there once, and is targets.custom[0] too" },
    ]);
  });

  it("nothing at the bounds", () => {
    const policies = [{ type: "Percent" as const, value: 1, periodSeconds: 1800 }];
    const bounds: Partial<AutoscaledServiceArgs> = {
      minReplicas: 1,
      maxReplicas: 1,
      port: 65_535,
      targets: { cpuPercent: 1000, memoryPercent: 95, custom: [{ metric: "a:b_c", averageValue: "500m" }] },
      scaleUp: { stabilizationSeconds: 0, policies },
      scaleDown: { stabilizationSeconds: 3600, policies },
    };
    expect(faultsOf({ ...serviceArgs, ...bounds })).toEqual([]);
  });
});
