/** How long requests to the object store are tried again. */
import { type S3ClientConfig } from "@aws-sdk/client-s3";
import { Backoff } from "../backoff";

/**
 * In milliseconds. A store that does not answer at all is told soon, as somebody may have mistyped its address; one that did is waited for as long as an
 * API server is, since what it does not take is lost.
 */
const patience = { first: 15_000, later: 15 * 60_000 };
const pauses = [200, 10_000] as const;

type Strategy = Extract<NonNullable<S3ClientConfig["retryStrategy"]>, { acquireInitialRetryToken: unknown }>;

class Try {
  constructor(
    readonly backoff: Backoff,
    private readonly count = 0,
  ) {}

  getRetryCount = (): number => this.count;
  /** The strategy has waited already. */
  getRetryDelay = (): number => 0;

  async next(): Promise<Try> {
    if (await this.backoff.next()) return new Try(this.backoff, this.count + 1);
    // The SDK throws the request's own error in its place.
    throw new Error("out of patience");
  }
}

/**
 * A strategy of one client for the SDK, in the place of its own, which counts tries and lets all requests draw on one budget. Which faults are worth another
 * try, the SDK decides: no answer, an answer that breaks off, 429, SlowDown and what else means "too many", 500, 502, 503 and 504.
 */
export function patientStrategy(): Strategy {
  let answered = false;
  return {
    acquireInitialRetryToken: () => Promise.resolve(new Try(new Backoff(answered ? patience.later : patience.first, ...pauses))),
    async refreshRetryTokenForRetry(token, { errorType }) {
      if (errorType === "TRANSIENT" || errorType === "THROTTLING") return (token as Try).next();
      answered = true;
      throw new Error("not worth another try");
    },
    recordSuccess() {
      answered = true;
    },
  };
}
