/** Prometheus's configuration. @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/ */

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

export interface ScrapeSettings {
  readonly scrapeIntervalSeconds: number;
  readonly verifyKubelets: boolean;
  readonly alertmanagerUrl?: string;
  readonly autoscalerNamespace?: string;
  readonly batchControllerNamespace?: string;
  readonly kedaNamespace?: string;
  readonly karpenterNamespace?: string;
}

/** Pods that are not scraped, of which each job remembers so many for the page `/service-discovery`: there may be 10,000. */
const droppedTargets = 100;

type Relabeling = Record<string, unknown>;

const keep = (source: string, regex: string): Relabeling => ({ source_labels: [source], action: "keep", regex });
const copy = (source: string, target: string): Relabeling => ({ source_labels: [source], target_label: target });

/** Names of pods as the custom metrics API asks for them. */
const podLabels = [
  copy("__meta_kubernetes_namespace", "namespace"),
  copy("__meta_kubernetes_pod_name", "pod"),
  copy("__meta_kubernetes_pod_node_name", "node"),
  copy("__meta_kubernetes_pod_label_app_kubernetes_io_name", "app"),
];

export function prometheusConfig(settings: ScrapeSettings): object {
  const { scrapeIntervalSeconds, verifyKubelets, alertmanagerUrl } = settings;
  const { autoscalerNamespace, batchControllerNamespace, kedaNamespace, karpenterNamespace } = settings;
  const others = { keda: kedaNamespace !== undefined, karpenter: karpenterNamespace !== undefined };
  const interval = `${scrapeIntervalSeconds}s`;
  return {
    global: {
      scrape_interval: interval,
      scrape_timeout: `${Math.min(10, scrapeIntervalSeconds)}s`,
      evaluation_interval: interval,
      keep_dropped_targets: droppedTargets,
    },
    rule_files: ["/etc/prometheus/rules.yml"],
    ...(alertmanagerUrl !== undefined && { alerting: { alertmanagers: [alertmanager(alertmanagerUrl)] } }),
    scrape_configs: [
      annotatedPods(others),
      { ...kubelets("nodes", "/metrics/resource", verifyKubelets), metric_relabel_configs: used },
      { ...kubelets("cadvisor", "/metrics/cadvisor", verifyKubelets), metric_relabel_configs: usedOfCadvisor },
      ...(autoscalerNamespace === undefined ? [] : [program("autoscaler", autoscalerNamespace)]),
      ...(batchControllerNamespace === undefined ? [] : [program("batch-controller", batchControllerNamespace)]),
      ...(kedaNamespace === undefined ? [] : [program("keda-operator", kedaNamespace)]),
      ...(karpenterNamespace === undefined ? [] : [program("karpenter", karpenterNamespace)]),
      { job_name: "prometheus", static_configs: [{ targets: ["localhost:9090"] }] },
    ],
  };
}

/** @param url whose path is what comes before Alertmanager's own `/api/v2/alerts` */
function alertmanager(url: string): object {
  const { protocol, hostname, port, pathname } = new URL(url);
  return {
    scheme: protocol.slice(0, -1),
    path_prefix: pathname,
    static_configs: [{ targets: [`${hostname}:${port || (protocol === "https:" ? 443 : 80)}`] }],
  };
}

/** Programs of others that this project installs. */
interface Others {
  readonly keda: boolean;
  readonly karpenter: boolean;
}

/** What alerts go by and only this project's programs, KEDA, Karpenter and the kubelets tell: a pod that has metrics of these names would raise an alert, or keep one down. */
const foreign = ({ keda, karpenter }: Others): Relabeling => ({
  source_labels: ["__name__"],
  action: "drop",
  regex: `mks_(autoscaler|batch)_.+|${keda ? "keda_.+|" : ""}${karpenter ? "karpenter_.+|" : ""}container_oom_events_total`,
});

/** Every pod that says `prometheus.io/scrape: "true"`, at `prometheus.io/port` and `prometheus.io/path`. */
const annotatedPods = (others: Others) => ({
  job_name: "pods",
  // A batch leaves thousands of pods behind that have ended: they are not even asked for.
  kubernetes_sd_configs: [{ role: "pod", selectors: [{ role: "pod", field: "status.phase=Running" }] }],
  relabel_configs: [
    keep("__meta_kubernetes_pod_annotation_prometheus_io_scrape", "true"),
    { source_labels: ["__meta_kubernetes_pod_container_init"], action: "drop", regex: "true" },
    { source_labels: ["__meta_kubernetes_pod_annotation_prometheus_io_path"], regex: "(.+)", target_label: "__metrics_path__" },
    {
      // A pod with several ports is as many targets; with the port put in, they are one.
      source_labels: ["__meta_kubernetes_pod_ip", "__meta_kubernetes_pod_annotation_prometheus_io_port"],
      separator: ":",
      regex: "(.+:\\d+)",
      target_label: "__address__",
    },
    ...podLabels,
  ],
  metric_relabel_configs: [foreign(others)],
});

/** From the kubelets themselves, as `nodes/metrics` allows: through the API server it would take `nodes/proxy`, which may run commands in pods. */
function kubelets(job: string, path: string, verify: boolean) {
  return {
    job_name: job,
    scheme: "https",
    metrics_path: path,
    kubernetes_sd_configs: [{ role: "node" }],
    authorization: { credentials_file: `${serviceAccount}/token` },
    tls_config: verify ? { ca_file: `${serviceAccount}/ca.crt` } : { insecure_skip_verify: true },
    relabel_configs: [copy("__meta_kubernetes_node_name", "node"), copy("__meta_kubernetes_node_label_nodepool", "nodepool")],
  };
}

/**
 * Each series stays in memory for up to three hours after its pod has ended, and a batch has many pods: kept is what rules and dashboards use.
 * What is of containers has one job each, so that no sum counts it twice.
 */
const used = [keep("__name__", "container_(cpu_usage_seconds_total|memory_working_set_bytes)|node_.+")];

const usedOfCadvisor = [
  keep("__name__", "container_oom_events_total"),
  // Not the node's own services.
  keep("pod", ".+"),
  // Not the sandboxes (pause): they have an image, and no container's name. A pod's cgroup, with neither, counts the kills for the limit of a whole pod.
  { source_labels: ["container", "image"], separator: ";", action: "drop", regex: ";.+" },
  // `name`, the container's id, tells it from others as well: the long path of its cgroup would be one more text for each.
  { action: "labeldrop", regex: "id|image" },
];

/** The pods of a program that this project installs. */
const program = (name: string, namespace: string) => ({
  job_name: name,
  // Its metrics of Jobs have the Jobs' namespaces and names, which the pod's own must not replace. Anybody's pod may have its labels, but not be in its namespace.
  honor_labels: true,
  kubernetes_sd_configs: [
    {
      role: "pod",
      namespaces: { names: [namespace] },
      selectors: [{ role: "pod", label: `app.kubernetes.io/name=${name},app.kubernetes.io/managed-by=ovh-mks-batch` }],
    },
  ],
  relabel_configs: [keep("__meta_kubernetes_pod_container_port_name", "http"), ...podLabels],
});
