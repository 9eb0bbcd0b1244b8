import * as grpc from "@grpc/grpc-js";

/** Messages hold whole resources; gRPC's own limit of 4 MB is too small. The engine's is 400 MB. */
const options = { "grpc.max_receive_message_length": 400 * 1024 * 1024, "grpc.max_send_message_length": 400 * 1024 * 1024 };

/** How often a plugin looks whether the engine that started it still lives, in milliseconds. */
const heartbeat = 1_000;

/** Serves on a free port of the loopback interface, and answers the port. */
export async function listen(service: grpc.ServiceDefinition, implementation: grpc.UntypedServiceImplementation): Promise<number> {
  const server = new grpc.Server(options);
  server.addService(service, implementation);
  return new Promise((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port))),
  );
}

/**
 * Runs this process as a Pulumi plugin: the port is written to standard output. It ends when told to, or when the process
 * that started it is gone.
 */
export function runPlugin(serving: Promise<number>, onEnd: () => void = () => undefined): void {
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
  serving.then(
    (port) => process.stdout.write(`${port}\n`),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}

/** The engine's address: the last argument that is not a flag. */
export const engineAddress = (): string | undefined => process.argv.slice(2).findLast((arg) => /^[\w.-]+:\d+$/.test(arg));

/** A gRPC error whose message is all that the user sees. */
export const failure = (error: unknown, code = grpc.status.UNKNOWN): grpc.ServiceError =>
  Object.assign(new Error(messageOf(error)), { code, details: messageOf(error), metadata: new grpc.Metadata() });

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
