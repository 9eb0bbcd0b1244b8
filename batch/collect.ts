import { type Parameters } from "./parameters";
import { type Result } from "./result";
import { openSession, type Surroundings } from "./session";
import { settle } from "./settle";
import { harvestRuns } from "./watch";

/** Records what every Job of this name has come to so far. Waits for nothing, launches and cancels nothing. */
export async function collect(
  parameters: Parameters,
  surroundings: Pick<Surroundings, "cluster" | "store"> & Partial<Surroundings>,
): Promise<Result> {
  const { cluster } = surroundings;
  const session = await openSession(parameters, surroundings);
  const { recorder } = session;
  const { atWork, attempted, reason } = await settle({ cluster, parameters, recorder, wanted: undefined, say: () => undefined });
  session.attempt(attempted);
  if (atWork.length > 0) await harvestRuns(atWork, cluster, parameters, recorder);
  return session.close({ reason, atWork });
}
