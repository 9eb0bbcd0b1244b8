import { createHash } from "node:crypto";
import { type ConfigMap, type CronJob } from "../../../kubernetes/cluster";
import { type Parameters } from "../../spec";
import { type Task } from "../../spec/tasks";
import { configMaps, taskFiles } from "./config-maps";
import { type Footprint, jobMetadata, jobSpec } from "./job";
import { annotations, commonLabels, labels } from "./marks";

/** How late a time that was missed is made up for, in seconds, e.g. while the control plane was away. */
const latest = 3600;

/** How many ended Jobs stay in the cluster, of those that succeeded and of those that failed. */
const history = 3;

export interface CronManifests {
  /** Suspended. Its Jobs are marked as launched: they start at once. */
  readonly cronJob: CronJob;
  readonly configMaps: readonly ConfigMap[];
  /** Identifies the set of ConfigMaps: other tasks make another one, so that Jobs that run keep theirs. */
  readonly run: string;
}

export function cronManifests(
  parameters: Parameters,
  { cron, timeZone, concurrency }: Schedule,
  tasks: readonly Task[],
  footprint?: Footprint,
): CronManifests {
  const files = taskFiles(tasks, parameters.ephemeralStorage);
  const hash = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 10);
  const run = `${parameters.name}-cron-${hash}`;
  const marks = { [labels.run]: run, [labels.scheduled]: "true" };
  const { mounted, all } = configMaps(parameters, run, files, marks);
  const parts = { parameters, tasks, perFile: files.perFile, configMaps: mounted, labels: marks, footprint };
  const metadata = jobMetadata(parts);
  const cronJob = {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: {
      name: parameters.name,
      namespace: parameters.namespace,
      labels: commonLabels(parameters),
      annotations: parameters.annotations,
    },
    spec: {
      suspend: true,
      schedule: cron,
      timeZone,
      concurrencyPolicy: `${concurrency[0]!.toUpperCase()}${concurrency.slice(1)}`,
      startingDeadlineSeconds: latest,
      successfulJobsHistoryLimit: history,
      failedJobsHistoryLimit: history,
      jobTemplate: {
        metadata: { ...metadata, annotations: { ...metadata.annotations, [annotations.launched]: "true" } },
        spec: jobSpec(parts),
      },
    },
  };
  return { cronJob, configMaps: all, run };
}

type Schedule = NonNullable<Parameters["schedule"]>;
