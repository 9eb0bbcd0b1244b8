/** `logs --follow`: the logs of all tasks at work, line by line as they come. */
import { setTimeout as sleep } from "node:timers/promises";
import { followLog, messageOf, observe, type ObservedRow, type Parameters } from "../batch";
import { type Context } from "./context";
import { statusAfter } from "./commands/status";
import { type ExitCode } from "./errors";

/** Milliseconds between looks for pods that have started since. */
const pause = 2_000;

/** Logs that are followed at a time: each keeps a connection of the few that there are to the API server. */
const most = 16;

/** Follows until the Job has ended, or all the given tasks have. */
export async function followLogs(context: Context, parameters: Parameters, rows: readonly ObservedRow[]): Promise<ExitCode> {
  const { cluster, store } = await context.place();
  const { stdout, interrupted: signal } = context.world;
  const wanted = new Set(rows.map(({ fingerprint }) => fingerprint));
  const followed = new Map<string, Promise<void>>();
  let open = 0;
  let told = false;
  for (;;) {
    const observation = await observe(parameters, { cluster, store });
    for (const { task: index, pod } of observation.pods) {
      const { fingerprint, name: task } = observation.rows[index]!;
      if (!wanted.has(fingerprint) || followed.has(pod)) continue;
      if (open === most) {
        if (!told) context.note(`${most} logs are followed at a time, others when one of these has ended; --task chooses one`);
        told = true;
        break;
      }
      open++;
      const write = (line: string) =>
        stdout.write(context.options.json ? `${JSON.stringify({ task, pod, line })}\n` : `${wanted.size > 1 ? `${task} | ` : ""}${line}\n`);
      const reading = async () => {
        for await (const line of followLog(cluster, parameters.namespace, pod, { signal })) write(line);
      };
      followed.set(
        pod,
        reading()
          .catch((error: unknown) => context.note(`${task}: the log broke off: ${messageOf(error)}`))
          .finally(() => open--),
      );
    }
    const atWork = observation.rows.some(
      ({ fingerprint, status }) => wanted.has(fingerprint) && (status === "running" || status === "pending" || status === "unfinished"),
    );
    if (!atWork || observation.status !== "running" || signal.aborted) {
      await Promise.all(followed.values());
      return statusAfter(observation);
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}
