import type { input } from "@pulumi/kubernetes/types";
import type * as pulumi from "@pulumi/pulumi";
import { parseQuantity } from "../../../common/quantity";
import { containerSecurity, onPool, podSecurity } from "../../kubernetes/pod";
import { pulledWith } from "../../kubernetes/pull-secret";
import type { PrometheusArgs } from "./args";

export const port = 9090;

/** Most that it takes of the node's disk without a volume. */
const scratch = "5Gi";

export interface PodArgs extends Pick<PrometheusArgs, "image" | "pool" | "poolTaints" | "retentionDays" | "memory" | "storage"> {
  readonly serviceAccountName: pulumi.Input<string>;
  /** ConfigMap with the files of its configuration. */
  readonly configMapName: pulumi.Input<string>;
  /** @default the node's disk */
  readonly claimName?: pulumi.Input<string>;
  readonly imagePullSecrets?: PrometheusArgs["imagePullSecrets"];
}

/** What it needs when there is hardly anything to scrape. */
export const leastMemory = "256Mi";

/** Size of the metrics at which the oldest go, whatever their age. The rest is room to write anew what is compacted: on a full disk Prometheus stops for good. */
const retentionSize = (disk: string): string => `${Math.floor((0.8 * parseQuantity(disk)!.value) / 2 ** 20)}MB`;

/** The pod of Prometheus, within the restricted Pod Security Standard. */
export function podSpec(args: PodArgs): input.core.v1.PodSpec {
  const { image, retentionDays, memory, storage, serviceAccountName, configMapName, claimName } = args;
  return {
    serviceAccountName,
    automountServiceAccountToken: true,
    ...onPool(args),
    ...pulledWith(args.imagePullSecrets),
    securityContext: { ...podSecurity, fsGroup: podSecurity.runAsGroup },
    terminationGracePeriodSeconds: 60,
    containers: [
      {
        name: "prometheus",
        image,
        imagePullPolicy: "IfNotPresent",
        args: [
          "--config.file=/etc/prometheus/prometheus.yml",
          "--storage.tsdb.path=/prometheus",
          `--storage.tsdb.retention.time=${retentionDays}d`,
          `--storage.tsdb.retention.size=${retentionSize(storage?.size ?? scratch)}`,
          // Go tidies up when the limit comes near; otherwise it takes up to twice what it needs.
          "--enable-feature=auto-gomemlimit",
        ],
        ports: [{ name: "http", containerPort: port }],
        readinessProbe: { httpGet: { path: "/-/ready", port: "http" }, periodSeconds: 2, timeoutSeconds: 5 },
        livenessProbe: { httpGet: { path: "/-/healthy", port: "http" }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
        resources: { requests: { cpu: "100m", memory: leastMemory }, limits: { memory } },
        securityContext: containerSecurity,
        volumeMounts: [
          { name: "config", mountPath: "/etc/prometheus", readOnly: true },
          { name: "data", mountPath: "/prometheus" },
        ],
      },
    ],
    volumes: [
      { name: "config", configMap: { name: configMapName } },
      {
        name: "data",
        ...(claimName ? { persistentVolumeClaim: { claimName } } : { emptyDir: { sizeLimit: scratch } }),
      },
    ],
  };
}
