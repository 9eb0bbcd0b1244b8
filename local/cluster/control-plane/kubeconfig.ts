import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import type { PemFiles } from "./pki";

const base64 = (file: string): string => readFileSync(file).toString("base64");

/** A kubeconfig with one cluster and one user, the certificates within. */
export function kubeconfig(server: string, caFile: string, user: string, client: PemFiles, cluster = "local"): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: cluster, cluster: { server, "certificate-authority-data": base64(caFile) } }],
    users: [{ name: user, user: { "client-certificate-data": base64(client.cert), "client-key-data": base64(client.key) } }],
    contexts: [{ name: `${user}@${cluster}`, context: { cluster, user } }],
    "current-context": `${user}@${cluster}`,
  });
}
