import { credentials } from "@grpc/grpc-js";
import { engineAddress } from "./process";

type Severity = "info" | "warning" | "error";

let client: Promise<{ log(severity: Severity, message: string, urn: string, ephemeral: boolean): void }> | undefined;

/** Shows a line for a resource in the engine's output. Never fails: an update does not end for want of a log line. */
export function tellEngine(severity: Severity, message: string, urn: string, ephemeral: boolean): void {
  client ??= connect();
  client.then((engine) => engine.log(severity, message, urn, ephemeral)).catch(() => undefined);
}

// Loaded on the first message only: most runs have nothing to say, and start faster without it.
async function connect() {
  const [{ EngineClient }, { LogRequest, LogSeverity }] = await Promise.all([
    import("@pulumi/pulumi/proto/engine_grpc_pb"),
    import("@pulumi/pulumi/proto/engine_pb"),
  ]);
  const address = engineAddress();
  if (address === undefined) throw new Error("started without an engine");
  const engine = new EngineClient(address, credentials.createInsecure());
  const severities = { info: LogSeverity.INFO, warning: LogSeverity.WARNING, error: LogSeverity.ERROR };
  return {
    log(severity: Severity, message: string, urn: string, ephemeral: boolean) {
      const request = new LogRequest().setSeverity(severities[severity]).setMessage(message).setUrn(urn).setEphemeral(ephemeral);
      engine.log(request, () => undefined);
    },
  };
}
