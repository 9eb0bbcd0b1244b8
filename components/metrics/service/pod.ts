import type { input } from "@pulumi/kubernetes/types";
import { literal } from "../../../batch/spec/environment";
import { containerSecurity, onPool, podSecurity, spread } from "../../kubernetes/pod";
import { pulledWith } from "../../kubernetes/pull-secret";
import { shown } from "../../pulumi/secrets";
import type { AutoscaledServiceArgs } from "./args";

/** Seconds for which a pod that leaves goes on as before: until then some nodes still send it requests. */
const goodbyeSeconds = 5;

/** Seconds after that for the requests that it has taken, as Kubernetes gives. */
const finishSeconds = 30;

/** The pod of a service, within the restricted Pod Security Standard. */
export function podSpec(args: AutoscaledServiceArgs, labels: Record<string, string>): input.core.v1.PodSpec {
  const { image, command, port, cpu, memory, imagePullSecrets, serviceAccount } = args;
  const { readinessPath = "/readyz", livenessPath = "/healthz" } = args;
  return {
    automountServiceAccountToken: serviceAccount !== undefined,
    ...(serviceAccount !== undefined && { serviceAccountName: serviceAccount }),
    ...pulledWith(imagePullSecrets),
    ...onPool(args),
    securityContext: podSecurity,
    topologySpreadConstraints: spread(labels),
    terminationGracePeriodSeconds: goodbyeSeconds + finishSeconds,
    containers: [
      {
        name: "service",
        image,
        imagePullPolicy: "IfNotPresent",
        ...(command && { command: command.map((part, i) => shown(`command[${i}]`, part)) }),
        ...environment(args),
        ports: [{ name: "http", containerPort: port }],
        readinessProbe: { httpGet: { path: readinessPath, port: "http" }, periodSeconds: 2, timeoutSeconds: 5 },
        livenessProbe: { httpGet: { path: livenessPath, port: "http" }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
        // The kubelet's own sleep, since Kubernetes 1.30: the image needs no shell.
        lifecycle: { preStop: { sleep: { seconds: goodbyeSeconds } } },
        // CPU has no limit: what a pod uses above its request is what the HPA goes by.
        resources: { requests: { cpu, memory }, limits: { memory } },
        securityContext: containerSecurity,
        volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
      },
    ],
    volumes: [{ name: "tmp", emptyDir: { sizeLimit: "64Mi" } }],
  };
}

function environment({ env = {}, secretEnv = {}, envFrom }: AutoscaledServiceArgs): Pick<input.core.v1.Container, "env" | "envFrom"> {
  const variables = [
    ...Object.entries(env).map(([name, value]) => ({ name, value: shown(`env.${name}`, value).apply(literal) })),
    ...Object.entries(secretEnv).map(([name, { secret, key }]) => ({ name, valueFrom: { secretKeyRef: { name: secret, key } } })),
  ];
  return {
    ...(variables.length > 0 && { env: variables }),
    ...(envFrom && { envFrom: envFrom.map((name) => ({ secretRef: { name } })) }),
  };
}
