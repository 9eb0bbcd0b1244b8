/** Runs an action again when it fails: for a call that may be repeated, such as a GET whose connection breaks. */
import { setTimeout as sleep } from "node:timers/promises";

export interface RetryOptions {
  /**
   * Runs of the action in all.
   * @default Infinity
   */
  readonly tries?: number;
  /** Milliseconds from the end of a failed run to the next one. `attempt` is 1 after the first run. */
  readonly pauses: (attempt: number, error: unknown) => number;
  /**
   * Whether another run may end better.
   * @default after each error
   */
  readonly again?: (error: unknown, attempt: number) => boolean;
  /** When it is aborted, no other run begins, and a pause ends at once. The action gets no signal of its own: it takes this one where it can. */
  readonly signal?: AbortSignal;
  /** @default a timer */
  readonly wait?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<unknown>;
}

/**
 * Returns what the first run that succeeds returns.
 * @param action called with the number of the run, from 1
 * @throws the error of the last run, also when the signal is aborted in a pause
 */
export async function retry<T>(
  action: (attempt: number) => Promise<T>,
  { tries = Infinity, pauses, again = () => true, signal, wait = pauseFor }: RetryOptions,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action(attempt);
    } catch (error) {
      if (attempt >= tries || signal?.aborted || !again(error, attempt)) throw error;
      await wait(pauses(attempt, error), signal).catch(() => undefined);
      if (signal?.aborted) throw error;
    }
  }
}

const pauseFor = (milliseconds: number, signal: AbortSignal | undefined): Promise<unknown> => sleep(milliseconds, undefined, { signal });

/** Pauses in milliseconds, each `factor` times as long as the one before. */
export const growing =
  (first: number, longest: number, factor: number): RetryOptions["pauses"] =>
  (attempt) =>
    Math.min(first * factor ** (attempt - 1), longest);

/** Pauses in milliseconds, each twice as long as the one before. */
export const doubling = (first: number, longest = Infinity): RetryOptions["pauses"] => growing(first, longest, 2);
