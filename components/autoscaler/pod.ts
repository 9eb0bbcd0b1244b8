import type { input } from "@pulumi/kubernetes/types";
import type * as pulumi from "@pulumi/pulumi";
import type { TaintArgs } from "../cluster/node-pool";
import { criticalPriority } from "../kubernetes/critical";
import { containerSecurity, onPool, podSecurity, spread } from "../kubernetes/pod";
import { pulledWith } from "../kubernetes/pull-secret";

/** Labels by which the autoscaler's pods are found. */
export const podLabels = { "app.kubernetes.io/name": "autoscaler" };

/** Port of the probes and the metrics, as autoscaler/config.ts has it by default. */
const port = 8080;

export interface PodArgs {
  readonly image: pulumi.Input<string>;
  readonly pool: pulumi.Input<string>;
  readonly poolTaints?: readonly TaintArgs[];
  readonly replicas: number;
  readonly serviceAccountName: pulumi.Input<string>;
  /** ConfigMap with `config.yaml`. */
  readonly configMapName: pulumi.Input<string>;
  /** Secret with the OVHcloud credentials as environment variables. */
  readonly secretName?: pulumi.Input<string>;
  /** Secrets with which the image is pulled. */
  readonly imagePullSecrets: readonly pulumi.Input<string>[];
}

/** The pod of the autoscaler, within the restricted Pod Security Standard. */
export function podSpec(args: PodArgs): input.core.v1.PodSpec {
  const { image, replicas, serviceAccountName, configMapName, secretName, imagePullSecrets } = args;
  return {
    serviceAccountName,
    automountServiceAccountToken: true,
    // Without it no node would come for the pods that pushed it away.
    priorityClassName: criticalPriority,
    ...onPool(args),
    ...pulledWith(imagePullSecrets),
    securityContext: podSecurity,
    ...(replicas > 1 && { topologySpreadConstraints: spread(podLabels) }),
    containers: [
      {
        name: "autoscaler",
        image,
        imagePullPolicy: "IfNotPresent",
        args: ["--config", "/etc/autoscaler/config.yaml"],
        ...(secretName && { envFrom: [{ secretRef: { name: secretName } }] }),
        ports: [{ name: "http", containerPort: port }],
        readinessProbe: { httpGet: { path: "/readyz", port: "http" }, periodSeconds: 2 },
        livenessProbe: { httpGet: { path: "/healthz", port: "http" }, periodSeconds: 10, failureThreshold: 6 },
        resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "256Mi" } },
        securityContext: containerSecurity,
        volumeMounts: [{ name: "config", mountPath: "/etc/autoscaler", readOnly: true }],
      },
    ],
    volumes: [{ name: "config", configMap: { name: configMapName } }],
  };
}
