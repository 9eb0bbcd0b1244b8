import { attach, isScheduled, loadEnd, observe, type Observation, readSchedule, statusWith } from "../../batch";
import { type Context, type Register } from "../connection/context";
import { exitCodes, type ExitCode } from "../terminal/errors";
import { describeSchedule } from "./launch";
import { picture, secondsLeft, speedOf } from "../terminal/progress";
import { queueStatus } from "./queue-status";
import { shownTasks, taskTable } from "./task-table";

interface StatusOptions {
  readonly watch?: boolean;
  readonly tasks?: boolean;
}

type Seen = Omit<Observation, "status"> & { readonly status: Observation["status"] | "scheduled" };

export function registerStatus(register: Register): void {
  register<StatusOptions>(
    "status",
    "show the progress of a Job, and what its pods wait for",
    async (context, { watch, tasks }, [name = ""]) => {
      const queue = await context.queue(name);
      if (queue) return queueStatus(context, queue, { watch, tasks });
      const { parameters } = await context.job(name);
      const clients = await context.clients();
      if (watch) await context.follow(name, ({ say, onProgress }) => attach(parameters, { ...clients, say, onProgress }));
      const schedule = isScheduled(parameters) ? await readSchedule(clients.cluster, parameters) : undefined;
      const seen = await observe(parameters, clients);
      const observation = { ...seen, status: statusWith(seen.status, schedule) };
      const perMinute = speedOfRows(observation, context.world.now());
      const { status, progress, jobs, rows } = observation;
      // Whoever waits for the Job was told; this tells the others.
      const reason = status === "unfinished" ? (await loadEnd(clients.store, name))?.reason : undefined;
      const json = {
        name,
        namespace: parameters.namespace,
        status,
        reason,
        schedule,
        progress,
        perMinute,
        secondsLeft: secondsLeft(progress, perMinute),
        jobs,
        tasks: rows,
      };
      context.print(json, () =>
        [
          ...(schedule ? [`${name}: ${describeSchedule(schedule)}`] : []),
          textOf(name, { ...observation, reason }, perMinute, { all: tasks ?? false, context }),
        ].join("\n"),
      );
      return statusAfter(observation);
    },
  )
    .argument("<name>", "Job")
    .option("-w, --watch", "follow the Job to its end, and record what ends")
    .option("--tasks", "list all tasks, not only some that failed or run");
}

function speedOfRows({ status, rows }: Seen, now: number): number | undefined {
  if (status !== "running") return undefined;
  const times = (texts: (string | undefined)[]) => texts.flatMap((text) => (text ? [Date.parse(text)] : []));
  const starts = times(rows.filter(({ status }) => status !== "succeeded").map(({ start }) => start));
  return speedOf(times(rows.map(({ end }) => end)), Math.min(now, ...starts), now);
}

export const statusAfter = ({ status }: Pick<Seen, "status">): ExitCode =>
  status === "failed" || status === "unfinished" ? exitCodes.failed : exitCodes.done;

function textOf(
  name: string,
  { status, reason, progress, rows, unrecorded }: Seen & { readonly reason?: string },
  perMinute: number | undefined,
  options: { all: boolean; context: Context },
): string {
  const rest = rows.filter(({ status }) => status !== "succeeded");
  const listed = options.all ? rows : rest.slice(0, shownTasks);
  const lines = [
    `${name}: ${status}${reason === undefined ? "" : `: ${reason}`}`,
    ...picture(progress, perMinute, undefined, options.all ? Infinity : undefined),
  ];
  if (unrecorded > 0 && status !== "running")
    lines.push(`  ended, but not recorded yet: ${options.context.command(`status ${name} --watch`)} does that`);
  if (listed.length > 0) lines.push("", taskTable(listed, rows));
  if (listed.length < rest.length)
    lines.push(`… and ${rest.length - listed.length} more; ${options.context.command(`status ${name} --tasks`)} lists all`);
  return lines.join("\n");
}
