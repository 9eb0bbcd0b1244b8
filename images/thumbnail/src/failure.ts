/** Exit codes of the worker, as in sysexits.h. The batch Job treats `data` as final and retries the others. */
export const exitCodes = {
  /** A setting is missing or wrong. */
  usage: 64,
  /** The video is missing, empty, broken, or no video. */
  data: 65,
  /** S3 does not answer, or refuses. */
  unavailable: 69,
  /** Something in the container failed: ffmpeg does not start, /tmp is full. */
  software: 70,
  /** Ended by SIGTERM or SIGINT. */
  terminated: 143,
} as const;

/** Ends the worker with an exit code; the message is one sentence for the user. */
export class Failure extends Error {
  override readonly name = "Failure";
  constructor(
    readonly code: (typeof exitCodes)[keyof typeof exitCodes],
    message: string,
  ) {
    super(message);
  }
}
