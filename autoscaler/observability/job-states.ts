import { type Metrics } from "../../service/metrics";
import { type RawJob } from "../state/raw";
import { countIndexes } from "../state/read-pods";

const states = ["active", "suspended", "succeeded", "failed"] as const;

/** A Job as the metrics count it. */
export interface JobState {
  readonly namespace: string;
  readonly state: (typeof states)[number];
  /** Indexes that failed for good. */
  readonly failedIndexes: number;
}

export function readJobState({ metadata, spec, status = {} }: RawJob): JobState {
  const has = (type: string): boolean => status.conditions?.some((one) => one.type === type && one.status === "True") ?? false;
  const state = has("Complete") ? "succeeded" : has("Failed") ? "failed" : spec?.suspend ? "suspended" : "active";
  return { namespace: metadata.namespace ?? "", state, failedIndexes: countIndexes(status.failedIndexes) };
}

/** Counts Jobs by namespace, not by name: there may be thousands of them. */
export function showJobs(metrics: Metrics, jobs: readonly JobState[]): void {
  for (const name of ["jobs", "job_failed_indexes"]) metrics.clear(`mks_autoscaler_${name}`);
  for (const namespace of new Set(jobs.map((job) => job.namespace))) {
    for (const state of states) metrics.set("mks_autoscaler_jobs", { namespace, state }, 0);
    // From zero on, so that Prometheus sees the first one as an increase.
    metrics.increase("mks_autoscaler_out_of_memory_pods_total", { namespace }, 0);
  }
  for (const { namespace, state, failedIndexes } of jobs) {
    metrics.increase("mks_autoscaler_jobs", { namespace, state });
    metrics.increase("mks_autoscaler_job_failed_indexes", { namespace }, failedIndexes);
  }
}
