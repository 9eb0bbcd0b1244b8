/** A fault to show to the user as it is, without a stack trace. */
export class BatchError extends Error {
  override readonly name: string = "BatchError";
}

/** The message of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error));
