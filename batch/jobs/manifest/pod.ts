/** The pod of a task. It meets the restricted Pod Security Standard, and has no service account token unless asked for. */
import { dedicatedTaint } from "../../../common/dedicated";
import { formatBytes, parseQuantity } from "../../../common/quantity";
import { literal, mountOf, wrap } from "../../spec/environment";
import { type Parameters } from "../../spec";

/** @param perFile how many tasks an environment file holds @param configMaps names of those with the files */
export function podSpec(parameters: Parameters, perFile: number, configMaps: readonly string[]): object {
  const { taskDeadlineSeconds, serviceAccount, runAsUser, fsGroup, priorityClass, imagePullSecrets, tolerations } = parameters;
  const { volumes, mounts } = storage(parameters, configMaps);
  return {
    restartPolicy: "Never",
    automountServiceAccountToken: serviceAccount !== undefined,
    ...(serviceAccount !== undefined && { serviceAccountName: serviceAccount }),
    enableServiceLinks: false,
    ...(taskDeadlineSeconds !== undefined && { activeDeadlineSeconds: taskDeadlineSeconds }),
    ...(priorityClass !== undefined && { priorityClassName: priorityClass }),
    ...(imagePullSecrets.length > 0 && { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) }),
    nodeSelector: { nodepool: parameters.pool },
    ...affinity(parameters),
    tolerations: [{ key: dedicatedTaint, operator: "Exists" }, ...tolerations],
    securityContext: {
      runAsNonRoot: true,
      ...(runAsUser !== undefined && { runAsUser }),
      // A large volume is not walked through for each pod once its top directory belongs to the group.
      ...(fsGroup !== undefined && { fsGroup, fsGroupChangePolicy: "OnRootMismatch" }),
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [container(parameters, perFile, mounts)],
    volumes,
  };
}

function container(parameters: Parameters, perFile: number, volumeMounts: readonly object[]): object {
  const { image, env, secretEnv, envFrom, readOnlyRootFilesystem } = parameters;
  const command = parameters.command ?? ["bash", "-cl", parameters.shell ?? ""];
  const secrets = Object.entries(secretEnv);
  return {
    name: "task",
    image,
    imagePullPolicy: "IfNotPresent",
    command: wrap(command, perFile),
    env: [
      ...Object.entries(env).map(([name, value]) => ({ name, value: literal(value) })),
      ...secrets.map(([name, { secret, key }]) => ({ name, valueFrom: { secretKeyRef: { name: secret, key } } })),
    ],
    envFrom: envFrom.map((name) => ({ secretRef: { name } })),
    resources: resources(parameters),
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem, capabilities: { drop: ["ALL"] } },
    volumeMounts,
  };
}

function resources({ cpu, memory, gpu, extendedResources, ...parameters }: Parameters): object {
  const limits = {
    memory,
    "ephemeral-storage": diskOf(parameters),
    ...(gpu > 0 && { "nvidia.com/gpu": String(gpu) }),
    ...Object.fromEntries(Object.entries(extendedResources).map(([name, amount]) => [name, String(amount)])),
  };
  // No CPU limit: a task may use what its node has left over.
  return { requests: { cpu, ...limits }, limits };
}

/** What a pod takes of its node's disk: Kubernetes evicts one whose scratch volumes, /tmp and logs outgrow its limit. */
export function diskOf({ ephemeralStorage, volumes }: Pick<Parameters, "ephemeralStorage" | "volumes">): string {
  const scratch = volumes.flatMap(({ scratch }) => scratch ?? []);
  if (scratch.length === 0) return ephemeralStorage;
  return formatBytes([ephemeralStorage, ...scratch].reduce((sum, quantity) => sum + parseQuantity(quantity)!.value, 0));
}

function affinity({ nodeAffinity }: Parameters): object {
  if (nodeAffinity.length === 0) return {};
  const required = { nodeSelectorTerms: [{ matchExpressions: nodeAffinity }] };
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } } };
}

/** Volumes of the pod, and where the container finds them. */
function storage({ ephemeralStorage, volumes: own }: Parameters, configMaps: readonly string[]): { volumes: object[]; mounts: object[] } {
  // Plain ConfigMap volumes are on the node's disk. A projected one would be in the node's memory, and count as the pod's.
  const volumes: object[] = [
    ...configMaps.map((name, n) => ({ name: `tasks-${n}`, configMap: { name } })),
    { name: "tmp", emptyDir: { sizeLimit: ephemeralStorage } },
  ];
  const mounts: object[] = [
    ...configMaps.map((_, n) => ({ name: `tasks-${n}`, mountPath: mountOf(n), readOnly: true })),
    { name: "tmp", mountPath: "/tmp" },
  ];
  const claims = [...new Set(own.flatMap(({ claim }) => claim ?? []))];
  volumes.push(...claims.map((claimName, i) => ({ name: `claim-${i}`, persistentVolumeClaim: { claimName } })));
  own.forEach(({ claim, scratch, mountPath, subPath, readOnly }, i) => {
    if (scratch !== undefined) volumes.push({ name: `scratch-${i}`, emptyDir: { sizeLimit: scratch } });
    const name = claim === undefined ? `scratch-${i}` : `claim-${claims.indexOf(claim)}`;
    mounts.push({ name, mountPath, ...(subPath !== undefined && { subPath }), ...(readOnly && { readOnly }) });
  });
  return { volumes, mounts };
}
