/** A try to reach a target, and what comes of it. */
import { type Message } from "./notice";

export interface Sending {
  readonly message: Message;
  /** Identifies the message for this target, whichever try it is. */
  readonly key: string;
  /** When it is sent, in milliseconds since 1970. */
  readonly now: number;
  /** Aborts when it takes too long. */
  readonly signal: AbortSignal;
}

/** Errors never hold addresses, tokens, or what the target said. */
export type Outcome =
  | {
      readonly kind: "sent";
      /** What is not as it should be all the same. */
      readonly note?: string;
    }
  | {
      /** Another try may go better. */
      readonly kind: "failed";
      readonly error: string;
      /** Milliseconds that the target asks to wait. */
      readonly after?: number;
    }
  | {
      /** Another try would end alike. */
      readonly kind: "refused";
      readonly error: string;
    };

/** Resolves after that many milliseconds, and rejects when aborted. */
export type Wait = (milliseconds: number, signal: AbortSignal) => Promise<unknown>;

/** Does work with a signal that aborts when it takes longer than that many milliseconds. */
export async function withDeadline<T>(milliseconds: number, wait: Wait, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const [late, done] = [new AbortController(), new AbortController()];
  wait(milliseconds, done.signal).then(
    () => late.abort(),
    () => undefined,
  );
  try {
    return await work(late.signal);
  } finally {
    done.abort();
  }
}
