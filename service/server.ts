import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { ConfigError } from "../common/config-error";

export interface Health {
  /** The loop turns. */
  alive(): boolean;
  /** The first lists are complete. */
  ready(): boolean;
}

/**
 * Serves /healthz, /readyz and /metrics.
 *
 * @param metrics called for each request of /metrics
 * @returns a function that stops it
 * @throws {ConfigError} if the port is in use
 */
export async function serve(port: number, health: Health, metrics: () => Promise<string>): Promise<() => void> {
  const server = createServer((request, response) => {
    switch (request.url) {
      case "/healthz":
        return health.alive() ? send(response, 200, "ok\n") : send(response, 503, "the loop does not turn\n");
      case "/readyz":
        return health.ready() ? send(response, 200, "ok\n") : send(response, 503, "the caches are not filled yet\n");
      case "/metrics":
        return void metrics().then(
          (text) => send(response, 200, text),
          (error: unknown) => send(response, 500, `${(error as Error).message}\n`),
        );
      default:
        return response.writeHead(404).end();
    }
  });
  server.listen(port);
  await once(server, "listening").catch((error: NodeJS.ErrnoException) => {
    throw error.code === "EADDRINUSE" ? new ConfigError(`httpPort (${port}) is in use by another program.`) : error;
  });
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

const send = (response: ServerResponse, status: number, text: string): unknown =>
  response.writeHead(status, { "Content-Type": "text/plain; version=0.0.4" }).end(text);
