/** One HTTP request, as far as the API's client needs it. */
export interface OutgoingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds. */
  readonly timeout: number;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** @param name in lower case */
  readonly header: (name: string) => string | undefined;
}

/** Sends a request. Rejects only where no answer comes. */
export type Send = (request: OutgoingRequest) => Promise<Answer>;

export const sendByFetch: Send = async ({ method, url, headers, body, timeout }) => {
  const response = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(timeout) });
  return { status: response.status, text: await response.text(), header: (name) => response.headers.get(name) ?? undefined };
};
