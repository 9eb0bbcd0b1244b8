import { MetricsServer, Prometheus, type PrometheusArgs, PrometheusAdapter } from "../../../components/metrics";
import { rulesOf } from "../../../components/metrics/prometheus-adapter";
import { filesOf } from "../../../components/metrics/prometheus";
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
      additionalSecretOutputs: ["privateKey", "next"],
    });
    expect(JSON.stringify(recording.resources.filter(({ type }) => type !== "kubernetes:core/v1:Secret"))).not.toContain("the private key");
  });

  it("announces its API only once its server is ready", async () => {
    const { find } = await create();
    const { dependsOn } = find("kubernetes:apiregistration.k8s.io/v1:APIService").options as { dependsOn: string[] };
    expect(dependsOn).toEqual(expect.arrayContaining([expect.stringContaining("Deployment"), expect.stringContaining(":Service ")]));
  });

  it("may only read", async () => {
    const rules = rolesOf(await create()).flat();
    expect(rules).not.toEqual([]);
    for (const rule of rules) {
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

  it("is spread over nodes, of which one may go, where it has several pods", async () => {
    const several = await adapter({ replicas: 2 });
    expect(podOf(several).spec).toMatchObject({ topologySpreadConstraints: [{ whenUnsatisfiable: "ScheduleAnyway" }] });
    expect(several.find("kubernetes:policy/v1:PodDisruptionBudget").inputs.spec).toMatchObject({ minAvailable: 1 });
    expect(podOf(await adapter()).spec).not.toHaveProperty("topologySpreadConstraints");
  });

  it("finds the last two scrapes even when two failed", () => {
    expect(JSON.stringify(rulesOf(15))).toContain("[60s]");
    expect(JSON.stringify(rulesOf(5))).toContain("[20s]");
  });
});

interface Config {
  readonly global: { readonly keep_dropped_targets: number };
  readonly alerting?: { readonly alertmanagers: readonly object[] };
  readonly scrape_configs: readonly {
    readonly job_name: string;
    readonly kubernetes_sd_configs?: readonly { readonly selectors?: readonly object[] }[];
    readonly metric_relabel_configs?: readonly { source_labels?: string[]; separator?: string; action: string; regex: string }[];
  }[];
}

const namespaces = { autoscalerNamespace: "autoscaler", batchControllerNamespace: "batch-operator", kedaNamespace: "keda" };
const configOf = (settings: Partial<typeof namespaces> & { readonly alertmanagerUrl?: string } = {}): Config =>
  prometheusConfig({ scrapeIntervalSeconds: 15, verifyKubelets: true, ...namespaces, ...settings }) as Config;

describe("Prometheus", () => {
  it("has the node's disk unless it is given a volume", async () => {
    const without = await prometheus();
    expect(podOf(without).spec.volumes).toContainEqual({ name: "data", emptyDir: { sizeLimit: "5Gi" } });
    expect(podOf(without).args).toContain("--storage.tsdb.retention.size=4096MB");
    const given = await prometheus({ storage: { size: "20Gi", className: "fast" }, retentionDays: 30 });
    expect(given.find("kubernetes:core/v1:PersistentVolumeClaim").inputs.spec).toMatchObject({
      resources: { requests: { storage: "20Gi" } },
      storageClassName: "fast",
    });
    expect(podOf(given).spec.volumes).toContainEqual({ name: "data", persistentVolumeClaim: { claimName: "p-claim" } });
    expect(podOf(given).args).toEqual(
      expect.arrayContaining(["--storage.tsdb.retention.time=30d", "--storage.tsdb.retention.size=16384MB"]),
    );
  });

  it("can have another volume before it has let go of the first one", async () => {
    const given = await prometheus({ storage: { size: "20Gi" } });
    expect(given.find("kubernetes:core/v1:PersistentVolumeClaim").inputs.metadata).not.toHaveProperty("name");
    expect(given.find("kubernetes:apps/v1:Deployment").inputs.spec).toMatchObject({ strategy: { type: "Recreate" } });
  });

  it("may look at nodes and pods, and run nothing", async () => {
    expect(rolesOf(await prometheus())).toEqual([
      [
        { apiGroups: [""], resources: ["nodes", "pods"], verbs: ["get", "list", "watch"] },
        { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
      ],
    ]);
  });

  /** Whether a series comes through the relabeling of a job. */
  const kept = (job: string, labels: Record<string, string>): boolean => {
    const { metric_relabel_configs } = configOf().scrape_configs.find(({ job_name }) => job_name === job)!;
    return metric_relabel_configs!.every(({ source_labels, separator, action, regex }) => {
      if (!source_labels) return action === "labeldrop";
      const value = source_labels.map((label) => labels[label] ?? "").join(separator ?? ";");
      return new RegExp(`^(${regex})$`).test(value) === (action === "keep");
    });
  };
  const ofPod = { namespace: "batch", pod: "task-0" };

  it("keeps of nodes and containers what rules use, each from one job, so that sums count it once", () => {
    const metrics = [
      ...["container_cpu_usage_seconds_total", "container_memory_working_set_bytes", "container_oom_events_total"],
      ...["container_memory_rss", "container_start_time_seconds", "pod_cpu_usage_seconds_total", "node_cpu_usage_seconds_total"],
    ];
    const of = (job: string) => metrics.filter((__name__) => kept(job, { ...ofPod, container: "task", image: "task:1", __name__ }));
    expect(of("nodes")).toEqual([
      "container_cpu_usage_seconds_total",
      "container_memory_working_set_bytes",
      "node_cpu_usage_seconds_total",
    ]);
    expect(of("cadvisor")).toEqual(["container_oom_events_total"]);
  });

  it.each([
    ["a container", { ...ofPod, container: "task", image: "task:1" }, true],
    ["a pod's cgroup, which some runtimes have alone", ofPod, true],
    ["a pod's sandbox", { ...ofPod, image: "registry.example.com/pause:3.9" }, false],
    ["a service of the node", { id: "/system.slice/ssh.service" }, false],
  ])("counts the kills for memory of %s: %s", (_what, labels, expected) => {
    expect(kept("cadvisor", { __name__: "container_oom_events_total", ...labels })).toBe(expected);
  });

  it("keeps of cAdvisor's labels what tells two containers apart", () => {
    const { metric_relabel_configs } = configOf().scrape_configs.find(({ job_name }) => job_name === "cadvisor")!;
    const dropped = new RegExp(`^(${metric_relabel_configs!.find(({ action }) => action === "labeldrop")!.regex})$`);
    const labels = ["__name__", "container", "id", "image", "name", "namespace", "pod"];
    expect(labels.filter((label) => dropped.test(label))).toEqual(["id", "image"]);
  });

  it("asks for no pods that have ended, and remembers few of those that it does not scrape", () => {
    const selectors = (job: string) =>
      configOf().scrape_configs.find(({ job_name }) => job_name === job)!.kubernetes_sd_configs![0]!.selectors;
    expect(selectors("pods")).toEqual([{ role: "pod", field: "status.phase=Running" }]);
    for (const name of ["autoscaler", "batch-controller"])
      expect(selectors(name)).toEqual([
        { role: "pod", label: `app.kubernetes.io/name=${name},app.kubernetes.io/managed-by=ovh-mks-batch` },
      ]);
    expect(configOf().global.keep_dropped_targets).toBe(100);
  });

  it("tells an Alertmanager of alerts where it is given one", () => {
    const alerting = (alertmanagerUrl?: string) => configOf({ alertmanagerUrl }).alerting?.alertmanagers;
    expect(alerting()).toBeUndefined();
    expect(alerting("http://alertmanager.monitoring.svc:9093")).toEqual([
      { scheme: "http", path_prefix: "/", static_configs: [{ targets: ["alertmanager.monitoring.svc:9093"] }] },
    ]);
    expect(alerting("https://alerts.example.com/team")).toEqual([
      { scheme: "https", path_prefix: "/team", static_configs: [{ targets: ["alerts.example.com:443"] }] },
    ]);
  });

  it.each([
    ["autoscaler", { autoscalerNamespace: "scaling" }, "AutoscalerNotLeading"],
    ["batch controller", { batchControllerNamespace: "operating" }, "BatchControllerDown"],
    ["KEDA", { kedaNamespace: "queues" }, "KedaDown"],
  ])("says when no %s leads only where there is one", (_name, where, alert) => {
    const files = (settings: Partial<typeof namespaces>) => filesOf({ scrapeIntervalSeconds: 15, ...settings });
    expect(files(where)["rules.yml"]).toContain(alert);
    expect(files({})["rules.yml"]).not.toContain(alert);
    expect(files({})["prometheus.yml"]).not.toContain("honor_labels");
    for (const other of ["JobFailing", "BatchNotificationsFailing"]) expect(files({})["rules.yml"]).toContain(other);
  });

  it("lets pods of the namespaces that are named connect", async () => {
    const { find } = await prometheus({ allowedNamespaces: ["grafana"] });
    const named = { key: "kubernetes.io/metadata.name", operator: "In", values: ["grafana"] };
    expect(find("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs.spec).toMatchObject({
      ingress: [{ from: [{ podSelector: {} }, { namespaceSelector: { matchExpressions: [named] } }] }],
    });
  });

  it("has the memory that it is given, and tells Go of it", async () => {
    const { spec, args } = podOf(await prometheus({ memory: "3Gi" }));
    expect(spec.containers[0]).toMatchObject({ resources: { requests: { memory: "256Mi" }, limits: { memory: "3Gi" } } });
    expect(args).toContain("--enable-feature=auto-gomemlimit");
  });

  it("tells all that is wrong with its args at once", async () => {
    const args = { memory: "500m", storage: { size: "much" }, alertmanagerUrl: "https://me:hush@alerts.example.com/?token=hush" };
    const error = (await prometheus(args).catch((fault: unknown) => fault)) as Error;
    expect(error.message).not.toContain("hush");
    expect(error.message).toMatch(
      /memory \("500m"\)[^]*storage\.size \("much"\)[^]*alertmanagerUrl \("https:\/\/…@alerts\.example\.com\/\?…"\)/,
    );
    await expect(prometheus({ memory: "255Mi" })).rejects.toThrow('memory ("255Mi") must be memory of at least 256Mi, such as 1Gi');
  });

  it.each(["autoscaler", "batch-controller"])("keeps the namespaces and names of the Jobs that the %s counts", (name) => {
    expect(configOf().scrape_configs).toContainEqual(expect.objectContaining({ job_name: name, honor_labels: true }));
  });

  it("honours labels only of pods in the programs' own namespaces: another pod may have their labels", () => {
    const { scrape_configs } = configOf({ autoscalerNamespace: "scaling", batchControllerNamespace: "operating", kedaNamespace: "queues" });
    const honouring = scrape_configs.filter((job) => "honor_labels" in job);
    expect(honouring.map(({ kubernetes_sd_configs }) => kubernetes_sd_configs)).toEqual([
      [expect.objectContaining({ role: "pod", namespaces: { names: ["scaling"] } })],
      [expect.objectContaining({ role: "pod", namespaces: { names: ["operating"] } })],
      [expect.objectContaining({ role: "pod", namespaces: { names: ["queues"] } })],
    ]);
  });

  it("takes from annotated pods no metric that alerts know from this project's programs, KEDA and the kubelets alone", () => {
    const rulesOfPods = (config: Config) => config.scrape_configs.find(({ job_name }) => job_name === "pods")!.metric_relabel_configs ?? [];
    const dropped = (name: string, config = configOf()) =>
      rulesOfPods(config).some(({ action, regex }) => action === "drop" && new RegExp(`^(?:${regex})$`).test(name));
    for (const name of [
      "mks_autoscaler_leader",
      "mks_autoscaler_jobs",
      "mks_batch_tasks",
      "keda_scaled_job_errors_total",
      "container_oom_events_total",
    ])
      expect(dropped(name)).toBe(true);
    // A KEDA that the cluster has already may be scraped as any pod.
    expect(dropped("keda_scaled_job_errors_total", configOf({ kedaNamespace: undefined }))).toBe(false);
    for (const name of ["http_requests_total", "my_mks_autoscaler_jobs"]) expect(dropped(name)).toBe(false);
  });

  it("verifies kubelets unless told otherwise", () => {
    const tls = (verifyKubelets: boolean) => JSON.stringify(prometheusConfig({ scrapeIntervalSeconds: 15, verifyKubelets }));
    expect(tls(true)).not.toContain("insecure_skip_verify");
    expect(tls(false)).not.toContain("ca_file");
  });
});
