import type { input } from "@pulumi/kubernetes/types";
import type * as pulumi from "@pulumi/pulumi";
import { s3SecretName } from "../../batch/spec/secrets";
import type { TaintArgs } from "../cluster/node-pool";
import { criticalPriority } from "../kubernetes/critical";
import { containerSecurity, onPool, podSecurity, spread } from "../kubernetes/pod";
import { pulledWith } from "../kubernetes/pull-secret";

/** Labels by which the controller's pods are found. */
export const podLabels = { "app.kubernetes.io/name": "batch-controller" };

/** Port of the probes and the metrics. */
export const port = 8080;
export const portName = "http";

const configFolder = "/etc/batch-controller";
const notificationsFolder = "/etc/batch-controller-notifications";

/** Key of the ConfigMap, and name of the file. */
export const configKey = "config.yaml";
/** Key of the Secret, and name of the file. */
export const notificationsKey = "notifications.json";
export const notificationsFile = `${notificationsFolder}/${notificationsKey}`;

export interface PodArgs {
  readonly image: pulumi.Input<string>;
  readonly pool: pulumi.Input<string>;
  readonly poolTaints?: readonly TaintArgs[];
  readonly replicas: number;
  readonly serviceAccountName: pulumi.Input<string>;
  /** ConfigMap with {@link configKey}. */
  readonly configMapName: pulumi.Input<string>;
  /** Secret with {@link notificationsKey}. @default nobody is notified */
  readonly notificationsName?: pulumi.Input<string>;
  /** Secrets with which the image is pulled. */
  readonly imagePullSecrets: readonly pulumi.Input<string>[];
}

/** The pod of the batch controller, within the restricted Pod Security Standard. */
export function podSpec(args: PodArgs): input.core.v1.PodSpec {
  const { image, replicas, serviceAccountName, configMapName, notificationsName, imagePullSecrets } = args;
  return {
    serviceAccountName,
    automountServiceAccountToken: true,
    // Nodes are kept until it has recorded what ran on them.
    priorityClassName: criticalPriority,
    ...onPool(args),
    ...pulledWith(imagePullSecrets),
    securityContext: podSecurity,
    ...(replicas > 1 && { topologySpreadConstraints: spread(podLabels) }),
    containers: [
      {
        name: "batch-controller",
        image,
        imagePullPolicy: "IfNotPresent",
        args: ["--config", `${configFolder}/${configKey}`],
        envFrom: [{ secretRef: { name: s3SecretName } }],
        ports: [{ name: portName, containerPort: port }],
        readinessProbe: { httpGet: { path: "/readyz", port: portName }, periodSeconds: 2 },
        livenessProbe: { httpGet: { path: "/healthz", port: portName }, periodSeconds: 10, failureThreshold: 6 },
        resources: { requests: { cpu: "50m", memory: "150Mi" }, limits: { memory: "400Mi" } },
        securityContext: containerSecurity,
        volumeMounts: [
          { name: "config", mountPath: configFolder, readOnly: true },
          ...(notificationsName ? [{ name: "notifications", mountPath: notificationsFolder, readOnly: true }] : []),
        ],
      },
    ],
    volumes: [
      { name: "config", configMap: { name: configMapName } },
      ...(notificationsName ? [{ name: "notifications", secret: { secretName: notificationsName } }] : []),
    ],
  };
}
