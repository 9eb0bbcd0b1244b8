import { setTimeout as sleep } from "node:timers/promises";

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
  const end = Date.now() + timeout;
  for (;;) {
    abort?.throwIfAborted();
    if (await check()) return true;
    if (Date.now() >= end) return false;
    await sleep(interval, undefined, abort ? { signal: abort } : {});
  }
}
