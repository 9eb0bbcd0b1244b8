/** Tells logs and metrics what becomes of messages: by the names of targets, never by their addresses. */
import { type Outcome } from "./sending";

/** As pino's loggers. */
export interface Log {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

export interface NotificationMetrics {
  /** `failed`: a try; `given_up`: the target will not get the message. */
  outcome(target: string, outcome: "sent" | "failed" | "given_up"): void;
  /** Messages that a target is still to get. */
  pending(count: number): void;
}

interface Tried {
  readonly job: string;
  readonly target: string;
  /** Number of the try, from 1. */
  readonly tries: number;
  readonly outcome: Outcome;
  /** No other one follows. */
  readonly last: boolean;
}

export class Ledger {
  constructor(
    private readonly log: Log,
    private readonly metrics: NotificationMetrics = { outcome: () => undefined, pending: () => undefined },
  ) {}

  tried({ job, target, tries, outcome, last }: Tried): void {
    this.metrics.outcome(target, outcome.kind === "sent" ? "sent" : "failed");
    if (outcome.kind === "sent")
      this.log.info({ job, target, tries, ...(outcome.note !== undefined && { note: outcome.note }) }, "a notification is sent");
    else if (last) this.givenUp({ job, target, error: outcome.error });
    // Those that follow mostly fail alike.
    else if (tries === 1) this.log.warn({ job, target, error: outcome.error }, "a notification is not taken, and is tried again");
  }

  /** A target will not get a message. */
  givenUp({ job, target, error }: { readonly job: string; readonly target: string; readonly error: string }): void {
    this.metrics.outcome(target, "given_up");
    this.log.warn({ job, target, error }, "a notification is given up");
  }

  pending(count: number): void {
    this.metrics.pending(count);
  }

  unknownTargets(job: string, unknown: readonly string[], known: readonly string[]): void {
    this.log.warn({ job, unknown, known }, "a Job's notify names targets that there are not");
  }

  bucketFailed(error: string): void {
    this.log.warn({ error }, "notifications wait for the bucket");
  }
}
