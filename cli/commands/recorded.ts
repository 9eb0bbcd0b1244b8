/** The tasks of a Job that have ended. */
import {
  collect,
  collectQueue,
  type Observation,
  observe,
  observeQueue,
  type ObservedRow,
  type Parameters,
  type Queue,
  type QueueObservation,
  readSummary,
} from "../../batch";
import { type Context, type Clients } from "../connection/context";
import { exitCodes, statusOf } from "../terminal/errors";

/** Records what has ended since the last command, then returns the state of the Job. */
export async function settled(parameters: Parameters, clients: Clients): Promise<Observation> {
  await collect(parameters, clients);
  return observe(parameters, clients);
}

/** The same of a queue. Where a controller records, that is left to it. */
export async function settledQueue(queue: Queue, clients: Clients): Promise<QueueObservation> {
  await collectQueue(queue.settings, clients);
  return observeQueue(queue, clients);
}

/** Returns all known tasks; if the cluster cannot be reached, those that were recorded before. */
export async function rowsOf(context: Context, parameters: Parameters): Promise<readonly ObservedRow[]> {
  try {
    return (await observe(parameters, await context.clients())).rows;
  } catch (error) {
    if (statusOf(error).exitCode !== exitCodes.unreachable) throw error;
    const summary = await readSummary(await context.connection.store(), parameters.resultsPrefix);
    context.note(`the cluster cannot be queried; this is what was recorded before (${(error as Error).message.split("\n")[0]})`);
    return summary?.tasks ?? [];
  }
}
