import { type ErrorBody, OvhError, parseError, retryAfterOf } from "../../../../common/ovh/errors";
import type { Answer } from "../../../../common/ovh/transport";

/** The API answered with an error. The message has its class, text and query id, and what to do about it. */
export class ApiError extends OvhError {
  override readonly name = "ApiError";

  constructor(method: string, path: string, answer: Answer) {
    const body = parseError(answer.text);
    const queryId = answer.header("x-ovh-queryid");
    const parts = [`${method} ${path}: ${answer.status}`, body.class, body.message ?? answer.text.slice(0, 300)].filter(Boolean).join(" ");
    const message = [parts, queryId && `(X-Ovh-QueryID: ${queryId})`, hint(answer.status, body)].filter(Boolean).join(" ");
    super(answer.status, body.class ?? "", message, retryAfterOf(answer));
  }
}

function hint(status: number, { class: kind = "", message = "", details }: ErrorBody): string {
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
