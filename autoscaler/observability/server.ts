import { once } from "node:events";
import { createServer } from "node:http";
import { ConfigError } from "../../common/config-error";

interface Health {
  /** The loop turns. */
  alive(): boolean;
  /** The first lists are complete. */
  ready(): boolean;
}

/** Serves /healthz, /readyz and /metrics, whose text is asked for each time; answers how to stop. */
export async function serve(port: number, health: Health, metrics: () => string): Promise<() => void> {
  const server = createServer((request, response) => {
    const answer = (ok: boolean, text: string): unknown =>
      response.writeHead(ok ? 200 : 503, { "Content-Type": "text/plain; version=0.0.4" }).end(text);
    switch (request.url) {
      case "/healthz":
        return answer(health.alive(), health.alive() ? "ok\n" : "the loop does not turn\n");
      case "/readyz":
        return answer(health.ready(), health.ready() ? "ok\n" : "the caches are not filled yet\n");
      case "/metrics":
        return answer(true, metrics());
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
