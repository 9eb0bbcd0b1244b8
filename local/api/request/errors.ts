/**
 * What is wrong with a request, and how the API says it.
 * Imports nothing of the emulator.
 */
/** A fault in a request, answered as OVHcloud's API answers it: `{"class", "message", "details"}`. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    /** HTTP status */
    readonly status: number,
    /** e.g. "Client::BadRequest" */
    readonly errorClass: string,
    message: string,
    /** Strings only: go-ovh, and so every official provider, fails to parse an error whose details hold anything else. */
    readonly details: Readonly<Record<string, string>> = {},
    /** Seconds for the header Retry-After. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

export const badRequest = (message: string, details?: Record<string, string>): ApiError =>
  new ApiError(400, "Client::BadRequest", message, details);
export const notFound = (message: string): ApiError => new ApiError(404, "Client::NotFound", message);
export const conflict = (message: string): ApiError => new ApiError(409, "Client::Conflict", message);
export const preconditionFailed = (message: string): ApiError => new ApiError(412, "Client::PreconditionFailed", message);
export const notSupported = (what: string): ApiError =>
  new ApiError(501, "Server::NotImplemented", `${what} is not supported by the local cloud (OVHcloud supports it)`);
