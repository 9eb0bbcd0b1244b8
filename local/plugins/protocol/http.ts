import { type Agent, type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

export interface HttpRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body?: string;
  /** Milliseconds without a sign of life after which the request fails. */
  readonly timeout: number;
  readonly agent?: Agent;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One HTTP request. Not `fetch`: that takes 60 ms to load, and knows no client certificates. Rejects only when no answer comes. */
export function http(url: URL, { method, headers, body, timeout, agent }: HttpRequest): Promise<HttpResponse> {
  const payload = body === undefined ? undefined : Buffer.from(body);
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const length = payload ? { "Content-Length": payload.length } : {};
    const request = send(url, { method, headers: { ...headers, ...length }, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    request.on("error", reject);
    request.setTimeout(timeout, () => request.destroy(new Error(`no answer within ${timeout / 1000} s`)));
    request.end(payload);
  });
}
