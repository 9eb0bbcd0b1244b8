import type * as pulumi from "@pulumi/pulumi";
import type { PlaceArgs } from "../../kubernetes/pod";

export interface StorageArgs {
  /** e.g. `20Gi`. It can grow later, where the storage class allows. The oldest metrics go when they take four fifths of it. */
  readonly size: string;
  /** A change starts with an empty volume. @default the cluster's default storage class */
  readonly className?: pulumi.Input<string>;
}

export interface PrometheusArgs extends PlaceArgs {
  /** Seconds between two scrapes of each target. */
  readonly scrapeIntervalSeconds: number;
  /** Whether kubelets' certificates must be of the cluster's authority. @default true */
  readonly verifyKubelets?: boolean;
  /** After how many days metrics are deleted. */
  readonly retentionDays: number;
  /** A persistent volume. @default the node's disk: a new pod starts with nothing */
  readonly storage?: StorageArgs;
  /** Most memory, at least 256Mi; docs/metrics.md tells how many pods it is good for. */
  readonly memory: string;
  /** http(s) URL of an Alertmanager, which tells people of alerts. @default alerts are on Prometheus's own page only */
  readonly alertmanagerUrl?: string;
  /** Namespace of the node autoscaler: only there is it scraped, and there is an alert when none leads. @default there is none */
  readonly autoscalerNamespace?: string;
  /** Namespace of the batch controller: only there is it scraped, and there is an alert when none leads. @default there is none */
  readonly batchControllerNamespace?: string;
  /** Namespace of a KEDA that this program installs: only there is it scraped, and there is an alert when its operator is down. @default there is none */
  readonly kedaNamespace?: string;
  /** Namespace of Karpenter: only there is it scraped, and there are alerts of it. @default there is none */
  readonly karpenterNamespace?: string;
  /** Names of further namespaces whose pods may connect to it, such as Grafana's. @default only its own */
  readonly allowedNamespaces?: readonly string[];
}
