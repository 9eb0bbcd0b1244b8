/** The pod of a task. It meets the restricted Pod Security Standard, and has no service account token unless asked for. */
import { dedicatedTaint } from "../../../common/dedicated";
import { poolLabels } from "../../../common/provisioner";
import { formatBytes, parseQuantity } from "../../../common/quantity";
import { literal, mountOf, wrap } from "../../spec/environment";
import { type Parameters } from "../../spec";

/** The parameters that a pod is made of. */
export type PodParameters = Pick<
  Parameters,
  | ("name" | "pool" | "provisioner" | "labels" | "annotations" | "nodeAffinity" | "tolerations" | "priorityClass")
  | ("image" | "command" | "shell" | "env" | "envFrom" | "secretEnv" | "imagePullSecrets")
  | ("cpu" | "memory" | "ephemeralStorage" | "gpu" | "extendedResources" | "volumes" | "fsGroup")
  | ("taskDeadlineSeconds" | "serviceAccount" | "runAsUser" | "readOnlyRootFilesystem")
>;

/** Where a task finds its own environment. */
export interface TaskEnvironments {
  /** How many tasks an environment file holds. */
  readonly perFile: number;
  /** Names of the ConfigMaps with the files. */
  readonly configMaps: readonly string[];
}

/** @param environments undefined: all pods have the same, and the image's own entry point will do */
export function podSpec(parameters: PodParameters, environments?: TaskEnvironments): object {
  const { taskDeadlineSeconds, serviceAccount, runAsUser, fsGroup, priorityClass, imagePullSecrets, tolerations } = parameters;
  const { volumes, mounts } = storage(parameters, environments?.configMaps ?? []);
  return {
    restartPolicy: "Never",
    automountServiceAccountToken: serviceAccount !== undefined,
    ...(serviceAccount !== undefined && { serviceAccountName: serviceAccount }),
    enableServiceLinks: false,
    ...(taskDeadlineSeconds !== undefined && { activeDeadlineSeconds: taskDeadlineSeconds }),
    ...(priorityClass !== undefined && { priorityClassName: priorityClass }),
    ...(imagePullSecrets.length > 0 && { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) }),
    // With the pool it says who orders nodes: the other one has none with this label.
    nodeSelector: { [poolLabels[parameters.provisioner]]: parameters.pool },
    ...affinity(parameters),
    tolerations: [{ key: dedicatedTaint, operator: "Exists" }, ...tolerations],
    securityContext: {
      runAsNonRoot: true,
      ...(runAsUser !== undefined && { runAsUser }),
      // A large volume is not walked through for each pod once its top directory belongs to the group.
      ...(fsGroup !== undefined && { fsGroup, fsGroupChangePolicy: "OnRootMismatch" }),
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [container(parameters, environments, mounts)],
    volumes,
  };
}

function container(parameters: PodParameters, environments: TaskEnvironments | undefined, volumeMounts: readonly object[]): object {
  const { image, env, secretEnv, envFrom, readOnlyRootFilesystem } = parameters;
  const secrets = Object.entries(secretEnv);
  return {
    name: "task",
    image,
    imagePullPolicy: "IfNotPresent",
    ...commandOf(parameters, environments),
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

function commandOf({ command: given, shell }: PodParameters, environments: TaskEnvironments | undefined): { command?: string[] } {
  const command = given ?? (shell === undefined ? undefined : ["bash", "-cl", shell]);
  if (environments) return { command: wrap(command ?? [], environments.perFile) };
  return command ? { command: command.map(literal) } : {};
}

function resources({ cpu, memory, gpu, extendedResources, ...parameters }: PodParameters): object {
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

function affinity({ nodeAffinity }: PodParameters): object {
  if (nodeAffinity.length === 0) return {};
  const required = { nodeSelectorTerms: [{ matchExpressions: nodeAffinity }] };
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } } };
}

/** Volumes of the pod, and where the container finds them. */
function storage(
  { ephemeralStorage, volumes: own }: PodParameters,
  configMaps: readonly string[],
): { volumes: object[]; mounts: object[] } {
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
