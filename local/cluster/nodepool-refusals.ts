import type { Reason } from "./nodepool-status";

/** Waits after a refusal before the same change is asked for again, in milliseconds; the wait doubles each time. */
const firstRetry = 5_000;
const longestRetry = 300_000;

interface Refusal extends Reason {
  /** Of the resource whose change was refused; a newer one is tried at once. */
  readonly generation: number | undefined;
  readonly delay: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Changes that the API refused, which are asked for again after growing waits. */
export class Refusals {
  private readonly refusals = new Map<string, Refusal>();

  constructor(private readonly now: () => number = Date.now) {}

  get(name: string): Reason | undefined {
    return this.refusals.get(name);
  }

  /** Answers whether this is news: nothing was refused before, or for another reason. */
  add(name: string, generation: number | undefined, reason: Reason): boolean {
    const before = this.refusals.get(name);
    const delay = before && before.generation === generation ? Math.min(before.delay * 2, longestRetry) : firstRetry;
    this.refusals.set(name, { generation, delay, until: this.now() + delay, ...reason });
    return before?.message !== reason.message;
  }

  clear(name: string): void {
    this.refusals.delete(name);
  }

  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.refusals.keys()) if (!names.has(name)) this.refusals.delete(name);
  }

  /** Whether it is too early to ask again for what this generation of the resource wants. */
  holdsBack(name: string, generation: number | undefined): boolean {
    const refusal = this.refusals.get(name);
    return refusal !== undefined && refusal.generation === generation && refusal.until > this.now();
  }

  /** When something is to be asked for again, in milliseconds since the epoch. */
  soonest(): number | undefined {
    const times = [...this.refusals.values()].map((refusal) => refusal.until);
    return times.length > 0 ? Math.min(...times) : undefined;
  }
}
