import { type Parameters } from "../spec";
import { type Result } from "./result";
import { openSession, type RunContext } from "./session";
import { settle } from "./settle";
import { harvestRuns } from "../watch/watch";

/** Records what every Job of this name has come to so far. Waits for nothing, launches and deletes nothing. */
export async function collect(
  parameters: Parameters,
  surroundings: Pick<RunContext, "cluster" | "store"> & Partial<RunContext>,
): Promise<Result> {
  const { cluster, say: warn } = surroundings;
  const session = await openSession(parameters, surroundings);
  const { recorder } = session;
  const quiet = () => undefined;
  const { atWork, attempted, reason } = await settle({ cluster, parameters, session, wishes: undefined, say: quiet, warn: warn ?? quiet });
  session.attempt(attempted);
  if (atWork.length > 0) await harvestRuns(atWork, cluster, parameters, recorder);
  return session.close({ reason, atWork });
}
