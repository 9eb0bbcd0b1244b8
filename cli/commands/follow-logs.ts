/** `logs --follow`: shows the logs of running tasks, line by line. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  attach,
  describeWaiting,
  followLog,
  messageOf,
  type Observation,
  observe,
  type ObservedRow,
  type Parameters,
  type Progress,
  readRecord,
} from "../../batch";
import { forEach, Queue } from "../../common/concurrency";
import { escapeControls, printableLine } from "../../common/printable";
import { attemptsAt, keptLog } from "./attempts";
import { statusAfter } from "./status";
import { type Context } from "../connection/context";
import { type ExitCode } from "../terminal/errors";

/** Logs that are followed at a time: each keeps a connection of the few that there are to the API server. */
const most = 16;

/** Milliseconds between looks whether the only task that is followed has ended. */
const pause = 1_000;

/** The tasks that have not ended, by their fingerprints; one of a schedule may be at work again. */
function openTasks({ rows, pods }: Observation): Set<string> {
  const live = new Set(pods.map(({ task }) => task));
  const open = rows.filter(({ status }, i) => live.has(i) || (status !== "succeeded" && status !== "failed"));
  return new Set(open.map(({ fingerprint }) => fingerprint));
}

/**
 * Shows every attempt of the `chosen` tasks that have not ended, until they end. If none of them runs, shows the attempts of all of them. Records what ends, as
 * `status --watch` does, so that the log of a pod that is gone when its turn comes is in the bucket.
 */
export async function followLogs(
  context: Context,
  parameters: Parameters,
  before: Observation,
  chosen: readonly ObservedRow[],
  shownAs: (text: string) => string,
): Promise<ExitCode> {
  const { cluster, store } = await context.clients();
  const { interrupted: signal } = context.world;
  const openBefore = openTasks(before);
  const open = before.status === "running" ? chosen.filter(({ fingerprint }) => openBefore.has(fingerprint)) : [];
  const wanted = new Map((open.length > 0 ? open : chosen).map(({ fingerprint, name }) => [fingerprint, name]));
  const write = writer(context, wanted.size > 1, shownAs);
  const tell = onceEach((text) => context.note(text));
  const taken = new Set<string>();
  const shown = new Set<string>();
  const queue = new Queue(most);
  let waiting = 0;

  const show = async (task: string, pod: string): Promise<void> => {
    waiting--;
    try {
      for await (const line of followLog(cluster, parameters.namespace, pod, { signal })) {
        shown.add(pod);
        write(task, pod, [line]);
      }
      shown.add(pod);
    } catch (error) {
      // A log of which nothing was shown is shown from the bucket.
      if (shown.has(pod)) tell(`${task}: the log broke off: ${messageOf(error)}`);
    }
  };
  const following = {
    say: () => undefined,
    onProgress({ running, waiting }: Progress, note?: string) {
      const reasons = running === 0 ? waiting.map(describeWaiting) : [];
      for (const text of note ? [note, ...reasons] : reasons) tell(text);
    },
    onPod({ fingerprint }: { fingerprint: string }, { name, phase }: { name: string; phase: string }) {
      const task = wanted.get(fingerprint);
      if (task === undefined || phase === "Pending" || taken.has(name)) return;
      taken.add(name);
      waiting++;
      queue.add(() => show(task, name));
      if (waiting > 0)
        tell(`${most} logs are followed at a time, each other one comes whole when one of these has ended; --task chooses one`);
    },
  };

  let after = before;
  const atWork = () => after.status === "running" && [...openTasks(after)].some((fingerprint) => wanted.has(fingerprint));
  for (; !signal.aborted && atWork(); after = await observe(parameters, { cluster, store })) {
    const stop = new AbortController();
    const end = attach(parameters, { cluster, store, ...following });
    const [only, ...others] = wanted.keys();
    const ends = only !== undefined && others.length === 0 ? [end, recorded(only, stop.signal)] : [end];
    await Promise.race(ends).finally(() => stop.abort());
  }
  await queue.drain();
  if (!signal.aborted) await forEach(wanted, most, ([fingerprint, task]) => showKept(fingerprint, task));
  return statusAfter(after);

  /** Resolves when the bucket has a new record of the task's end. */
  async function recorded(fingerprint: string, stop: AbortSignal): Promise<void> {
    const uid = async () => (await readRecord(store, parameters.resultsPrefix, fingerprint))?.job.uid;
    const known = await uid();
    while (!stop.aborted && (await uid()) === known) await sleep(pause, undefined, { signal: stop }).catch(() => undefined);
  }

  /** What was not followed: what ended before, or was gone when its turn came. */
  async function showKept(fingerprint: string, task: string): Promise<void> {
    for (const attempt of await attemptsAt(store, parameters.resultsPrefix, fingerprint, undefined)) {
      if (shown.has(attempt.pod)) continue;
      const log = await keptLog(store, attempt);
      if (log !== "") write(task, attempt.pod, log.replace(/\n$/, "").split("\n"));
    }
  }
}

function writer(
  { world, options }: Context,
  named: boolean,
  shownAs: (text: string) => string,
): (task: string, pod: string, lines: readonly string[]) => void {
  return (task, pod, lines) => {
    const texts = lines.map((line) =>
      options.json ? escapeControls(JSON.stringify({ task, pod, line })) : `${named ? `${printableLine(task)} | ` : ""}${shownAs(line)}`,
    );
    world.stdout.write(`${texts.join("\n")}\n`);
  };
}

function onceEach(tell: (text: string) => void): (text: string) => void {
  const told = new Set<string>();
  return (text) => {
    if (!told.has(text)) tell(text);
    told.add(text);
  };
}
