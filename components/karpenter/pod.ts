import type { input } from "@pulumi/kubernetes/types";
import type * as pulumi from "@pulumi/pulumi";
import type { OperatorArgs } from "../kubernetes/operator";
import { credentialsSecret } from "./node-pool/credentials";

/** Namespace of Karpenter, and of the Secret with its credentials. */
export const karpenterNamespace = credentialsSecret.namespace;

/** Name of the port of the metrics. */
export const metricsPort = "http";

const ports = [
  { name: metricsPort, containerPort: 8080 },
  { name: "probes", containerPort: 8081 },
];

export interface ContainerArgs {
  readonly logLevel: "debug" | "info" | "error";
  /** Secret with the credentials, as environment variables. */
  readonly secretName: pulumi.Input<string>;
  /** Further environment variables, which are no secrets. */
  readonly env: readonly input.core.v1.EnvVar[];
}

/** The operator's container. */
export const container = ({ logLevel, secretName, env }: ContainerArgs): OperatorArgs["container"] => ({
  envFrom: [{ secretRef: { name: secretName } }],
  env: [
    { name: "KARPENTER_SERVICE", value: "karpenter" },
    { name: "METRICS_PORT", value: String(ports[0]!.containerPort) },
    { name: "HEALTH_PROBE_PORT", value: String(ports[1]!.containerPort) },
    { name: "LOG_LEVEL", value: logLevel },
    { name: "SYSTEM_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
    // Go's soft limit is nine tenths of it.
    {
      name: "MEMORY_LIMIT",
      valueFrom: { resourceFieldRef: { containerName: "karpenter", resource: "limits.memory", divisor: "0" } },
    },
    ...env,
  ],
  ports,
  readinessProbe: { httpGet: { path: "/readyz", port: "probes" }, periodSeconds: 5, timeoutSeconds: 5 },
  // It fails as long as Karpenter has not read the whole cluster.
  livenessProbe: {
    httpGet: { path: "/healthz", port: "probes" },
    initialDelaySeconds: 30,
    periodSeconds: 10,
    timeoutSeconds: 30,
    failureThreshold: 6,
  },
  resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } },
});
