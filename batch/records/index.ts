/**
 * What is known of tasks that came to an end. It lives in the bucket beside the results, so that it outlives Job, cluster and Pulumi state:
 *
 * - `<resultsPrefix>records/<fingerprint>.json`: one {@link TaskRecord}, written once as the task ends
 * - `<resultsPrefix>logs/<fingerprint>/<pod>.log`: the log of each attempt, see logs/
 * - `<resultsPrefix>summary.json`: all rows of the last run in one object, so that a later run need not read every record
 * - `<resultsPrefix>report.html`: the page about the Job that the batch controller writes at its end, see report/
 */
export { readRecord, readSummary } from "./read";
export { Records } from "./records";
export { type Attempt, type Output, type RecordedRow, type Row, type Summary, type TaskRecord } from "./shapes";
