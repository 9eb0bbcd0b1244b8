import * as grpc from "@grpc/grpc-js";

/** Messages hold whole resources; gRPC's own limit of 4 MB is too small. The engine's is 400 MB. */
const options = { "grpc.max_receive_message_length": 400 * 1024 * 1024, "grpc.max_send_message_length": 400 * 1024 * 1024 };

/** How often a plugin looks whether the engine that started it still lives, in milliseconds. */
const heartbeat = 1_000;

/**
 * Serves the given service as a Pulumi plugin: on a free loopback port, which is written to standard output.
 * Ends when told to, or when the process that started it is gone.
 */
export async function servePlugin(add: (server: grpc.Server) => void, onEnd: () => void = () => undefined): Promise<void> {
  const server = new grpc.Server(options);
  add(server);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  const end = () => {
    onEnd();
    process.exit(0);
  };
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) end();
  }, heartbeat);
  // The engine's way to end a plugin. (A user's Ctrl-C does not reach us: the engine calls Cancel, and lets running operations end.)
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  process.stdout.write(`${port}\n`);
}

/** The engine's address: the last argument that is not a flag. */
export const engineAddress = (): string | undefined => process.argv.slice(2).findLast((arg) => /^[\w.-]+:\d+$/.test(arg));

/** A gRPC error whose message is all that the user sees. */
export const failure = (error: unknown, code = grpc.status.UNKNOWN): grpc.ServiceError =>
  Object.assign(new Error(messageOf(error)), { code, details: messageOf(error), metadata: new grpc.Metadata() });

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
