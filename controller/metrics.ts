import { type Definitions, Metrics, processMetrics } from "../service/metrics";

/** From seconds, which is what it should take, to an hour. */
const lag = [0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];

/** All metrics of the batch controller, by name; docs/batch-controller.md tells them to users. */
export const definitions: Definitions = {
  mks_batch_tasks: {
    type: "gauge",
    help: "Tasks of each batch Job at work, by status: succeeded, failed, running, pending.",
    labels: ["job", "status"],
  },
  mks_batch_jobs_open: { type: "gauge", help: "Batch Jobs that have not come to their end." },
  mks_batch_recording_lag_seconds: {
    type: "histogram",
    help: "From the end of a task's attempt until its record was in the bucket.",
    buckets: lag,
  },
  mks_batch_records_total: { type: "counter", help: "Records of attempts that were written to the bucket." },
  mks_batch_notifications_total: {
    type: "counter",
    help: "Tries to notify a target of a Job's end, by outcome: sent, failed (it is tried again), given_up.",
    labels: ["target", "outcome"],
  },
  mks_batch_notifications_pending: { type: "gauge", help: "Notifications that are not delivered yet." },
  mks_batch_controller_leader: { type: "gauge", help: "1 while this replica leads." },
  mks_batch_controller_errors_total: { type: "counter", help: "Errors in the controller's own work, which is tried again." },
  mks_batch_api_requests_total: {
    type: "counter",
    help: "Calls of the Kubernetes API by verb, group and resource, as roles grant them.",
    labels: ["verb", "group", "resource"],
  },
  mks_batch_api_errors_total: {
    type: "counter",
    help: "Failed calls by API (kubernetes, s3) and HTTP status, or network.",
    labels: ["api", "code"],
  },
  ...processMetrics,
};

export const createMetrics = (): Metrics => new Metrics(definitions);
