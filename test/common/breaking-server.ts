import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

export interface BreakingServer {
  /** e.g. `http://127.0.0.1:12345` */
  readonly url: string;
  /** e.g. `GET /path`, also those that got no answer */
  readonly asked: string[];
  /** Number of the next requests whose socket is destroyed instead of an answer. */
  breaks: number;
  close(): Promise<void>;
}

/** A server that closes the connection, with no answer, on the first requests. */
export async function startBreakingServer(breaks: number, listener: RequestListener): Promise<BreakingServer> {
  const server = createServer((request, response) => {
    started.asked.push(`${request.method} ${request.url}`);
    if (started.breaks > 0) {
      started.breaks--;
      request.socket.destroy();
    } else listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const started: BreakingServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    breaks,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return started;
}
