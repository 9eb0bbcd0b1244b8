/** From parameters and tasks to Kubernetes objects: one Indexed Job, and ConfigMaps with the environments of its tasks. */
import { type ConfigMap, type Job } from "./cluster";
import { environmentFiles, literal, mountPath, wrap } from "./environment";
import { BatchError } from "./errors";
import { type Parameters } from "./parameters";
import { type Task, taskList } from "./tasks";

export const labels = {
  /** The `name` parameter: all Jobs and pods of one batch Job. */
  job: "batch.ovh-mks/job",
  /** Name of the Kubernetes Job that a ConfigMap belongs to. */
  run: "batch.ovh-mks/run",
} as const;

export const annotations = {
  /** Identifies the Job's tasks in their order. */
  tasks: "batch.ovh-mks/tasks",
  /** "true" once everything that the Job needs is there. */
  launched: "batch.ovh-mks/launched",
  /** "true" once the end of every task is in the bucket. */
  recorded: "batch.ovh-mks/recorded",
} as const;

/** Selects everything of one batch Job. */
export const selector = (name: string): { labels: string } => ({ labels: `${labels.job}=${name}` });

/** Bytes of data that go into one ConfigMap; Kubernetes allows 1 MiB. */
const configMapLimit = 900 * 1024;

export interface Manifests {
  /** Suspended, so that nothing runs before all is in place (see launch.ts). */
  readonly job: Job;
  readonly configMaps: readonly ConfigMap[];
}

/** @param jobName name of the Kubernetes Job @param tasks what it runs; the n-th task is the Job's index n */
export function manifests(parameters: Parameters, jobName: string, tasks: readonly Task[]): Manifests {
  const { perFile, files } = environmentFiles(
    tasks.map(({ env }) => env),
    configMapLimit,
  );
  const configMaps = pack(files).map((data, i) => configMap(parameters, jobName, i, data));
  return {
    job: job(parameters, jobName, tasks, perFile, configMaps),
    configMaps: [...configMaps, ...taskIndex(parameters, jobName, tasks)],
  };
}

function commonLabels({ name, pool, labels: own }: Parameters): Record<string, string> {
  return { ...own, nodepool: pool, "app.kubernetes.io/managed-by": "ovh-mks-batch", [labels.job]: name };
}

function job(parameters: Parameters, name: string, tasks: readonly Task[], perFile: number, configMaps: readonly ConfigMap[]): Job {
  const { finalExitCodes, maxFailedTasks, deadlineSeconds } = parameters;
  const manifest = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      namespace: parameters.namespace,
      labels: commonLabels(parameters),
      annotations: { [annotations.tasks]: taskList(tasks) },
    },
    spec: {
      suspend: true,
      completionMode: "Indexed",
      completions: tasks.length,
      parallelism: Math.min(parameters.parallelism ?? tasks.length, tasks.length),
      backoffLimitPerIndex: parameters.retries,
      ...(maxFailedTasks !== undefined && { maxFailedIndexes: Math.min(maxFailedTasks, tasks.length) }),
      ...(deadlineSeconds !== undefined && { activeDeadlineSeconds: deadlineSeconds }),
      // A pod that still ends on a lost node must not run beside its replacement.
      podReplacementPolicy: "Failed",
      podFailurePolicy: {
        rules: [
          // A lost, drained or preempted node is no fault of the task: such a retry does not count.
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
          ...(finalExitCodes.length > 0
            ? [{ action: "FailIndex", onExitCodes: { operator: "In", values: [...finalExitCodes].sort((a, b) => a - b) } }]
            : []),
        ],
      },
      template: {
        metadata: {
          labels: commonLabels(parameters),
          // The autoscaler never takes a node away under a task.
          annotations: { "cluster-autoscaler.kubernetes.io/safe-to-evict": "false" },
        },
        spec: podSpec(parameters, perFile, configMaps),
      },
    },
  };
  return manifest;
}

function podSpec(parameters: Parameters, perFile: number, configMaps: readonly ConfigMap[]): object {
  const { cpu, memory, ephemeralStorage, taskDeadlineSeconds, serviceAccount, runAsUser } = parameters;
  const command = parameters.command ?? ["bash", "-cl", parameters.shell ?? ""];
  return {
    restartPolicy: "Never",
    automountServiceAccountToken: serviceAccount !== undefined,
    ...(serviceAccount !== undefined && { serviceAccountName: serviceAccount }),
    enableServiceLinks: false,
    ...(taskDeadlineSeconds !== undefined && { activeDeadlineSeconds: taskDeadlineSeconds }),
    nodeSelector: { nodepool: parameters.pool },
    ...(parameters.tolerations.length > 0 && { tolerations: parameters.tolerations }),
    securityContext: { runAsNonRoot: true, ...(runAsUser !== undefined && { runAsUser }), seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: "task",
        image: parameters.image,
        imagePullPolicy: "IfNotPresent",
        command: wrap(command, perFile),
        env: Object.entries(parameters.env).map(([name, value]) => ({ name, value: literal(value) })),
        envFrom: parameters.envFrom.map((name) => ({ secretRef: { name } })),
        resources: {
          requests: { cpu, memory, "ephemeral-storage": ephemeralStorage },
          // No CPU limit: a task may use what its node has left over.
          limits: { memory, "ephemeral-storage": ephemeralStorage },
        },
        securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
        terminationMessagePolicy: "FallbackToLogsOnError",
        volumeMounts: [
          { name: "tasks", mountPath, readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      { name: "tasks", projected: { sources: configMaps.map(({ metadata }) => ({ configMap: { name: metadata.name } })) } },
      { name: "tmp", emptyDir: { sizeLimit: ephemeralStorage } },
    ],
  };
}

/** Distributes files `n.sh` over as few ConfigMaps as they fit into. */
function pack(files: readonly string[]): Record<string, string>[] {
  const packed: Record<string, string>[] = [];
  let room = 0;
  files.forEach((file, n) => {
    const bytes = Buffer.byteLength(file);
    if (bytes > configMapLimit)
      throw new BatchError(`task ${n}: its env is larger than a ConfigMap can be; put larger data into the bucket`);
    if (bytes > room) {
      packed.push({});
      room = configMapLimit;
    }
    packed.at(-1)![`${n}.sh`] = file;
    room -= bytes;
  });
  return packed;
}

function configMap(parameters: Parameters, jobName: string, suffix: string | number, data: Record<string, string>): ConfigMap {
  const manifest = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: `${jobName}-${suffix}`,
      namespace: parameters.namespace,
      labels: { ...commonLabels(parameters), [labels.run]: jobName },
    },
    immutable: true,
    data,
  };
  return manifest;
}

/** What a task is to the process that watches it. */
export type TaskRef = Pick<Task, "fingerprint" | "name">;

/** The Job's tasks in order, for the process that adopts the Job; pods do not mount it. */
function taskIndex(parameters: Parameters, jobName: string, tasks: readonly Task[]): ConfigMap[] {
  const lines = tasks.map(({ fingerprint, name }) => JSON.stringify([fingerprint, name]));
  const chunks: string[][] = [];
  let room = 0;
  for (const line of lines) {
    const bytes = Buffer.byteLength(line) + 1;
    if (bytes > room) {
      chunks.push([]);
      room = configMapLimit;
    }
    chunks.at(-1)!.push(line);
    room -= bytes;
  }
  return chunks.map((chunk, i) => configMap(parameters, jobName, `index-${i}`, { [`index-${i}`]: chunk.join("\n") }));
}

/** Reads the Job's tasks back from its ConfigMaps, in any order. Answers undefined when they are not those of the Job. */
export function readTaskIndex(job: Job, configMaps: readonly ConfigMap[]): TaskRef[] | undefined {
  const chunks = new Map<number, string>();
  for (const { data = {} } of configMaps) {
    for (const [key, text] of Object.entries(data)) {
      const [, n] = /^index-(\d+)$/.exec(key) ?? [];
      if (n !== undefined) chunks.set(Number(n), text);
    }
  }
  const ordered = [...chunks].sort(([a], [b]) => a - b).map(([, text]) => text);
  const tasks = ordered.flatMap((text) => text.split("\n").map((line) => JSON.parse(line) as [string, string]));
  const refs = tasks.map(([fingerprint, name]) => ({ fingerprint, name }));
  return taskList(refs) === job.metadata.annotations?.[annotations.tasks] ? refs : undefined;
}
