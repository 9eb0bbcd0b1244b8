import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { type AddressInfo } from "node:net";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Answers a request; the first argument is what came, the last how many came before it. */
export type Answer = (received: Received, response: ServerResponse, n: number) => void;

/** A server on the loopback interface that records what it receives. */
export async function serve(answer: Answer, tls?: { cert: string; key: string }) {
  const received: Received[] = [];
  const listener: RequestListener = (request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const url = new URL(request.url ?? "", "http://server");
      const { method = "", headers } = request;
      received.push({ method, path: url.pathname, query: Object.fromEntries(url.searchParams), headers, body });
      answer(received.at(-1)!, response, received.length - 1);
    });
  };
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { url: `${tls ? "https" : "http"}://127.0.0.1:${(server.address() as AddressInfo).port}`, received, close };
}

export const answerWith = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status).end(JSON.stringify(body));
};
