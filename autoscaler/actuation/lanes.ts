import { waitTime } from "../../kubernetes/client";

/** How long the watch may take to show a change that made an action fail, in milliseconds. */
const conflictWait = 1_000;

interface Lane {
  readonly failures: number;
  /** Milliseconds of the clock. */
  readonly closedUntil: number;
}

/**
 * One lane for each pool: what fails for one is tried again after a growing while, not with every change, and holds up no other; and while nodes of
 * one are being removed nothing else is done to it.
 */
export class Lanes {
  private readonly lanes = new Map<string, Lane>();
  private readonly occupied = new Set<string>();
  private lookAt = 0;

  /** @param now milliseconds of a clock that is never set */
  constructor(private readonly now: () => number = () => performance.now()) {}

  isOpen(name: string): boolean {
    return !this.occupied.has(name) && (this.lanes.get(name)?.closedUntil ?? 0) <= this.now();
  }

  /** Closes a lane until it is set free. */
  occupy(name: string): void {
    this.occupied.add(name);
  }

  free(name: string): void {
    this.occupied.delete(name);
  }

  /** What goes well does not open a lane that something else at the same time has closed. */
  succeeded(name: string): void {
    if ((this.lanes.get(name)?.closedUntil ?? 0) <= this.now()) this.lanes.delete(name);
  }

  failed(name: string): void {
    const failures = this.failures(name) + 1;
    this.lanes.set(name, { failures, closedUntil: this.now() + waitTime(Math.min(failures, 7)) });
  }

  /** What was to be acted on has changed: the watch brings it and a new decision; if it does not soon, what is known will do. */
  lookAgain(): void {
    this.lookAt = this.now() + conflictWait;
  }

  /** The same, but nothing is done before: to look costs whole lists. */
  rest(name: string): void {
    this.lanes.set(name, { failures: this.failures(name), closedUntil: this.now() + conflictWait });
  }

  /** In how many milliseconds something may be tried again; Infinity when nothing waits. */
  untilNext(): number {
    const now = this.now();
    const times = [this.lookAt, ...[...this.lanes.values()].map(({ closedUntil }) => closedUntil)].map((time) => time - now);
    return Math.min(Infinity, ...times.filter((time) => time > 0));
  }

  private failures(name: string): number {
    return this.lanes.get(name)?.failures ?? 0;
  }
}
