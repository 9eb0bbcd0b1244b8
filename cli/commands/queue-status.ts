/** `status` of a queue. */
import { describeWaiting, plural, type Queue, type QueueObservation, type ScalerState } from "../../batch";
import { type Context } from "../connection/context";
import { type ExitCode, exitCodes, usageError } from "../terminal/errors";
import { settledQueue } from "./recorded";
import { shownTasks, taskTable } from "./task-table";

/** @throws {CliError} with `watch` */
export async function queueStatus(
  context: Context,
  queue: Queue,
  { watch, tasks: all = false }: { readonly watch?: boolean; readonly tasks?: boolean },
): Promise<ExitCode> {
  const { name, namespace } = queue.settings;
  if (watch) throw usageError([`--watch: '${name}' is a queue, which has no end; its runs are recorded without a client`]);
  const clients = await context.clients();
  const observation = await settledQueue(queue, clients);
  const { status, scaler, progress, jobs, rows } = observation;
  context.print({ name, namespace, status, scaler, progress, jobs, runs: rows }, () => textOf(name, observation, { all, context }));
  return status === "failing" ? exitCodes.failed : exitCodes.done;
}

function textOf(name: string, { status, scaler, progress, rows }: QueueObservation, options: { all: boolean; context: Context }): string {
  const { total, succeeded, failed, running, waiting } = progress;
  const pending = total - succeeded - failed - running;
  const counts = Object.entries({ failed, running, waiting: pending }).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []));
  const rest = rows.filter((row) => row.status !== "succeeded");
  // The newest say how it stands now.
  const listed = options.all ? rows : rest.slice(-shownTasks);
  const lines = [
    `${name}: ${status}`,
    ...(scaler ? [`  ${describeScaler(scaler)}`] : []),
    `  ${plural(total, "run")}: ${[`${succeeded} succeeded`, ...counts].join(", ")}`,
    ...waiting.map((one) => `  ${describeWaiting(one, options.all ? Infinity : undefined)}`),
  ];
  if (listed.length > 0) lines.push("", taskTable(listed, rows, "run"));
  if (listed.length < rest.length)
    lines.push(`… and ${rest.length - listed.length} before; ${options.context.command(`status ${name} --tasks`)} lists all`);
  return lines.join("\n");
}

function describeScaler({ triggers, maxReplicas, pollingSeconds, status, active, message }: ScalerState): string {
  const what = `queue (${triggers.join(", ")}), up to ${maxReplicas ?? "?"} runs at a time, asked every ${pollingSeconds ?? "?"} s`;
  if (status === "failing") return `${what}\n  KEDA: ${message ?? "a trigger does not work"}`;
  if (status === "unknown") return `${what}\n  KEDA has not looked at it yet; is its operator running?`;
  return `${what}${active ? ", has items" : ""}`;
}
