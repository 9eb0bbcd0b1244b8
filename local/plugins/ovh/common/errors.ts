import type { HttpResponse } from "../../protocol/http";

/** The API answered with an error. The message has its class, text and query id, and what to do about it. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** e.g. `Client::Forbidden::InsufficientVCPUsQuota` */
  readonly class: string;
  /** How long the API asks to wait before the next try, in milliseconds. */
  readonly retryAfter: number;

  constructor(method: string, path: string, response: HttpResponse) {
    const body = parse(response.text);
    const queryId = response.headers["x-ovh-queryid"];
    const parts = [`${method} ${path}: ${response.status}`, body.class, body.message ?? response.text.slice(0, 300)]
      .filter(Boolean)
      .join(" ");
    super([parts, queryId && `(X-Ovh-QueryID: ${String(queryId)})`, hint(response.status, body)].filter(Boolean).join(" "));
    this.status = response.status;
    this.class = body.class ?? "";
    this.retryAfter = 1000 * (Number(response.headers["retry-after"]) || 0);
  }
}

/** No answer came: there is no server, the connection broke, or the time was up. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
  readonly code: string;

  constructor(method: string, url: string, cause: NodeJS.ErrnoException) {
    // A refused connection to a name with several addresses has the reasons inside.
    const reason = cause instanceof AggregateError ? cause.errors.map(String).join(", ") : cause.message;
    super(`${method} ${url}: no answer from the OVHcloud API: ${reason}. Is the endpoint right, and does it run?`);
    this.code = cause.code ?? "";
  }
}

interface Body {
  readonly class?: string;
  readonly message?: string;
  readonly details?: { readonly unauthorizedActionsByIAM?: string };
}

function parse(text: string): Body {
  try {
    return JSON.parse(text) as Body;
  } catch {
    return {};
  }
}

function hint(status: number, { class: kind = "", message = "", details }: Body): string {
  if (/quota/i.test(`${kind} ${message}`))
    return "Raise the project's quota in the OVHcloud control panel (Public Cloud > Quota and Regions), or ask for less.";
  if (status === 401 || status === 403) {
    if (details?.unauthorizedActionsByIAM) return `(missing IAM permissions: ${details.unauthorizedActionsByIAM})`;
    return "Check clientId and clientSecret, or applicationKey, applicationSecret and consumerKey, and that the key grants this method on /cloud/project/*: docs/deploy.md, step 3";
  }
  if (status === 404 && /service/i.test(message)) return "Check serviceName, the id of the Public Cloud project.";
  if (status === 429) return "The API's rate limit is reached; try again in a minute.";
  return "";
}
