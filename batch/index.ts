/**
 * What a batch Job is, in plain functions without Pulumi: parameters → tasks with fingerprints → plan → Kubernetes Job → watch → records and result.
 * The dynamic provider (components/batch) and the command line (cli/) are thin layers over it.
 *
 * The two interfaces to the world are `Cluster` (cluster.ts; real: kubernetes/) and `Store` (store.ts; real: s3/).
 */
export { attach } from "./attach";
export { cancel } from "./cancel";
export { collect } from "./collect";
export { actualCost, billingOf, type Cost, type Estimate, type Price } from "./cost";
export { BatchError, messageOf } from "./errors";
export { describeFailures } from "./failures";
export { bookkeeping, registryPrefix } from "./keys";
export { followLog } from "./kubernetes/log";
export { logsPrefix, readLog } from "./logs";
export { type LivePod, type Observation, observe, type ObservedRow, overview, type Overview } from "./observe";
export { type Fault, type Parameters, type ParametersInput, parameterNames, parseParameters } from "./parameters";
export { type Plan, type PlannedTask, type Reason } from "./plan";
export { type Waiting } from "./pods";
export { describeEstimate, describePreview, preview, type Preview, type PreviewSurroundings } from "./preview";
export { type Attempt, loadRecords, type Output, readRecord, readSummary, type Row, type Span, type TaskRecord } from "./records";
export { isTakenOver, type JobEntry, listJobs, loadJob, parametersOf, saveJob, type Submitter } from "./registry";
export { foreignNamespace, foreignRights, grantPattern } from "./trust";
export { createReporter, describeWaiting, progressLine, type Reporter } from "./reporter";
export { plural } from "../common/text";
export { type Counts, type Result } from "./result";
export { run } from "./run";
export { readSchedule, type ScheduleStatus } from "./cron-job";
export { isScheduled, schedule, type ScheduledResult, scheduledResult, statusWith } from "./schedule";
export { createPool, type Surroundings } from "./session";
export { isAtWork } from "./status";
export { type Store, type StoredObject, StoreError } from "./store";
export { listTasks, type Task, taskSet } from "./tasks";
export { type Progress } from "./progress";
