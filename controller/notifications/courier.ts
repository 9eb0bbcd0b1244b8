/** Brings what is in the outboxes to its targets: each target on its own, one message at a time. */
import { forEach } from "../../common/concurrency";
import { messageOf as errorText } from "../../common/errors";
import { type NotificationTarget } from "../../common/notification-settings";
import { abandoned, claimed, type Entries, type Entry, type Place, pendingOf, settled } from "./entries";
import { type Ledger } from "./ledger";
import { deliveryKey } from "./notice";
import { type Outboxes } from "./outbox";
import { deadlines, nextTry } from "./schedule";
import { type Outcome, type Sending, type Wait, withDeadline } from "./sending";

/** Milliseconds between two looks for what other processes have told or left behind. */
const rescan = 10 * 60_000;

/** Milliseconds after which a bucket that refused is asked again. */
const bucketPause = 30_000;

export interface CourierOptions {
  readonly outboxes: Outboxes;
  readonly targets: readonly NotificationTarget[];
  readonly send: (target: NotificationTarget, sending: Sending) => Promise<Outcome>;
  readonly ledger: Ledger;
  readonly now: () => number;
  readonly wait: Wait;
  /** From 0 to 1. */
  readonly random: () => number;
}

interface Due extends Place {
  readonly job: string;
}

export class Courier {
  /** Outboxes with something pending, by the names of the Jobs. */
  private readonly open = new Map<string, Entries>();
  /** ETags of outboxes that were read. */
  private readonly seen = new Map<string, string>();
  private readonly targets: ReadonlyMap<string, NotificationTarget>;
  /** Names of targets that are being tried. */
  private readonly busy = new Set<string>();
  private scanning = false;
  private scanAt = 0;
  /** Nothing is tried before, as the bucket does not work. */
  private resumeAt = 0;
  private woken = false;
  private wake: () => void = () => undefined;

  constructor(private readonly options: CourierOptions) {
    this.targets = new Map(options.targets.map((target) => [target.name, target]));
  }

  /** Delivers until aborted, also what an earlier process left; what is under way then is brought to its end. */
  async run(signal: AbortSignal): Promise<void> {
    const work = new Set<Promise<void>>();
    const start = (doing: Promise<void>): void => {
      const done = doing.finally(() => {
        work.delete(done);
        this.notice();
      });
      work.add(done);
    };
    this.scanAt = 0;
    while (!signal.aborted) {
      this.woken = false;
      const now = this.options.now();
      if (now >= this.resumeAt) {
        if (!this.scanning && now >= this.scanAt) start(this.scan());
        for (const due of this.due(now)) start(this.attempt(due, signal));
      }
      await this.rest(signal);
    }
    await Promise.all(work);
  }

  /** Takes note of a Job's outbox. */
  keep(job: string, entries: Entries): void {
    if (entries.some((entry) => pendingOf(entry).length > 0)) this.open.set(job, entries);
    else this.open.delete(job);
    this.options.ledger.pending([...this.open.values()].flat().flatMap(pendingOf).length);
    this.notice();
  }

  private notice(): void {
    this.woken = true;
    this.wake();
  }

  /** Of each target that is not busy, the message that has waited longest. */
  private due(now: number): Due[] {
    return [...this.targets.keys()].flatMap((target) => {
      const [first] = this.waiting(target).sort((a, b) => a.next - b.next);
      return first && first.next <= now ? [{ ...first, target }] : [];
    });
  }

  /** The messages that a target is still to get, and when it may be tried, in milliseconds since 1970; none while it is busy. */
  private waiting(target: string): { job: string; id: string; next: number }[] {
    if (this.busy.has(target)) return [];
    return [...this.open].flatMap(([job, entries]) =>
      entries.flatMap(({ id, targets: { [target]: delivery } }) =>
        delivery?.state === "pending" ? [{ job, id, next: Date.parse(delivery.next) }] : [],
      ),
    );
  }

  /** Waits until something is due, or something happens. */
  private async rest(signal: AbortSignal): Promise<void> {
    if (this.woken || signal.aborted) return;
    const { now, wait } = this.options;
    const nexts = [...this.targets.keys()].flatMap((target) => this.waiting(target).map(({ next }) => next));
    const until = Math.max(Math.min(...nexts, this.scanning ? Infinity : this.scanAt), this.resumeAt);
    const stop = new AbortController();
    this.wake = () => stop.abort();
    signal.addEventListener("abort", this.wake, { once: true });
    await wait(Math.min(Math.max(until - now(), 0), rescan), stop.signal).catch(() => undefined);
    signal.removeEventListener("abort", this.wake);
    stop.abort();
  }

  /** Looks for what other processes have told or left behind. */
  private async scan(): Promise<void> {
    this.scanning = true;
    try {
      await forEach(await this.options.outboxes.list(), 8, ([job, etag]) => this.look(job, etag));
      this.scanAt = this.options.now() + rescan;
    } catch (error) {
      this.holdOn(error);
    } finally {
      this.scanning = false;
    }
  }

  private async look(job: string, etag: string): Promise<void> {
    const { outboxes, ledger, now } = this.options;
    if (this.seen.get(job) === etag && !this.open.has(job)) return;
    outboxes.refresh(job, etag);
    let lost: readonly string[] = [];
    const entries = await outboxes.update(job, (all) => {
      const changed = abandoned(all, new Set(this.targets.keys()), now());
      lost = changed?.lost ?? [];
      return changed?.entries;
    });
    for (const target of lost) ledger.givenUp({ job, target, error: "there is no target of this name" });
    this.seen.set(job, etag);
    this.keep(job, entries);
  }

  private async attempt(due: Due, signal: AbortSignal): Promise<void> {
    this.busy.add(due.target);
    try {
      const entry = await this.claim(due);
      if (entry) await this.record(due, entry, await this.try(this.targets.get(due.target)!, entry), signal);
    } catch (error) {
      this.holdOn(error);
    } finally {
      this.busy.delete(due.target);
    }
  }

  /** Writes down that this process makes the next try; undefined when another one does. */
  private async claim(due: Due): Promise<Entry | undefined> {
    const now = this.options.now();
    let entry: Entry | undefined;
    const entries = await this.options.outboxes.update(due.job, (all) => {
      const changed = claimed(all, due, now);
      entry = changed?.entry;
      return changed?.entries;
    });
    this.keep(due.job, entries);
    return entry;
  }

  private try(target: NotificationTarget, { message }: Entry): Promise<Outcome> {
    const { now, send, wait } = this.options;
    const sending = { message, key: deliveryKey(message, target.name), now: now() };
    const deadline = target.webhook ? deadlines.webhook : deadlines.email;
    return withDeadline(deadline, wait, (signal) => send(target, { ...sending, signal })).catch((): Outcome => ({
      // Whatever it says may hold what must not be told.
      kind: "failed",
      error: "the message cannot be made",
    }));
  }

  /** Writes down what came of a try. Until that is done this process does not try the target again. */
  private async record({ job, id, target }: Due, entry: Entry, outcome: Outcome, signal: AbortSignal): Promise<void> {
    const { outboxes, ledger, now, random, wait } = this.options;
    const { tries } = entry.targets[target]!;
    const since = Date.parse(entry.at);
    const next = outcome.kind === "failed" ? nextTry({ tries, since, now: now(), after: outcome.after, random: random() }) : undefined;
    const state = outcome.kind !== "failed" ? outcome.kind : next === undefined ? "given up" : "pending";
    ledger.tried({ job, target, tries, outcome, last: state !== "pending" });
    for (;;) {
      try {
        return this.keep(job, await outboxes.update(job, (all) => settled(all, { id, target, tries, state, next })));
      } catch (error) {
        this.holdOn(error);
        if (signal.aborted) return;
        await wait(bucketPause, signal).catch(() => undefined);
      }
    }
  }

  /** Leaves a bucket alone that does not work. */
  private holdOn(error: unknown): void {
    this.resumeAt = this.options.now() + bucketPause;
    this.options.ledger.bucketFailed(errorText(error));
  }
}
