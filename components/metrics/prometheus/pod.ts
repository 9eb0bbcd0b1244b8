import type { input } from "@pulumi/kubernetes/types";
import type * as pulumi from "@pulumi/pulumi";
import { containerSecurity, onPool, podSecurity } from "../../pod";
import type { PrometheusArgs } from "./index";

export const port = 9090;

/** Size at which the oldest metrics on the node's disk are deleted, whatever their age. */
const diskLimit = "4GB";

export interface PodArgs extends Pick<PrometheusArgs, "image" | "pool" | "retentionDays"> {
  readonly serviceAccountName: pulumi.Input<string>;
  /** ConfigMap with the files of its configuration. */
  readonly configMapName: pulumi.Input<string>;
  /** @default the node's disk */
  readonly claimName?: pulumi.Input<string>;
}

/** The pod of Prometheus, within the restricted Pod Security Standard. */
export function podSpec({ image, pool, retentionDays, serviceAccountName, configMapName, claimName }: PodArgs): input.core.v1.PodSpec {
  return {
    serviceAccountName,
    automountServiceAccountToken: true,
    ...onPool(pool),
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
          ...(claimName ? [] : [`--storage.tsdb.retention.size=${diskLimit}`]),
        ],
        ports: [{ name: "http", containerPort: port }],
        readinessProbe: { httpGet: { path: "/-/ready", port: "http" }, periodSeconds: 2 },
        livenessProbe: { httpGet: { path: "/-/healthy", port: "http" }, periodSeconds: 10, failureThreshold: 6 },
        resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
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
        ...(claimName ? { persistentVolumeClaim: { claimName } } : { emptyDir: { sizeLimit: "5Gi" } }),
      },
    ],
  };
}
