/** Batch Jobs as Pulumi resources: a thin layer over batch/. */
export { type BatchJobArgs, type BatchStore, type BatchTask, type BatchToleration, type TasksFromObjects } from "./args";
export { BatchJob, type BatchCounts, type BatchTaskResult } from "./batch-job";
