import { setTimeout as delay } from "node:timers/promises";

/** Time, passed in so that tests hold it. */
export interface Clock {
  now(): Date;
  /** Resolves after `ms` milliseconds, at once when that is 0. Rejects when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: async (ms, signal) => {
    signal?.throwIfAborted();
    if (ms > 0) await delay(ms, undefined, { signal });
  },
};
