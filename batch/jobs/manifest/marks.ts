/** Labels and annotations of everything that belongs to a batch Job. */
import { type Parameters } from "../../spec";

export const labels = {
  /** The `name` parameter: all Jobs and pods of one batch Job. */
  job: "batch.ovh-mks/job",
  /** What a ConfigMap belongs to: the name of a Kubernetes Job, or of a CronJob's set of tasks, which its Jobs have as label too. */
  run: "batch.ovh-mks/run",
  /** "true" on what a CronJob makes. */
  scheduled: "batch.ovh-mks/scheduled",
  /** "true" on what KEDA makes for a queue: no run of a batch Job, see run/queue/. */
  queue: "batch.ovh-mks/queue",
} as const;

export const annotations = {
  /** Identifies the Job's tasks in their order. */
  tasks: "batch.ovh-mks/tasks",
  /** "true" once everything that the Job needs is there. */
  launched: "batch.ovh-mks/launched",
  /** Changed by a process that is about to launch another Job with a task of this one's, which is not launched yet. */
  touched: "batch.ovh-mks/touched",
  /** "true" once the end of every task is in the bucket. */
  recorded: "batch.ovh-mks/recorded",
  /** The parameters that it was launched with, as far as they may change while it is at work; see changes.ts. */
  parameters: "batch.ovh-mks/parameters",
  /** The most pods that the user allows at a time. The spec may have fewer (see window.ts); the autoscaler counts the tasks between as pods that wait. */
  parallelism: "batch.ovh-mks/parallelism",
  /** On pods: "controller" where a batch controller records their end, for which the autoscaler keeps their node for a while. */
  recordedBy: "batch.ovh-mks/recorded-by",
  /** On pods: so many of the Job's must find room, or none is worth a node. For the autoscaler. */
  minAvailable: "batch.ovh-mks/min-available",
  /** Of a ScaledJob and its Jobs: what whoever records them has to know, as JSON. */
  queue: "batch.ovh-mks/queue-settings",
} as const;

/** Of a ConfigMap that asks the batch controller for something: the `name` parameter. Not {@link labels}.job, by which everything of a Job is deleted. */
export const submissionLabel = "batch.ovh-mks/submission";

/** Annotation of a schedule's Job: everyone who is to be told of its end has been. */
export const concluded = "batch.ovh-mks/concluded";

/** Selects everything of one batch Job. */
export const selector = (name: string): { labels: string } => ({ labels: `${labels.job}=${name},!${labels.queue}` });

/** Selects the ScaledJob, the Jobs and the pods of one queue. */
export const queueSelector = (name: string): { labels: string } => ({ labels: `${labels.job}=${name},${labels.queue}=true` });

/** Labels of all objects and pods; the user's own come first, so that they cannot change ours. */
export const commonLabels = ({ name, pool, labels: own }: Pick<Parameters, "name" | "pool" | "labels">): Record<string, string> => ({
  ...own,
  nodepool: pool,
  "app.kubernetes.io/managed-by": "ovh-mks-batch",
  [labels.job]: name,
});
