import { sign } from "../api/iam/signature";
import { type Identity } from "../api/state/model";

/** An answer of the API other than 2xx. */
export class CallError extends Error {
  override readonly name = "CallError";
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Calls the OVHcloud API, signed.
 *
 * @param url whole URL
 * @param timeout milliseconds
 * @throws {CallError} for an answer other than 2xx
 */
export async function call(identity: Identity, method: string, url: string, body?: unknown, timeout = 10_000): Promise<unknown> {
  const text = body === undefined ? "" : JSON.stringify(body);
  const timestamp = String(Math.floor(Date.now() / 1000));
  const answer = await fetch(url, {
    method,
    body: text === "" ? undefined : text,
    signal: AbortSignal.timeout(timeout),
    headers: {
      "Content-Type": "application/json",
      "X-Ovh-Application": identity.applicationKey,
      "X-Ovh-Consumer": identity.consumerKey,
      "X-Ovh-Timestamp": timestamp,
      "X-Ovh-Signature": sign(identity, { method, url, body: text }, timestamp),
    },
  });
  const content = await answer.text();
  if (!answer.ok) throw new CallError(answer.status, `${method} ${url}: ${answer.status} ${content}`);
  return content === "" ? undefined : JSON.parse(content);
}
