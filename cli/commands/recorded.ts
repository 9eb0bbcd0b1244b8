/** The tasks of a Job that have ended. */
import { collect, type Observation, observe, type ObservedRow, type Parameters, readSummary } from "../../batch";
import { type Context, type Clients } from "../connection/context";
import { exitCodes, statusOf } from "../terminal/errors";

/** Records what has ended since the last command, then returns the state of the Job. */
export async function settled(parameters: Parameters, clients: Clients): Promise<Observation> {
  await collect(parameters, clients);
  return observe(parameters, clients);
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
