import { type Observation, type ObservedRow, type Parameters, plural, type Queue } from "../../batch";
import { nearest } from "../../common/nearest";
import { printable, printableLine } from "../../common/printable";
import { type AttemptLog, attemptsAt, keptLog } from "./attempts";
import { type Clients, type Context, type Register } from "../connection/context";
import { usageError } from "../terminal/errors";
import { followLogs } from "./follow-logs";
import { settled, settledQueue } from "./recorded";

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
      const queue = await context.queue(name);
      if (queue) {
        if (follow) throw usageError([noFollowing(queue)]);
        const observation = await settledQueue(queue, await context.clients());
        return showLogs(context, { name, place: queue.settings, observation }, { task, attempt, shown });
      }
      const { parameters } = await context.job(name);
      const observation = await settled(parameters, await context.clients());
      if (!follow) return showLogs(context, { name, place: parameters, observation }, { task, attempt, shown });
      const { rows } = observation;
      return followLogs(context, parameters, observation, task === undefined ? rows : [findTask(rows, task)], shown);
    },
  )
    .argument("<name>", "Job")
    .option("-f, --follow", "follow the logs of unfinished tasks to their end, and record what ends")
    .option("--raw", "show logs as the tasks wrote them: with escape sequences, colours and every state of a progress bar")
    .option("--task <task>", "name of a task, or its number in `status --tasks`")
    .option("--attempt <number>", "number of an attempt, from 1 (default: the last)");
}

interface Subject {
  readonly name: string;
  /** Where the logs are. */
  readonly place: Pick<Parameters, "namespace" | "resultsPrefix">;
  readonly observation: Pick<Observation, "rows" | "pods">;
}

interface Shown extends Pick<LogOptions, "task" | "attempt"> {
  readonly shown: (text: string) => string;
}

async function showLogs(context: Context, { name, place, observation }: Subject, { task, attempt, shown }: Shown): Promise<void> {
  const clients = await context.clients();
  const { rows, pods } = observation;
  const chosenRows = task === undefined ? rows : [findTask(rows, task)];
  const logs: object[] = [];
  for (const row of chosenRows) {
    const pod = pods.find((pod) => rows[pod.task] === row && pod.phase === "Running")?.pod;
    const attempts = await attemptsAt(clients.store, place.resultsPrefix, row.fingerprint, pod);
    const chosen = attempt === undefined ? attempts.at(-1) : attempts[Number(attempt) - 1];
    if (!chosen && attempt !== undefined) throw usageError([`--attempt: the task '${row.name}' has ${plural(attempts.length, "attempt")}`]);
    if (!chosen) continue;
    const log = await textOf(chosen, clients, place);
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
}

const noFollowing = ({ settings: { name, namespace } }: Queue): string =>
  `--follow: '${name}' is a queue, whose runs come and go; those that run now: kubectl logs --namespace ${namespace} --follow --prefix --selector batch.ovh-mks/job=${name}`;

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

async function textOf(attempt: AttemptLog, { cluster, store }: Clients, { namespace }: Subject["place"]): Promise<string> {
  return attempt.live ? (await cluster.log(namespace, attempt.pod, liveBytes)).toString() : keptLog(store, attempt);
}

const ended = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`);
