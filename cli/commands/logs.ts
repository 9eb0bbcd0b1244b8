import { type ObservedRow, type Parameters, plural } from "../../batch";
import { nearest } from "../../common/nearest";
import { printable, printableLine } from "../../common/printable";
import { type AttemptLog, attemptsAt, keptLog } from "./attempts";
import { type Clients, type Register } from "../connection/context";
import { usageError } from "../terminal/errors";
import { followLogs } from "./follow-logs";
import { settled } from "./recorded";

interface LogOptions {
  readonly follow?: boolean;
  readonly task?: string;
  readonly attempt?: string;
  readonly raw?: boolean;
}

/** Bytes of a running task's log that are shown, from its end; as many as the bucket keeps of an ended one's. */
const liveBytes = 4 * 2 ** 20;

export function registerLogs(register: Register): void {
  register<LogOptions>(
    "logs",
    "show the logs of the tasks: of ended tasks from the bucket, of running tasks from the cluster",
    async (context, options, [name = ""]) => {
      const { follow, task, attempt, raw } = options;
      const shown = raw ? (text: string) => text : printable;
      const faults = [
        ...(follow && attempt !== undefined ? ["--follow and --attempt: keep one of them"] : []),
        ...(attempt !== undefined && !/^[1-9]\d*$/.test(attempt) ? [`--attempt: must be a whole number from 1 on, not "${attempt}"`] : []),
      ];
      if (faults.length > 0) throw usageError(faults);
      const { parameters } = await context.job(name);
      const clients = await context.clients();
      const observation = await settled(parameters, clients);
      const { rows, pods } = observation;
      const chosenRows = task === undefined ? rows : [findTask(rows, task)];
      if (follow) return followLogs(context, parameters, observation, chosenRows, shown);
      const logs: object[] = [];
      for (const row of chosenRows) {
        const pod = pods.find((pod) => rows[pod.task] === row && pod.phase === "Running")?.pod;
        const attempts = await attemptsAt(clients.store, parameters.resultsPrefix, row.fingerprint, pod);
        const chosen = attempt === undefined ? attempts.at(-1) : attempts[Number(attempt) - 1];
        if (!chosen && attempt !== undefined)
          throw usageError([`--attempt: the task '${row.name}' has ${plural(attempts.length, "attempt")}`]);
        if (!chosen) continue;
        const log = await textOf(chosen, clients, parameters);
        if (!context.options.json)
          context.world.stdout.write(
            `${chosenRows.length > 1 ? `==> ${printableLine(row.name)}, attempt ${chosen.attempt} (${row.status}) <==\n` : ""}${ended(shown(log))}`,
          );
        else
          logs.push({
            task: row.name,
            status: row.status,
            attempt: chosen.attempt,
            attempts: attempts.length,
            pod: chosen.pod,
            live: chosen.live,
            log,
          });
      }
      if (context.options.json) context.print({ name, logs }, () => "");
      return undefined;
    },
  )
    .argument("<name>", "Job")
    .option("-f, --follow", "follow the logs of unfinished tasks to their end, and record what ends")
    .option("--raw", "show logs as the tasks wrote them: with escape sequences, colours and every state of a progress bar")
    .option("--task <task>", "name of a task, or its number in `status --tasks`")
    .option("--attempt <number>", "number of an attempt, from 1 (default: the last)");
}

/** A task by its name, else by its number. */
export function findTask(rows: readonly ObservedRow[], wanted: string): ObservedRow {
  const found = rows.find(({ name }) => name === wanted) ?? (/^\d+$/.test(wanted) ? rows[Number(wanted)] : undefined);
  if (found) return found;
  const guess = nearest(
    wanted,
    rows.map(({ name }) => name),
  );
  throw usageError([
    `--task: there is no task '${wanted}' among ${plural(rows.length, "task")}${guess ? `; did you mean '${guess}'?` : ""}`,
  ]);
}

async function textOf(attempt: AttemptLog, { cluster, store }: Clients, { namespace }: Parameters): Promise<string> {
  return attempt.live ? (await cluster.log(namespace, attempt.pod, liveBytes)).toString() : keptLog(store, attempt);
}

const ended = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`);
