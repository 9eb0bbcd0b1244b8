import { type Wait } from "../../../controller/notifications/sending";

/** Time that only passes when a test says so. */
export class HeldClock {
  private time = Date.parse("2026-11-20T18:22:45Z");
  private readonly waiting = new Set<{ readonly at: number; readonly resolve: () => void }>();

  readonly now = (): number => this.time;

  readonly wait: Wait = (milliseconds, signal) =>
    new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        this.waiting.delete(one);
        reject(new Error("aborted"));
      };
      const end = (): void => {
        signal.removeEventListener("abort", stop);
        resolve();
      };
      const one = { at: this.time + milliseconds, resolve: end };
      if (signal.aborted) return stop();
      this.waiting.add(one);
      signal.addEventListener("abort", stop, { once: true });
    });

  /** When the next wait ends. */
  get next(): number {
    return Math.min(...[...this.waiting].map(({ at }) => at));
  }

  advanceTo(time: number): void {
    this.time = Math.max(this.time, time);
    for (const one of [...this.waiting].filter(({ at }) => at <= this.time)) {
      this.waiting.delete(one);
      one.resolve();
    }
  }
}

/** Lets everything else that can go on go on. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Waits for something to become true; the test's own time limit ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}
