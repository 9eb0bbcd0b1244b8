import { setTimeout as sleep } from "node:timers/promises";

/** Pauses between tries, each about twice as long as the one before, at random so that processes which try for the same thing do not meet again. */
export class Backoff {
  private readonly end: number;

  /** All in milliseconds. @param patience how long it may go on */
  constructor(
    private readonly patience: number,
    private pauseFor = 100,
    private readonly longest = 5_000,
  ) {
    this.end = Date.now() + patience;
  }

  /** Waits for the next try. Answers false, at once, when there is to be none. */
  async next(): Promise<boolean> {
    if (Date.now() + this.pauseFor > this.end) return false;
    await sleep(this.pauseFor * (0.5 + Math.random()));
    this.pauseFor = Math.min(this.pauseFor * 2, this.longest);
    return true;
  }

  /** e.g. "10 minutes" */
  get described(): string {
    return `${Math.round(this.patience / 60_000)} minutes`;
  }
}
