/** A fault in a request, answered as OVHcloud's API answers it: `{"class", "message", "details"}`. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    /** HTTP status */
    readonly status: number,
    /** e.g. "Client::BadRequest" */
    readonly errorClass: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}
