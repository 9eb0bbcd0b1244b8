/** Prometheus's configuration. @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/ */

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

export interface ScrapeSettings {
  readonly scrapeIntervalSeconds: number;
  readonly verifyKubelets: boolean;
}

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

export function prometheusConfig({ scrapeIntervalSeconds, verifyKubelets }: ScrapeSettings): object {
  const interval = `${scrapeIntervalSeconds}s`;
  return {
    global: { scrape_interval: interval, scrape_timeout: `${Math.min(10, scrapeIntervalSeconds)}s`, evaluation_interval: interval },
    rule_files: ["/etc/prometheus/rules.yml"],
    scrape_configs: [
      annotatedPods,
      kubelets("nodes", "/metrics/resource", verifyKubelets),
      { ...kubelets("cadvisor", "/metrics/cadvisor", verifyKubelets), metric_relabel_configs: [keepContainers] },
      autoscaler,
      { job_name: "prometheus", static_configs: [{ targets: ["localhost:9090"] }] },
    ],
  };
}

/** Every pod that says `prometheus.io/scrape: "true"`, at `prometheus.io/port` and `prometheus.io/path`. */
const annotatedPods = {
  job_name: "pods",
  kubernetes_sd_configs: [{ role: "pod" }],
  relabel_configs: [
    keep("__meta_kubernetes_pod_annotation_prometheus_io_scrape", "true"),
    { source_labels: ["__meta_kubernetes_pod_phase"], action: "drop", regex: "Pending|Succeeded|Failed" },
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
};

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

/** cAdvisor has some 60 metrics for each container. Kept is what the kubelets' own, the job `nodes`, do not have: with both, sums would count twice. */
const keepContainers = { source_labels: ["__name__"], action: "keep", regex: "container_(oom_events_total|memory_rss)" };

const autoscaler = {
  job_name: "autoscaler",
  // Its metrics of Jobs have the Jobs' namespaces, which the pod's own must not replace.
  honor_labels: true,
  kubernetes_sd_configs: [{ role: "pod" }],
  relabel_configs: [
    keep("__meta_kubernetes_pod_label_app_kubernetes_io_name", "autoscaler"),
    keep("__meta_kubernetes_pod_label_app_kubernetes_io_managed_by", "ovh-mks-batch"),
    keep("__meta_kubernetes_pod_container_port_name", "http"),
    ...podLabels,
  ],
};
