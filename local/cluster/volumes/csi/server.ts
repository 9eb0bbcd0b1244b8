import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { encode, Message } from "./wire";

/** Answers calls of a service: takes the message and returns that of the answer. @throws {Refusal} */
export type Method = (request: Message) => Promise<Buffer> | Buffer;

/** An answer with an error, in a status of gRPC's. */
export class Refusal extends Error {
  constructor(
    readonly code: "INVALID_ARGUMENT" | "NOT_FOUND" | "INTERNAL",
    message: string,
  ) {
    super(message);
  }
}

export const empty = encode({});

/** Serves methods, by their paths such as `/csi.v1.Node/NodeGetInfo`, on a socket. @returns ends it */
export async function serve(socket: string, methods: Readonly<Record<string, Method>>): Promise<() => void> {
  const server = new grpc.Server();
  const definition: Record<string, grpc.MethodDefinition<Buffer, Buffer>> = {};
  const handlers: Record<string, grpc.handleUnaryCall<Buffer, Buffer>> = {};
  for (const [path, method] of Object.entries(methods)) {
    const bytes = (buffer: Buffer): Buffer => buffer;
    definition[path] = {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    };
    handlers[path] = ({ request }, callback) => {
      answer(method, request).then(
        (reply) => callback(null, reply),
        (error: unknown) => callback(statusOf(error)),
      );
    };
  }
  server.addService(definition, handlers);
  mkdirSync(dirname(socket), { recursive: true, mode: 0o750 });
  // Of a process that was killed.
  rmSync(socket, { force: true });
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix:${socket}`, grpc.ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve())),
  );
  return () => server.forceShutdown();
}

/** What a method throws at once fails as what it rejects with. */
const answer = (method: Method, request: Buffer): Promise<Buffer> => Promise.resolve(request).then((bytes) => method(new Message(bytes)));

const statusOf = (error: unknown): Partial<grpc.StatusObject> => ({
  code: grpc.status[error instanceof Refusal ? error.code : "INTERNAL"],
  details: error instanceof Error ? error.message : String(error),
});
