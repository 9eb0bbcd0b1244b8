/** Labels and annotations of everything that belongs to a batch Job. */
import { type Parameters } from "../../spec";

export const labels = {
  /** The `name` parameter: all Jobs and pods of one batch Job. */
  job: "batch.ovh-mks/job",
  /** What a ConfigMap belongs to: the name of a Kubernetes Job, or of a CronJob's set of tasks, which its Jobs have as label too. */
  run: "batch.ovh-mks/run",
  /** "true" on what a CronJob makes. */
  scheduled: "batch.ovh-mks/scheduled",
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
  /** On pods: so many of the Job's must find room, or none is worth a node. For the autoscaler. */
  minAvailable: "batch.ovh-mks/min-available",
} as const;

/** Selects everything of one batch Job. */
export const selector = (name: string): { labels: string } => ({ labels: `${labels.job}=${name}` });

/** Labels of all objects and pods; the user's own come first, so that they cannot change ours. */
export const commonLabels = ({ name, pool, labels: own }: Parameters): Record<string, string> => ({
  ...own,
  nodepool: pool,
  "app.kubernetes.io/managed-by": "ovh-mks-batch",
  [labels.job]: name,
});
