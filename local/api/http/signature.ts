import { createHash, timingSafeEqual } from "node:crypto";
import { ApiError } from "../errors";

/** An application and a consumer key that may do everything in the project. */
export interface Identity {
  readonly applicationKey: string;
  readonly applicationSecret: string;
  readonly consumerKey: string;
}

export interface SignedRequest {
  readonly method: string;
  /** The whole URL as the client used it, with host and query. */
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** How far a request's time stamp may be off, in seconds. */
const tolerance = 180;

const refused = (status: number, errorClass: string, errorCode: string, message: string): ApiError =>
  // python-ovh goes by errorCode, the newer clients by class.
  new ApiError(status, errorClass, message, { errorCode });

/** `$1$` and the SHA-1 over secret, consumer key, method, URL, body and time stamp, joined by "+". */
export function sign(identity: Identity, request: Pick<SignedRequest, "method" | "url" | "body">, timestamp: string): string {
  const text = [identity.applicationSecret, identity.consumerKey, request.method, request.url, request.body, timestamp].join("+");
  return `$1$${createHash("sha1").update(text).digest("hex")}`;
}

/** Checks a request as OVHcloud does. @throws {ApiError} 400, 401 or 403 with OVHcloud's messages */
export function checkSignature(identity: Identity, request: SignedRequest, now: Date): void {
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  const application = header("x-ovh-application");
  const consumer = header("x-ovh-consumer");
  if (application === undefined && consumer === undefined)
    throw refused(401, "Client::Unauthorized", "NOT_CREDENTIAL", "You must login first");
  if (application === undefined || !equal(application, identity.applicationKey)) {
    throw refused(403, "Client::Forbidden", "INVALID_KEY", "This application key is invalid");
  }
  if (consumer === undefined || !equal(consumer, identity.consumerKey)) {
    throw refused(403, "Client::Forbidden", "INVALID_CREDENTIAL", "This credential does not exist");
  }
  const timestamp = header("x-ovh-timestamp") ?? "";
  if (!/^\d+$/.test(timestamp) || Math.abs(now.getTime() / 1000 - Number(timestamp)) > tolerance) {
    throw refused(400, "Client::BadRequest", "QUERY_TIME_OUT", "Query out of time");
  }
  if (!equal(header("x-ovh-signature") ?? "", sign(identity, request, timestamp))) {
    throw refused(400, "Client::BadRequest", "INVALID_SIGNATURE", "Invalid signature");
  }
}

function equal(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
