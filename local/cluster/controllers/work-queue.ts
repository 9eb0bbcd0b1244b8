import { setTimeout as sleep } from "node:timers/promises";
import { doubling } from "../../../common/retry";

const pause = doubling(500, 30_000);

/** Works on objects by their key: one at a time for each key, once more if the key came again meanwhile, and again with a growing pause after a failure. */
export class WorkQueue {
  private readonly atWork = new Set<string>();
  private readonly again = new Set<string>();

  /** @param say told of each failure */
  constructor(
    private readonly work: (key: string) => Promise<void>,
    private readonly say: (text: string) => void,
    private readonly abort: AbortSignal,
  ) {}

  add(key: string): void {
    if (this.atWork.has(key)) this.again.add(key);
    else void this.run(key);
  }

  private async run(key: string): Promise<void> {
    this.atWork.add(key);
    for (let failures = 0; !this.abort.aborted;) {
      this.again.delete(key);
      try {
        await this.work(key);
        failures = 0;
        if (!this.again.has(key)) break;
      } catch (error) {
        if (this.abort.aborted) break;
        failures += 1;
        this.say(`${key}: ${error instanceof Error ? error.message : String(error)}`);
        await sleep(pause(failures, error), undefined, { signal: this.abort }).catch(() => undefined);
      }
    }
    this.atWork.delete(key);
  }
}
