import { codeOf, reasonOf } from "../connection";
import type { Answer } from "./transport";

/** The OVHcloud API answered with an error. */
export class OvhError extends Error {
  override readonly name: string = "OvhError";
  constructor(
    /** HTTP status. */
    readonly status: number,
    /** E.g. `Client::Forbidden::InsufficientVCPUsQuota`. */
    readonly errorClass: string,
    message: string,
    /** How long the API asks to wait before the next try, in milliseconds. */
    readonly retryAfter = 0,
  ) {
    super(message);
  }
}

/** No answer came: there is no server, the connection broke, or the time was up. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
  /** The request may have arrived, and taken effect. */
  readonly maybeSent: boolean;

  constructor(method: string, path: string, cause: unknown, { signedIn }: { signedIn: boolean }) {
    super(`${method} ${path}: ${reasonOf(cause)}`, { cause });
    this.maybeSent = signedIn && !notSent.has(codeOf(cause) ?? "");
  }
}

/** Codes of connections that never were. */
const notSent = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/** The body of an answer that is an error. */
export interface ErrorBody {
  readonly class?: string;
  readonly message?: string;
  readonly details?: { readonly unauthorizedActionsByIAM?: string };
}

/** Returns an empty body for a text that is none, such as a proxy's page. */
export function parseError(text: string): ErrorBody {
  try {
    return (JSON.parse(text) ?? {}) as ErrorBody;
  } catch {
    return {};
  }
}

export const retryAfterOf = (answer: Answer): number => 1000 * (Number(answer.header("retry-after")) || 0);

/** The error of an answer; its message has the class, the text and the right that a policy lacks. */
export function errorOf(method: string, path: string, answer: Answer): OvhError {
  const { class: kind, message, details } = parseError(answer.text);
  const lacking = details?.unauthorizedActionsByIAM && `(missing in the IAM policy: ${details.unauthorizedActionsByIAM})`;
  const parts = [`${method} ${path}: HTTP ${answer.status}`, kind, message ?? answer.text.slice(0, 200), lacking];
  return new OvhError(answer.status, kind ?? "", parts.filter(Boolean).join(" "), retryAfterOf(answer));
}
