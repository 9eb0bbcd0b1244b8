/** Sends a message to a URL. */
import { createHmac } from "node:crypto";
import { codeOf } from "../../common/connection";
import { secretBytes, type WebhookSettings } from "../../common/notification-settings";
import { slackForm, teamsForm } from "./chat";
import { type Message } from "./notice";
import { type Outcome, type Sending } from "./sending";

/** Statuses below 500 after which another try may go better: time-out, too early, too many requests. */
const passing = new Set([408, 425, 429]);

const forms: Readonly<Record<WebhookSettings["format"], (message: Message) => object>> = {
  json: (message) => message,
  slack: slackForm,
  teams: teamsForm,
};

/** Never throws. Redirects are not followed: they may lead to another host, which the message and its signature are not for. */
export async function postWebhook(
  { url, format, headers, secret }: WebhookSettings,
  { message, key, now, signal }: Sending,
): Promise<Outcome> {
  const body = JSON.stringify(forms[format](message));
  const own = { "content-type": "application/json", "user-agent": "mks-batch", "idempotency-key": key };
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { ...headers, ...own, ...(secret !== undefined && signature(secret, key, now, body)) },
      body,
      redirect: "manual",
      signal,
    });
    // What it says is nobody's business, and an answer that is not read keeps the connection.
    await response.body?.cancel().catch(() => undefined);
    return outcomeOf(response, now);
  } catch (error) {
    return { kind: "failed", error: signal.aborted ? "no answer in time" : (codeOf(error) ?? "the connection failed") };
  }
}

function outcomeOf({ ok, status, headers }: Response, now: number): Outcome {
  if (ok) return { kind: "sent" };
  if (status < 400) return { kind: "failed", error: `HTTP ${status}: redirects are not followed` };
  const error = `HTTP ${status}`;
  if (status < 500 && !passing.has(status)) return { kind: "refused", error };
  const after = retryAfter(headers.get("retry-after"), now);
  return { kind: "failed", error, ...(after !== undefined && { after }) };
}

/** Milliseconds of a Retry-After header, which has seconds or a date. @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const milliseconds = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return milliseconds > 0 ? milliseconds : undefined;
}

/** @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function signature(secret: string, id: string, now: number, body: string): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000));
  const hmac = createHmac("sha256", secretBytes(secret)!).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${hmac}` };
}
