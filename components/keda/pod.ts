import type { input } from "@pulumi/kubernetes/types";
import type * as pulumi from "@pulumi/pulumi";
import { criticalPriority } from "../kubernetes/critical";
import { containerSecurity, onPool, type PlaceArgs, podSecurity } from "../kubernetes/pod";
import { pulledWith } from "../kubernetes/pull-secret";

/** Namespace of a KEDA that this program installs. */
export const kedaNamespace = "keda";

/** Labels by which the operator's pods are found. */
export const operatorLabels = { "app.kubernetes.io/name": "keda-operator" };

/** The metrics adapter, and value of its pods' label `app.kubernetes.io/name`. */
export const adapterName = "keda-metrics-apiserver";

/** Names of the ports of KEDA's programs: of metrics and of the metrics adapter's calls. */
export const metricsPort = "http";
export const grpcPort = { name: "grpc", containerPort: 9666 } as const;

const certificates = "/certs";

/** Where a program finds its certificate, and the authorities of the others'. @param secretName with tls.crt, tls.key and ca.crt */
export const certificateVolume = (secretName: pulumi.Input<string>) => ({
  volumes: [{ name: "certificates", secret: { secretName } }],
  volumeMounts: [{ name: "certificates", mountPath: certificates, readOnly: true }],
});

/** What all of KEDA's programs ask the environment for. */
export const environment = (namespaces: readonly string[]): input.core.v1.EnvVar[] => [
  { name: "WATCH_NAMESPACE", value: namespaces.join(",") },
  { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
];

/**
 * What it cannot create of a poll's Jobs within the polling interval, it gives up until the next one. By default it makes 20 calls a second, after 30 at once: with a
 * short interval, a hundred items at once would be told as a failure of the queue.
 */
const callRate = ["--kube-api-qps=50", "--kube-api-burst=200"];

/** Of the operator and the webhooks. */
export const logArguments = ["--zap-log-level=info", "--zap-encoder=console", "--zap-time-encoding=rfc3339"];
export const probes = {
  readinessProbe: { httpGet: { path: "/readyz", port: "probes" }, periodSeconds: 2, timeoutSeconds: 5 },
  livenessProbe: {
    httpGet: { path: "/healthz", port: "probes" },
    periodSeconds: 10,
    timeoutSeconds: 5,
    failureThreshold: 6,
    initialDelaySeconds: 10,
  },
} satisfies Partial<input.core.v1.Container>;
export const ports = [
  { name: metricsPort, containerPort: 8080 },
  { name: "probes", containerPort: 8081 },
];

export interface PodArgs extends Omit<PlaceArgs, "namespace"> {
  readonly serviceAccountName: pulumi.Input<string>;
  /** Secret with its certificate. */
  readonly secretName: pulumi.Input<string>;
  /** Namespaces with ScaledJobs. */
  readonly namespaces: readonly string[];
}

/** The operator's pod, within the restricted Pod Security Standard. */
export function operatorPod({ image, serviceAccountName, secretName, namespaces, ...place }: PodArgs): input.core.v1.PodSpec {
  const { volumes, volumeMounts } = certificateVolume(secretName);
  return {
    serviceAccountName,
    automountServiceAccountToken: true,
    // Without it no queue starts anything.
    priorityClassName: criticalPriority,
    ...onPool(place),
    ...pulledWith(place.imagePullSecrets),
    securityContext: podSecurity,
    terminationGracePeriodSeconds: 10,
    containers: [
      {
        name: "keda-operator",
        image,
        imagePullPolicy: "IfNotPresent",
        // A pod on a node that is lost may still run: of two, one leads.
        args: ["--leader-elect", ...callRate, ...logArguments],
        env: environment(namespaces),
        ports: [...ports, grpcPort],
        ...probes,
        resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
        securityContext: containerSecurity,
        volumeMounts,
      },
    ],
    volumes,
  };
}
