import { MetricsServer, Prometheus, type PrometheusArgs, PrometheusAdapter } from "../../../components/metrics";
import { rulesOf } from "../../../components/metrics/prometheus-adapter";
import { prometheusConfig } from "../../../components/metrics/prometheus/config";
import { masked, record, type Recording } from "../harness";
import { resourceMocks } from "../mocks";
import { prometheusArgs } from "../samples";

const place = { namespace: "metrics", image: "registry.example.com/image:1", pool: "system" };
const metricsServer = (args = {}) =>
  record(() => new MetricsServer("m", { ...place, resolutionSeconds: 15, ...args }), { resources: resourceMocks });
const adapter = (args = {}) =>
  record(
    () => new PrometheusAdapter("a", { ...place, prometheusUrl: "http://prometheus.metrics.svc:9090", scrapeIntervalSeconds: 15, ...args }),
    { resources: resourceMocks },
  );
const prometheus = (args: Partial<PrometheusArgs> = {}) =>
  record(() => new Prometheus("p", { ...prometheusArgs, ...args }), { resources: resourceMocks });

interface Container {
  readonly args: string[];
}
const podOf = ({ find }: Recording<unknown>) => {
  const { template } = find("kubernetes:apps/v1:Deployment").inputs.spec as {
    template: { metadata: { annotations?: object }; spec: { containers: Container[]; volumes: object[] } };
  };
  return { ...template, args: template.spec.containers[0]!.args };
};
const rolesOf = ({ resources }: Recording<unknown>) =>
  resources
    .filter(({ type }) => type.endsWith(":ClusterRole"))
    .map(({ inputs }) => inputs.rules as { resources: string[]; verbs: string[] }[]);

describe.each([
  ["MetricsServer", metricsServer, "v1beta1.metrics.k8s.io"],
  ["PrometheusAdapter", adapter, "v1beta1.custom.metrics.k8s.io"],
])("%s", (_name, create, api) => {
  it("is called with a certificate that is verified", async () => {
    const { find } = await create();
    const { metadata, spec } = find("kubernetes:apiregistration.k8s.io/v1:APIService").inputs as Record<string, Record<string, unknown>>;
    expect(metadata!.name).toBe(api);
    expect(spec).toMatchObject({ caBundle: Buffer.from("the authority").toString("base64") });
    expect(spec).not.toHaveProperty("insecureSkipTLSVerify");
    const { name, namespace } = spec!.service as { name: string; namespace: string };
    expect(find("pulumi-nodejs:dynamic/metrics:ServingCertificate").inputs.dnsNames).toEqual([`${name}.${namespace}.svc`]);
  });

  it("keeps its key in a Secret, and nowhere else", async () => {
    const recording = await create();
    expect(recording.find("kubernetes:core/v1:Secret").inputs).toMatchObject({ type: "kubernetes.io/tls", stringData: masked });
    expect(recording.find("pulumi-nodejs:dynamic/metrics:ServingCertificate").options).toMatchObject({
      additionalSecretOutputs: ["privateKey"],
    });
    expect(JSON.stringify(recording.resources.filter(({ type }) => type !== "kubernetes:core/v1:Secret"))).not.toContain("the private key");
  });

  it("announces its API only once its server is ready", async () => {
    const { find } = await create();
    const { dependsOn } = find("kubernetes:apiregistration.k8s.io/v1:APIService").options as { dependsOn: string[] };
    expect(dependsOn).toEqual(expect.arrayContaining([expect.stringContaining("Deployment"), expect.stringContaining(":Service ")]));
  });

  it("may only read", async () => {
    for (const rule of rolesOf(await create()).flat()) {
      expect(rule.resources).not.toContain("nodes/proxy");
      expect(rule.verbs.filter((verb) => !["get", "list", "watch"].includes(verb))).toEqual([]);
    }
  });
});

describe("MetricsServer", () => {
  it("verifies kubelets unless told otherwise", async () => {
    const authority = "--kubelet-certificate-authority=/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";
    expect(podOf(await metricsServer()).args).toContain(authority);
    const { args } = podOf(await metricsServer({ verifyKubelets: false }));
    expect(args).toContain("--kubelet-insecure-tls");
    expect(args).not.toContain(authority);
  });
});

describe("PrometheusAdapter", () => {
  it("lets the HPA's controller read custom metrics, and nobody else", async () => {
    const { resources } = await adapter();
    const bound = resources.filter(({ name }) => name === "a-horizontal-pod-autoscaler-binding");
    expect(bound[0]!.inputs.subjects).toEqual([{ kind: "ServiceAccount", name: "horizontal-pod-autoscaler", namespace: "kube-system" }]);
  });

  it("restarts when its rules change", async () => {
    const annotations = async (scrapeIntervalSeconds: number) => podOf(await adapter({ scrapeIntervalSeconds })).metadata.annotations;
    expect(await annotations(15)).toEqual(await annotations(15));
    expect(await annotations(15)).not.toEqual(await annotations(30));
  });

  it("finds the last two scrapes even when two failed", () => {
    expect(JSON.stringify(rulesOf(15))).toContain("[60s]");
    expect(JSON.stringify(rulesOf(5))).toContain("[20s]");
  });
});

describe("Prometheus", () => {
  it("has the node's disk unless it is given a volume", async () => {
    const without = await prometheus();
    expect(podOf(without).spec.volumes).toContainEqual({ name: "data", emptyDir: { sizeLimit: "5Gi" } });
    expect(podOf(without).args).toContain("--storage.tsdb.retention.size=4GB");
    const given = await prometheus({ storage: { size: "20Gi", className: "fast" }, retentionDays: 30 });
    expect(given.find("kubernetes:core/v1:PersistentVolumeClaim").inputs.spec).toMatchObject({
      resources: { requests: { storage: "20Gi" } },
      storageClassName: "fast",
    });
    expect(podOf(given).spec.volumes).toContainEqual({ name: "data", persistentVolumeClaim: { claimName: "prometheus" } });
    expect(podOf(given).args).toContain("--storage.tsdb.retention.time=30d");
    expect(podOf(given).args.join()).not.toContain("retention.size");
  });

  it("may look at nodes and pods, and run nothing", async () => {
    expect(rolesOf(await prometheus())).toEqual([
      [
        { apiGroups: [""], resources: ["nodes", "pods"], verbs: ["get", "list", "watch"] },
        { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
      ],
    ]);
  });

  it("takes each metric of a container from one job, so that sums count it once", () => {
    const { scrape_configs } = prometheusConfig({ scrapeIntervalSeconds: 15, verifyKubelets: true }) as {
      scrape_configs: { job_name: string; metric_relabel_configs?: { action: string; regex: string }[] }[];
    };
    const [kept] = scrape_configs.find(({ job_name }) => job_name === "cadvisor")!.metric_relabel_configs!;
    for (const metric of ["container_cpu_usage_seconds_total", "container_memory_working_set_bytes"]) {
      expect(metric).not.toMatch(new RegExp(`^${kept!.regex}$`));
    }
  });

  it("is reached from its own namespace only", async () => {
    const { find } = await prometheus();
    expect(find("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs.spec).toMatchObject({ ingress: [{ from: [{ podSelector: {} }] }] });
  });

  it("keeps the namespaces of the Jobs that the autoscaler counts", () => {
    const { scrape_configs } = prometheusConfig({ scrapeIntervalSeconds: 15, verifyKubelets: true }) as { scrape_configs: object[] };
    expect(scrape_configs).toContainEqual(expect.objectContaining({ job_name: "autoscaler", honor_labels: true }));
  });

  it("verifies kubelets unless told otherwise", () => {
    const tls = (verifyKubelets: boolean) => JSON.stringify(prometheusConfig({ scrapeIntervalSeconds: 15, verifyKubelets }));
    expect(tls(true)).not.toContain("insecure_skip_verify");
    expect(tls(false)).not.toContain("ca_file");
  });
});
