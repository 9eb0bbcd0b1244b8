/** How long requests to the object store are tried again. */
import { type S3ClientConfig } from "@aws-sdk/client-s3";
import { Backoff } from "../../../common/backoff";
import { messageOf } from "../../../common/errors";
import { type Outage } from "./outage";

/**
 * In milliseconds. A store that does not answer at all is told soon, as somebody may have mistyped its address; one that did is waited for as long as an
 * API server is, since what it does not take is lost.
 */
const patience = { first: 15_000, later: 15 * 60_000 };
const pauses = [200, 10_000] as const;

type Strategy = Extract<NonNullable<S3ClientConfig["retryStrategy"]>, { acquireInitialRetryToken: unknown }>;

class Try {
  constructor(
    readonly patience: number,
    private readonly backoff = new Backoff(patience, ...pauses),
    readonly since = Date.now(),
    private readonly count = 0,
  ) {}

  getRetryCount = (): number => this.count;
  /** The strategy has waited already. */
  getRetryDelay = (): number => 0;

  async next(): Promise<Try> {
    if (await this.backoff.next()) return new Try(this.patience, this.backoff, this.since, this.count + 1);
    // The SDK throws the request's own error in its place.
    throw new Error("out of patience");
  }
}

/**
 * A strategy of one client for the SDK, in the place of its own, which counts tries and lets all requests draw on one budget. Which faults are worth another
 * try, the SDK decides: no answer, an answer that breaks off, 429, SlowDown and what else means "too many", 500, 502, 503 and 504.
 */
export function patientStrategy(outage: Outage): Strategy {
  let answered = false;
  return {
    acquireInitialRetryToken: () => Promise.resolve(new Try(answered ? patience.later : patience.first)),
    async refreshRetryTokenForRetry(token, { errorType, error }) {
      if (errorType === "TRANSIENT" || errorType === "THROTTLING") {
        const { since, patience } = token as Try;
        const refused = (error as Partial<SdkError> | undefined)?.$metadata?.httpStatusCode !== undefined;
        outage.failed({ since, patience, reason: messageOf(error), refused });
        return (token as Try).next();
      }
      answered = true;
      outage.worked();
      throw new Error("not worth another try");
    },
    recordSuccess() {
      answered = true;
      outage.worked();
    },
  };
}

/** As far as errors of the SDK tell of an answer. */
export interface SdkError {
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** The body of an answer broke off. */
class BrokenBody extends Error {}

async function* marked(body: AsyncIterable<Uint8Array>, onData: () => void): AsyncGenerator<Uint8Array> {
  try {
    for await (const data of body) {
      onData();
      yield data;
    }
  } catch (error) {
    throw new BrokenBody(messageOf(error), { cause: error });
  }
}

/**
 * Reads an object to its end; the SDK's tries end with an answer's head. One that breaks off is read anew from its beginning, with the same patience, which
 * begins when the first one falls silent: a large object may take longer than that.
 * @param open asks for the object; undefined without one
 * @param read may be called several times, each with a new body
 * @param outage told of bodies alone: every one that breaks off had a head, which is an answer
 */
export async function readWhole<T>(
  open: () => Promise<AsyncIterable<Uint8Array> | undefined>,
  read: (body: AsyncIterable<Uint8Array>) => Promise<T>,
  outage: Outage,
): Promise<T | undefined> {
  let heard = Date.now();
  let broken: { readonly since: number; readonly backoff: Backoff } | undefined;
  for (;;) {
    const body = await open();
    if (!body) return undefined;
    try {
      const whole = await read(marked(body, () => (heard = Date.now())));
      outage.worked();
      return whole;
    } catch (error) {
      if (!(error instanceof BrokenBody)) throw error;
      broken ??= { since: heard, backoff: new Backoff(patience.later, ...pauses) };
      outage.failed({ since: broken.since, patience: patience.later, reason: `an answer broke off: ${error.message}`, refused: false });
      if (!(await broken.backoff.next())) throw error;
    }
  }
}
