import type * as pulumi from "@pulumi/pulumi";
import type { SecretVariable } from "../../batch/args";
import type { PlaceArgs } from "../../kubernetes/pod";

export interface CustomTarget {
  /** Metric of the service's pods, e.g. `http_requests` for the counter `http_requests_total`: see {@link PrometheusAdapter}. */
  readonly metric: string;
  /** What each pod should have on average, e.g. `10`, or `500m` for one half. */
  readonly averageValue: string;
}

export interface TargetArgs {
  /** CPU that pods should use on average, in percent of what they request. */
  readonly cpuPercent?: number;
  /** Memory that pods should use on average, in percent of what they request. */
  readonly memoryPercent?: number;
  /** @default none */
  readonly custom?: readonly CustomTarget[];
}

export interface ScalingPolicy {
  /** Whether {@link value} is a number of pods or percent of those that there are. */
  readonly type: "Pods" | "Percent";
  /** How many may be added or removed at most. */
  readonly value: number;
  /** In how many seconds, up to 1800. */
  readonly periodSeconds: number;
}

export interface ScalingArgs {
  /** Of all that was recommended in that many seconds, up to 3600, the most careful counts. @default 0 for up, 300 for down */
  readonly stabilizationSeconds?: number;
  /** How fast it may go. @default the cluster's: up by 4 pods or 100 % in 15 s, down by 100 % in 15 s */
  readonly policies?: readonly ScalingPolicy[];
  /** Which of several policies counts: the one that allows the most or the least, or none at all. @default Max */
  readonly selectPolicy?: "Max" | "Min" | "Disabled";
}

export interface AutoscaledServiceArgs extends PlaceArgs {
  /** Name of its objects, and of the Service within the namespace. */
  readonly serviceName: string;
  /** Port of the container; the Service has port 80. */
  readonly port: number;
  /** @default the image's */
  readonly command?: readonly pulumi.Input<string>[];
  /** Environment; no secrets, see `envFrom` and `secretEnv`. @default none */
  readonly env?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Names of Secrets in the namespace whose keys become environment variables. @default none */
  readonly envFrom?: readonly pulumi.Input<string>[];
  /** Variables that are keys of Secrets in the namespace, by their names. @default none */
  readonly secretEnv?: Readonly<Record<string, SecretVariable>>;
  /** Service account, whose token the pods get. @default none, and no token */
  readonly serviceAccount?: pulumi.Input<string>;
  /** CPU that a pod is sure of, e.g. `100m`. */
  readonly cpu: string;
  /** Memory that a pod is sure of and may have at most, e.g. `64Mi`. */
  readonly memory: string;
  /** Fewest pods. With 1, the node autoscaler does not move it to empty its node: for a moment there would be none. */
  readonly minReplicas: number;
  /** Most pods. */
  readonly maxReplicas: number;
  /** At least one; of several, the one that asks for the most pods counts. */
  readonly targets: TargetArgs;
  readonly scaleUp?: ScalingArgs;
  readonly scaleDown?: ScalingArgs;
  /** Path that answers when a pod can take requests. @default /readyz */
  readonly readinessPath?: string;
  /** Path that answers while a pod need not be restarted. @default /healthz */
  readonly livenessPath?: string;
  /** Path of the pods' metrics, for Prometheus. @default none is scraped */
  readonly metricsPath?: string;
}
