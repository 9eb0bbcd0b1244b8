import { launchedWith } from "./launched-with";
import { type Parameters } from "../../spec";
import { doNotDisrupt } from "../../../common/provisioner";
import { killedStatus } from "../../records/plan";
import { type Task, taskList } from "../../spec/tasks";
import { annotations, commonLabels } from "./marks";
import { type PodParameters, podSpec } from "./pod";

export interface JobParts {
  readonly parameters: Parameters;
  readonly tasks: readonly Task[];
  /** How many tasks an environment file holds. */
  readonly perFile: number;
  /** Names of the ConfigMaps with the files. */
  readonly configMaps: readonly string[];
  /** Labels besides those of everything. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly footprint?: Footprint;
}

/** What of a Job is in the cluster at a time. */
export interface Footprint {
  /** Its pods. @default as many as its user allows */
  readonly pods?: number;
  /** A batch controller records their ends. @default false */
  readonly controlled?: boolean;
}

/** The most pods at a time that a Job's user allows: the `parallelism` parameter, or the number of its tasks. */
export const limitOf = ({ parallelism = Infinity }: Pick<Parameters, "parallelism">, tasks: number): number => Math.min(parallelism, tasks);

/** Labels and annotations of an Indexed Job, without its name. */
export const jobMetadata = ({ parameters, tasks, labels }: JobParts) => ({
  labels: { ...commonLabels(parameters), ...labels },
  annotations: {
    ...parameters.annotations,
    [annotations.tasks]: taskList(tasks),
    [annotations.parameters]: launchedWith(parameters),
    [annotations.parallelism]: String(limitOf(parameters, tasks.length)),
  },
});

/** The spec of an Indexed Job: the n-th task is its index n. */
export function jobSpec({ parameters, tasks, perFile, configMaps, labels, footprint = {} }: JobParts) {
  const { maxFailedTasks, deadlineSeconds, minAvailable } = parameters;
  const limit = limitOf(parameters, tasks.length);
  return {
    ...attemptsOf(parameters),
    completions: tasks.length,
    parallelism: Math.min(footprint.pods ?? limit, limit),
    ...(maxFailedTasks !== undefined && { maxFailedIndexes: Math.min(maxFailedTasks, tasks.length) }),
    ...(deadlineSeconds !== undefined && { activeDeadlineSeconds: deadlineSeconds }),
    podFailurePolicy: { rules: failureRules(parameters) },
    template: {
      metadata: podMetadata(parameters, {
        labels,
        annotations: {
          ...(footprint.controlled && { [annotations.recordedBy]: "controller" }),
          // Fewer tasks than that may be left to run.
          ...(minAvailable !== undefined && { [annotations.minAvailable]: String(Math.min(minAvailable, tasks.length)) }),
        },
      }),
      spec: podSpec(parameters, { perFile, configMaps }),
    },
  };
}

/** How an Indexed Job goes about the attempts at its tasks. */
export const attemptsOf = ({ retries }: Pick<Parameters, "retries">) => ({
  completionMode: "Indexed",
  backoffLimitPerIndex: retries,
  // A pod that still ends on a lost node must not run beside its replacement.
  podReplacementPolicy: "Failed",
});

export const podMetadata = (
  parameters: PodParameters,
  own: { readonly labels?: Readonly<Record<string, string>>; readonly annotations: object },
) => ({
  labels: { ...commonLabels(parameters), ...own.labels },
  annotations: {
    ...parameters.annotations,
    // The autoscaler never takes a node away under a task.
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    // Nor does Karpenter, which else moves pods of Jobs to cheaper nodes, where they begin anew.
    ...(parameters.provisioner === "karpenter" && { [doNotDisrupt]: "true" }),
    ...own.annotations,
  },
});

/** Kubernetes takes the first rule that matches a failed pod; without one, the failure counts as a try. */
export function failureRules({ finalExitCodes, outOfMemory }: Pick<Parameters, "finalExitCodes"> & Partial<Parameters>): object[] {
  // With the same memory it would be killed again; it gets more of it in another Job. What was killed for another cause goes on there, too (see plan.ts).
  const final = new Set([...finalExitCodes, ...(outOfMemory ? [killedStatus] : [])]);
  // Kubernetes wants them in order.
  const values = [...final].sort((a, b) => a - b);
  return [
    // A lost, drained or preempted node is no fault of the task: such a retry does not count.
    { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
    ...(values.length > 0 ? [{ action: "FailIndex", onExitCodes: { operator: "In", values } }] : []),
  ];
}
