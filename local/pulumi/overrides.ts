import { addresses } from "../sandbox/addresses";
import type { Settings } from "../lib/settings";

/** What the stack's configuration has to say of this local cloud's own addresses and images, by full key. */
export function localOverrides(settings: Settings): Record<string, unknown> {
  const { host } = addresses(settings);
  return {
    "ovh-mks-batch:storage": { endpoint: `http://${host}:${settings.s3Port}` },
    "ovh-mks-batch:prices": { catalog: `http://${host}:${settings.apiPort}/1.0` },
    ...(settings.database === "on" && { "ovh-mks-batch:database": { enabled: true } }),
    // Unlike MKS, a local cluster comes without a metrics-server.
    ...(settings.metrics === "on" && { "ovh-mks-batch:metrics": { enabled: true, metricsServer: "install" } }),
    ...(settings.keda !== "off" && { "ovh-mks-batch:keda": { enabled: true, scaledObjects: settings.keda === "scaled-objects" } }),
  };
}
