/**
 * What a batch Job is, in plain functions without Pulumi: parameters → tasks with fingerprints → plan → Kubernetes Job → watch → records and result.
 * The dynamic provider (components/batch) and the command line (cli/) are thin layers over it.
 *
 * The two interfaces to the world are `Cluster` (cluster.ts; real: kubernetes/) and `Store` (store.ts; real: s3/).
 */
export { BatchError, messageOf } from "./errors";
export { type Fault, type Parameters, type ParametersInput, parameterNames, parseParameters } from "./parameters";
export { type Row } from "./records";
export { type Counts, plural, type Result } from "./result";
export { run, type Surroundings } from "./run";
export { type Progress } from "./tracker";
export { cancel } from "./cancel";
export { createReporter, type Reporter } from "./reporter";
export { describeFailures } from "./failures";
export { isAtWork } from "./status";
export { listTasks, taskSet } from "./tasks";
