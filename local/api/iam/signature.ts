import { createHash, timingSafeEqual } from "node:crypto";
import { ApiError } from "../request/errors";
import type { ApiKey, Identity } from "../state/model";
import { isGranted } from "./rights";

export interface SignedRequest {
  readonly method: string;
  /** Without the API's version and the query. */
  readonly path: string;
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

/**
 * Checks a request as OVHcloud does, and answers the key that it was signed with.
 *
 * @throws {ApiError} 400, 401 or 403 with OVHcloud's messages
 */
export function checkSignature(keys: readonly ApiKey[], request: SignedRequest, now: Date): ApiKey {
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  const application = header("x-ovh-application");
  const consumer = header("x-ovh-consumer");
  if (application === undefined && consumer === undefined)
    throw refused(401, "Client::Unauthorized", "NOT_CREDENTIAL", "You must login first");
  const ofApplication = keys.filter(({ applicationKey }) => application !== undefined && equal(application, applicationKey));
  if (ofApplication.length === 0) {
    throw refused(403, "Client::Forbidden", "INVALID_KEY", "This application key is invalid");
  }
  const key = ofApplication.find(({ consumerKey }) => consumer !== undefined && equal(consumer, consumerKey));
  if (!key) {
    throw refused(403, "Client::Forbidden", "INVALID_CREDENTIAL", "This credential does not exist");
  }
  const timestamp = header("x-ovh-timestamp") ?? "";
  if (!/^\d+$/.test(timestamp) || Math.abs(now.getTime() / 1000 - Number(timestamp)) > tolerance) {
    throw refused(400, "Client::BadRequest", "QUERY_TIME_OUT", "Query out of time");
  }
  if (!equal(header("x-ovh-signature") ?? "", sign(key, request, timestamp))) {
    throw refused(400, "Client::BadRequest", "INVALID_SIGNATURE", "Invalid signature");
  }
  // The emulator's own endpoints are no part of OVHcloud's API.
  if (!request.path.startsWith("/_") && !isGranted(key.rules, request.method, request.path)) {
    throw refused(403, "Client::Forbidden", "NOT_GRANTED_CALL", "This call has not been granted");
  }
  return key;
}

/** Compares secrets in a time that tells nothing. */
export function equal(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
