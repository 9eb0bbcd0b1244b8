import * as grpc from "@grpc/grpc-js";
import { failure } from "./process";

/** A gRPC method from a plain function; what it throws becomes the error that the engine shows. */
export function unary<Input, Output>(
  handle: (request: Input, call: grpc.ServerUnaryCall<Input, Output>) => Output | Promise<Output>,
  toError: (error: unknown) => grpc.ServiceError = failure,
): grpc.handleUnaryCall<Input, Output> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => handle(call.request, call))
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(toError(error)),
      );
  };
}

/** Adds the service's other methods, which say that `owner` does not know them. */
export function complete(service: object, methods: grpc.UntypedServiceImplementation, owner: string): grpc.UntypedServiceImplementation {
  const missing = Object.keys(service).filter((name) => !(name in methods));
  return { ...methods, ...Object.fromEntries(missing.map((name) => [name, refuse(`${name} is not known to ${owner}`)])) };
}

const refuse =
  (message: string) =>
  (call: grpc.ServerUnaryCall<unknown, unknown>, callback?: grpc.sendUnaryData<unknown>): void => {
    const error = failure(message, grpc.status.UNIMPLEMENTED);
    // A streaming method has no callback.
    if (callback) callback(error);
    else call.emit("error", error);
  };
