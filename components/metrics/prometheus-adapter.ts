import * as pulumi from "@pulumi/pulumi";
import { AggregatedApi } from "./aggregated-api";
import type { PlaceArgs } from "../kubernetes/pod";

export interface PrometheusAdapterArgs extends PlaceArgs {
  /** URL of Prometheus. */
  readonly prometheusUrl: pulumi.Input<string>;
  /** Seconds between two scrapes by Prometheus, which rates and the search for new metrics follow. */
  readonly scrapeIntervalSeconds: number;
  /** Pods. @default 1 */
  readonly replicas?: number;
}

/**
 * The custom metrics API: what Prometheus scrapes of pods by their annotations, for the HPA. A counter `http_requests_total` is the metric
 * `http_requests`, per second between the last two scrapes; a gauge has the name that it has.
 */
export class PrometheusAdapter extends AggregatedApi {
  constructor(
    name: string,
    { namespace, image, pool, imagePullSecrets, prometheusUrl, scrapeIntervalSeconds, replicas = 1 }: PrometheusAdapterArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(
      name,
      {
        namespace,
        image,
        pool,
        imagePullSecrets,
        replicas,
        appName: "prometheus-adapter",
        groups: ["custom.metrics.k8s.io"],
        version: "v1beta1",
        config: JSON.stringify({ rules: rulesOf(scrapeIntervalSeconds) }, undefined, 2),
        arguments: [
          "--config=/etc/prometheus-adapter/config.yaml",
          prometheusArgument(prometheusUrl),
          // It knows of a metric once this has passed; a shorter time than the scrapes' would forget metrics between two of them.
          `--metrics-relist-interval=${2 * scrapeIntervalSeconds}s`,
        ],
        rules: [{ apiGroups: [""], resources: ["pods", "nodes", "namespaces", "services"], verbs: ["get", "list", "watch"] }],
        readers: [{ group: "custom.metrics.k8s.io", serviceAccount: { name: "horizontal-pod-autoscaler", namespace: "kube-system" } }],
        resources: { requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: "384Mi" } },
      },
      opts,
      "PrometheusAdapter",
    );
  }
}

const prometheusArgument = (url: pulumi.Input<string>): pulumi.Output<string> => pulumi.interpolate`--prometheus-url=${url}`;

/** @see https://github.com/kubernetes-sigs/prometheus-adapter/blob/master/docs/config.md */
export function rulesOf(scrapeIntervalSeconds: number): object[] {
  const series = '{job="pods",namespace!="",pod!=""}';
  const resources = { overrides: { namespace: { resource: "namespace" }, pod: { resource: "pod" } } };
  return [
    {
      seriesQuery: series,
      seriesFilters: [{ is: "_total$" }],
      resources,
      name: { matches: "^(.*)_total$", as: "${1}" },
      // Of the last two scrapes in the time: a step of the load shows at the next one, and up to two that failed do no harm.
      metricsQuery: `sum(irate(<<.Series>>{<<.LabelMatchers>>}[${4 * scrapeIntervalSeconds}s])) by (<<.GroupBy>>)`,
    },
    {
      seriesQuery: series,
      // What is left of histograms and counters is no gauge.
      seriesFilters: [{ isNot: "_(total|bucket|sum|count|created)$" }],
      resources,
      metricsQuery: "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)",
    },
  ];
}
