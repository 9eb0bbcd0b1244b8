/** Following what is at work, without launching anything. */
import { type Parameters } from "../spec";
import { type Result } from "./result";
import { watchDelegated } from "./delegate";
import { openSession, type RunContext } from "./session";
import { settle } from "./settle";
import { watchRuns, type WatchOptions } from "../watch/watch";

/**
 * Records what ended while nobody watched, follows the Jobs that are at work and records their tasks' ends. Launches and deletes nothing, and returns at once
 * when nothing is at work. Any number of processes may follow the same Job. Where a batch controller records, it only follows.
 */
export async function attach(parameters: Parameters, surroundings: RunContext & Pick<WatchOptions, "onPod">): Promise<Result> {
  const delegated = surroundings.controller ? undefined : await watchDelegated(parameters, surroundings);
  if (delegated) return delegated;
  const session = await openSession(parameters, surroundings);
  const { recorder } = session;
  const { cluster, say, onProgress, onPod } = surroundings;
  const found = await settle({ cluster, parameters, session, wishes: undefined, say });
  session.attempt(found.attempted);
  const following = { cluster, parameters, recorder, onProgress, onPod };
  const runs = [...found.atWork, ...found.first];
  const reason = runs.length > 0 ? await watchRuns(runs, following) : found.reason;
  return session.close({ reason });
}
