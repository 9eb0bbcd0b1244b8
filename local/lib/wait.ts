import { poll } from "../../common/poll";

/**
 * Asks `check` until it is true.
 *
 * @param timeout milliseconds
 * @param interval milliseconds between two checks
 * @returns whether it became true in time
 */
export async function waitUntil(
  check: () => boolean | Promise<boolean>,
  timeout: number,
  interval = 25,
  abort?: AbortSignal,
): Promise<boolean> {
  const look = async (): Promise<boolean | undefined> => (await check()) || undefined;
  return poll(look, { timeout, pause: interval, overdue: () => false, signal: abort });
}
