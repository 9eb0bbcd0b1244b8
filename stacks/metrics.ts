import * as core from "@pulumi/kubernetes/core/v1";
import type * as pulumi from "@pulumi/pulumi";
import type { MksCluster } from "../components/cluster";
import { karpenterNamespace } from "../components/karpenter";
import { kedaNamespace } from "../components/keda";
import { AutoscaledService, MetricsApi, MetricsServer, Prometheus, PrometheusAdapter } from "../components/metrics";
import { managedBy, restrictedPodSecurity } from "../components/kubernetes/pod-security";
import { createPullSecret, type RegistryAccountArgs } from "../components/kubernetes/pull-secret";
import { operatorNamespace } from "../components/namespace";
import type { Settings } from "./config";
import { accountOf } from "./images";
import { batchNamespace } from "./names";
import { taintsOf } from "./pools";

/** What the samples have in common, with the seed's numbers (https://github.com/stefanprodan/k8s-prom-hpa). */
const sample = {
  port: 9898,
  command: ["podinfo", "--port=9898", "--level=error"],
  cpu: "50m",
  memory: "64Mi",
  minReplicas: 2,
  maxReplicas: 10,
  metricsPath: "/metrics",
  // A minute instead of the five by default: whoever tries it wants to see the end.
  scaleDown: { stabilizationSeconds: 60 },
} as const;

export const metricsNamespace = "metrics";
export const autoscalerNamespace = "autoscaler";

/** The metrics stack, in a namespace of its own, and the sample services in another one. */
export function createMetrics(
  { images, metrics, autoscaler, controller, karpenter, keda, pools }: Settings,
  { kubeconfig }: MksCluster,
  opts: pulumi.ComponentResourceOptions,
): void {
  if (!metrics.enabled) return;
  const { metricsServer, verifyKubelets, scrapeIntervalSeconds, replicas, samples } = metrics;
  const { retentionDays, storage, memory, alertmanagerUrl, allowedNamespaces } = metrics;
  const image = (name: string): string => `${images.registry}/${name}:${images.tag}`;
  const account = accountOf(images);
  const { namespace, imagePullSecrets } = createInCluster(metricsNamespace, account, opts);
  const inside = { ...opts, dependsOn: [namespace] };
  const place = { namespace: namespace.metadata.name, imagePullSecrets, pool: "system", poolTaints: taintsOf(pools.system) };
  // Nothing is installed before it is known that this leads to one metrics-server.
  const api = new MetricsApi("metrics-api", { kubeconfig, metricsServer }, { dependsOn: opts.dependsOn });
  if (metricsServer === "install") {
    const resolutionSeconds = Math.max(10, scrapeIntervalSeconds);
    const args = { ...place, image: image("metrics-server"), verifyKubelets, resolutionSeconds, replicas };
    new MetricsServer("metrics-server", args, { ...inside, dependsOn: [namespace, api] });
  }
  const prometheus = new Prometheus(
    "prometheus",
    {
      ...place,
      image: image("prometheus"),
      scrapeIntervalSeconds,
      verifyKubelets,
      retentionDays,
      storage,
      memory,
      alertmanagerUrl,
      ...(autoscaler.enabled && { autoscalerNamespace }),
      ...(controller.enabled && { batchControllerNamespace: operatorNamespace(batchNamespace) }),
      ...(keda.enabled && keda.installation === "install" && { kedaNamespace }),
      ...(karpenter.enabled && { karpenterNamespace }),
      allowedNamespaces,
    },
    inside,
  );
  new PrometheusAdapter(
    "prometheus-adapter",
    { ...place, image: image("prometheus-adapter"), prometheusUrl: prometheus.url, scrapeIntervalSeconds, replicas },
    inside,
  );
  if (samples) createSamples(image("podinfo"), account, opts);
}

/** podinfo twice: scaled by its CPU, and by the requests a second that it counts itself. */
function createSamples(image: string, account: RegistryAccountArgs | undefined, opts: pulumi.ComponentResourceOptions): void {
  const { namespace, imagePullSecrets } = createInCluster("services", account, opts);
  const inside = { ...opts, dependsOn: [namespace] };
  const place = { ...sample, image, namespace: namespace.metadata.name, imagePullSecrets };
  new AutoscaledService("podinfo-cpu", { ...place, serviceName: "podinfo-cpu", targets: { cpuPercent: 80 } }, inside);
  new AutoscaledService(
    "podinfo",
    { ...place, serviceName: "podinfo", targets: { custom: [{ metric: "http_requests", averageValue: "10" }] } },
    inside,
  );
}

/** A namespace, and the names of its pull secrets. */
export function createInCluster(name: string, account: RegistryAccountArgs | undefined, opts: pulumi.ComponentResourceOptions) {
  const metadata = { name, labels: { ...managedBy, ...restrictedPodSecurity } };
  // A component's options are no custom resource's: of several providers this is the one of Kubernetes.
  const [provider] = opts.providers as pulumi.ProviderResource[];
  const namespace = new core.Namespace(name, { metadata }, { provider, dependsOn: opts.dependsOn });
  const secrets = account ? [createPullSecret(`${name}-pull-secret`, account, namespace.metadata.name, { provider })] : [];
  return { namespace, imagePullSecrets: secrets.map((secret) => secret.metadata.name) };
}
