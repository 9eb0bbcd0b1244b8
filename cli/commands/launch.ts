/** Running a Job and telling what came of it; `submit` and `retry` do. */
import {
  controllerRuns,
  describeFailures,
  isScheduled,
  type Parameters,
  plural,
  type Result,
  run,
  schedule,
  type ScheduledResult,
  type ScheduleStatus,
  type RunContext,
} from "../../batch";
import { type Context } from "../connection/context";
import { describeCost } from "./price";
import { exitCodes, type ExitCode } from "../terminal/errors";
import { duration } from "../../common/format";

/** @param once see {@link RunContext} */
export async function launchJob(context: Context, parameters: Parameters, once: RunContext["once"] = {}): Promise<ExitCode> {
  const { cluster, store } = await context.clients();
  const { name } = parameters;
  const result = await context.follow<Result | ScheduledResult>(name, ({ say, onProgress }) => {
    const surroundings = { cluster, store, say, onProgress, submittedBy: "mks-batch", once } as const;
    return isScheduled(parameters) ? schedule(parameters, surroundings) : run(parameters, surroundings);
  });
  if (result.status === "failed" || result.status === "unfinished") {
    const failures = await describeFailures(result, parameters, store);
    if (failures) context.note(failures);
    context.note(
      `To run ${result.status === "failed" ? "them again as they are" : "the rest"}: ${context.command(`retry ${name}${result.counts.failed > 0 ? " --failed" : ""}`)}`,
    );
  }
  const isRecorded = result.status === "running" && (await controllerRuns(cluster, parameters.namespace));
  context.print(jsonOf(result, parameters), () => textOf(result, context, parameters, isRecorded));
  return statusAfter(result, parameters);
}

/** What `--json` prints of a run. */
const jsonOf = ({ tasks, ...result }: Result | ScheduledResult, { name, namespace, resultsPrefix }: Parameters) => ({
  name,
  namespace,
  ...result,
  resultsPrefix,
  tasks,
});

function statusAfter({ status }: Result | ScheduledResult, { onFailure }: Parameters): ExitCode {
  if (status === "unfinished") return exitCodes.failed;
  return status === "failed" && onFailure === "fail" ? exitCodes.failed : exitCodes.done;
}

/** @param isRecorded whether a batch controller records what is at work */
function textOf(result: Result | ScheduledResult, context: Context, { name }: Parameters, isRecorded: boolean): string {
  const { status, counts, startedAt, finishedAt, cost, jobName } = result;
  const { total, succeeded, failed, skipped } = counts;
  if (status === "scheduled") return `${name}: ${describeSchedule(result.schedule)}`;
  if (status === "running")
    return `${name}: at work as Job ${jobName}; ${context.command(`status ${name} --watch`)} follows ${isRecorded ? "it, and the batch controller records it" : "and records it"}`;
  const took = startedAt && finishedAt ? duration((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000) : undefined;
  const parts = [
    `${succeeded} of ${plural(total, "task")} succeeded`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} done before`] : []),
    ...(took && skipped < total ? [took] : []),
    ...(skipped < total ? [describeCost(cost)] : []),
  ];
  return `${name}: ${status}; ${parts.join(", ")}`;
}

/** e.g. `scheduled, "0 3 * * *" (Etc/UTC), next at 2026-01-02T03:00:00Z` */
export function describeSchedule(schedule: ScheduleStatus | undefined): string {
  if (!schedule) return "not scheduled, as there are no tasks";
  const { cron, timeZone, nextRun, lastRun } = schedule;
  const times = [
    `"${cron}" (${timeZone})`,
    ...(nextRun ? [`next at ${nextRun}`] : ["never again"]),
    ...(lastRun ? [`last at ${lastRun}`] : []),
  ];
  return `scheduled, ${times.join(", ")}`;
}
