/** Batch Jobs as Pulumi resources: a thin layer over batch/. */
export {
  type BatchJobArgs,
  type BatchPrices,
  type BatchSchedule,
  type BatchStore,
  type BatchTask,
  type BatchToleration,
  type BatchVolume,
  type NodeRequirement,
  type OutOfMemory,
  type SecretVariable,
  type TasksFromObjects,
} from "./args";
export { BatchJob } from "./batch-job";
export { type Cost as BatchCost, type Counts as BatchCounts, type Row as BatchTaskResult } from "../../batch";
