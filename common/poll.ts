/** Looks again and again until something is there: for what takes its time and does not say when it is done. */
import { setTimeout as sleep } from "node:timers/promises";
import type { RetryOptions } from "./retry";

export interface PollOptions<T> {
  /** Milliseconds from the first look; none begins later. */
  readonly timeout: number;
  /** Milliseconds between two looks. */
  readonly pause: number | RetryOptions["pauses"];
  /** Called when the time is up. What it returns is returned; mostly it throws. */
  readonly overdue: () => T | Promise<T>;
  /** When it is aborted, {@link poll} throws. */
  readonly signal?: AbortSignal | undefined;
  /** @default a timer */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

/**
 * Returns the first result of `look` that is not undefined.
 * @param look is called at least once; what it throws ends the polling
 */
export async function poll<T>(
  look: () => T | undefined | Promise<T | undefined>,
  { timeout, pause, overdue, signal, wait = (milliseconds) => sleep(milliseconds, undefined, { signal }) }: PollOptions<T>,
): Promise<T> {
  const end = Date.now() + timeout;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() >= end) return overdue();
    await wait(typeof pause === "number" ? pause : pause(attempt, undefined));
  }
}
