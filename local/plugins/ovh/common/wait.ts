import { poll } from "../../../../common/poll";
import { growing } from "../../../../common/retry";
import { type Call, sleep } from "../../protocol/provider";

const minutes = 60_000;

/** How long each kind of operation may take unless the program sets custom timeouts, as with the official plugin. */
export const timeouts = {
  clusterCreate: 15 * minutes,
  clusterUpdate: 60 * minutes,
  clusterDelete: 10 * minutes,
  pool: 60 * minutes,
  user: 10 * minutes,
  network: 10 * minutes,
} as const;

/** Pauses between two looks, in milliseconds: short at first, then the official plugin's 3 s. */
const pauses = growing(250, 3_000, 1.5);

/**
 * Returns the first result of `look` that is not undefined.
 * @throws {TimedOut} after `timeout` milliseconds; also when the user cancels
 */
export async function waitFor<T>(what: string, call: Call, timeout: number, look: () => Promise<T | undefined>): Promise<T> {
  const limit = call.timeout ?? timeout;
  const overdue = (): never => {
    throw new TimedOut(`${what} took longer than ${Math.round(limit / 1000)} s`);
  };
  return poll(look, { timeout: limit, pause: pauses, overdue, wait: (pause) => sleep(pause, call.signal) });
}

export class TimedOut extends Error {
  override readonly name = "TimedOut";
}
