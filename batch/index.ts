/**
 * What a batch Job is, in plain functions without Pulumi: parameters → tasks with fingerprints → plan → Kubernetes Job → watch → records and result.
 * The dynamic provider (components/batch) and the command line (cli/) are thin layers over it.
 *
 * The two interfaces to the world are `Cluster` (cluster.ts; real: kubernetes/) and `Store` (store.ts; real: s3/).
 */
export { attach } from "./run/attach";
export { cancel } from "./run/cancel";
export { collect } from "./run/collect";
export { actualCost, billingOf, type Cost, type Estimate, type Price } from "./cost";
export { BatchError, messageOf } from "../common/errors";
export { describeFailures } from "./run/failures";
export { isBookkeeping, registryPrefix } from "./storage/keys";
export { followLog } from "../kubernetes/log";
export { logsPrefix, readLog } from "./records/logs";
export { type LivePod, type Observation, observe, type ObservedRow, overview, type Overview } from "./run/observe";
export { type Fault, type Parameters, type ParametersInput, parameterNames, parseParameters } from "./spec";
export { type Plan, type PlannedTask, type Reason } from "./records/plan";
export { type Waiting } from "./jobs/pods";
export { describeEstimate, describePreview, preview, type Preview, type PreviewContext } from "./run/preview";
export { type Attempt, type Output, readRecord, readSummary, type Row, type TaskRecord } from "./records";
export { type Span } from "./cost";
export { loadEnd } from "./records/ends";
export { loadQueue } from "./records/queues";
export { isTakenOver, type JobEntry, listJobs, loadJob, parametersOf, saveJob, type Submitter } from "./records/registry";
export { type QueueSettings } from "./spec/queue";
export { foreignNamespace, foreignRights, grantPattern } from "./spec/trust";
export { createReporter, describeWaiting, progressLine, type Reporter } from "./watch/reporter";
export { plural } from "../common/text";
export { type Counts, type Result } from "./run/result";
export { run } from "./run/run";
export { observeQueue, queueOverview, type QueueObservation } from "./run/queue/observe";
export { findQueue, findQueues, type Queue } from "./run/queue/queue";
export { collectQueue } from "./run/queue/record";
export { type ScalerState } from "./run/queue/scaler";
export { readSchedule, type ScheduleStatus } from "./jobs/cron-job";
export { isScheduled, schedule, type ScheduledResult, scheduledResult, statusWith } from "./run/schedule";
export { createPool, type RunContext } from "./run/session";
export { controllerRuns } from "./jobs/submission";
export { isAtWork } from "./watch/status";
export { type Store, type StoredObject, StoreError } from "./storage/store";
export { listTasks, type Task, taskSet } from "./spec/tasks";
export { type Progress } from "./watch/progress";
