import type { Reason } from "./status";

/** Waits after a refusal before the same change is asked for again, in milliseconds; the wait doubles each time. */
const firstRetry = 5_000;
const longestRetry = 300_000;

/** Of the resource whose change was refused, and of the pool; a newer one of either is tried at once. */
export interface Versions {
  readonly generation: number | undefined;
  readonly revision: number | undefined;
}

interface Refusal extends Reason, Versions {
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
  add(name: string, versions: Versions, reason: Reason): boolean {
    const before = this.refusals.get(name);
    const delay = before && isSame(before, versions) ? Math.min(before.delay * 2, longestRetry) : firstRetry;
    this.refusals.set(name, { ...versions, delay, until: this.now() + delay, ...reason });
    return before?.message !== reason.message;
  }

  clear(name: string): void {
    this.refusals.delete(name);
  }

  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.refusals.keys()) if (!names.has(name)) this.refusals.delete(name);
  }

  /** Whether it is too early to ask this pool again for what this generation of the resource wants. */
  holdsBack(name: string, versions: Versions): boolean {
    const refusal = this.refusals.get(name);
    return refusal !== undefined && isSame(refusal, versions) && refusal.until > this.now();
  }

  /** When something is to be asked for again, in milliseconds since the epoch. */
  soonest(): number | undefined {
    const times = [...this.refusals.values()].map((refusal) => refusal.until);
    return times.length > 0 ? Math.min(...times) : undefined;
  }
}

const isSame = (a: Versions, b: Versions): boolean => a.generation === b.generation && a.revision === b.revision;
