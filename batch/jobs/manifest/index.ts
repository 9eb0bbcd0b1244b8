/** From parameters and tasks to Kubernetes objects: one Indexed Job, and ConfigMaps with the environments of its tasks. */
import { type ConfigMap, type Job } from "../../../kubernetes/cluster";
import { configMaps, taskFiles } from "./config-maps";
import { type Footprint, jobMetadata, jobSpec } from "./job";
import { type Parameters } from "../../spec";
import { type Task } from "../../spec/tasks";

export { readTaskIndex, type TaskRef } from "./config-maps";
export { cronManifests } from "./cron-job";
export { type Footprint, limitOf } from "./job";
export { annotations, labels, selector } from "./marks";

export interface Manifests {
  /** Suspended, so that nothing runs before all is in place (see launch.ts). */
  readonly job: Job;
  readonly configMaps: readonly ConfigMap[];
}

/** @param name name of the Kubernetes Job @param tasks what it runs; the n-th task is the Job's index n */
export function manifests(parameters: Parameters, name: string, tasks: readonly Task[], footprint?: Footprint): Manifests {
  const files = taskFiles(tasks, parameters.ephemeralStorage);
  const { mounted, all } = configMaps(parameters, name, files);
  const parts = { parameters, tasks, perFile: files.perFile, configMaps: mounted, footprint };
  const job = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace: parameters.namespace, ...jobMetadata(parts) },
    spec: { suspend: true, ...jobSpec(parts) },
  };
  return { job, configMaps: all };
}
