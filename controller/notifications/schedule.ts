/** When a target that does not take a message is tried again. Pure; all in milliseconds. */

const pauses = { first: 5_000, longest: 10 * 60_000 };

/** For how long a message is tried. */
export const patience = 24 * 60 * 60_000;

/** How long a try may take, by the kind of target: a mail server is asked several times. */
export const deadlines = { webhook: 10_000, email: 20_000 } as const;

/** For how long a try keeps other processes from the same; longer than any takes. */
export const lease = 60_000;

/** @param tries that failed so far, from 1 @param random from 0 to 1, so that messages which failed together do not meet again */
export function pauseAfter(tries: number, random: number): number {
  const pause = Math.min(pauses.first * 2 ** (tries - 1), pauses.longest);
  return Math.min(Math.max(pause * (0.8 + 0.4 * random), pauses.first), pauses.longest);
}

/**
 * When to try again; undefined: never.
 * @param since when the Job ended @param after what the target asks to wait
 */
export function nextTry({ tries, since, now, after = 0, random }: NextTry): number | undefined {
  const end = since + patience;
  return now >= end ? undefined : Math.min(now + Math.max(pauseAfter(tries, random), after), end);
}

export interface NextTry {
  readonly tries: number;
  readonly since: number;
  readonly now: number;
  readonly after?: number;
  readonly random: number;
}
