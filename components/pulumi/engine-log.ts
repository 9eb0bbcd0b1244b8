/** The log of Pulumi's engine, for a dynamic provider: `pulumi.log` does not reach the engine from a provider's process. */
import { createRequire } from "node:module";
import type * as Grpc from "@grpc/grpc-js";
import type * as EngineService from "@pulumi/pulumi/proto/engine_grpc_pb";
import type * as EngineMessages from "@pulumi/pulumi/proto/engine_pb";

/**
 * @param line shown at once
 * @param isPassing whether it is a state that the next line supersedes: the engine shows a lasting line twice where there is no terminal, as it repeats it
 * under "Diagnostics"
 * @returns a promise that resolves when the engine has the line; it never rejects
 * @see https://github.com/pulumi/pulumi/issues/18249
 */
export type EngineLog = (line: string, isPassing?: boolean) => Promise<void>;

/** Milliseconds that the engine, on the same machine, may take. */
const patience = 5_000;

type Send = (line: string, isPassing: boolean) => Promise<void>;

/**
 * Lines reach the engine in the order in which they were written. What it does not take goes to the process's standard output, which it shows, too.
 * @param address of the engine, `host:port`; undefined outside of Pulumi
 * @param print the standard output
 */
export function createEngineLog(address: string | undefined, print: (line: string) => void): EngineLog {
  let send: Send | undefined;
  let last = Promise.resolve();
  return (line, isPassing = false) => {
    const deliver = async () => {
      if (address === undefined) return print(line);
      try {
        await (send ??= connect(address))(line, isPassing);
      } catch {
        print(line);
      }
    };
    return (last = last.then(deliver));
  };
}

/** Made with the first line: most runs have nothing to say. Client and credentials have to be of the same copy of gRPC: that of the SDK. */
function connect(address: string): Send {
  const sdk = createRequire(require.resolve("@pulumi/pulumi"));
  const { credentials, Metadata } = sdk("@grpc/grpc-js") as typeof Grpc;
  const { EngineClient } = sdk("./proto/engine_grpc_pb") as typeof EngineService;
  const { LogRequest, LogSeverity } = sdk("./proto/engine_pb") as typeof EngineMessages;
  const engine = new EngineClient(address, credentials.createInsecure());
  return (line, isPassing) =>
    new Promise((resolve, reject) => {
      const request = new LogRequest().setSeverity(LogSeverity.INFO).setMessage(line).setEphemeral(isPassing);
      engine.log(request, new Metadata(), { deadline: Date.now() + patience }, (error) => (error ? reject(error) : resolve()));
    });
}
