import { spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { KubeClient } from "../../../kubernetes/client";
import { parseKubeconfig } from "../../../kubernetes/kubeconfig";
import { paths } from "../../../local/lib/paths";
import { env, json } from "./cloud";

/** The servers of the aggregated APIs: with which certificate each serves, and how it is called. */

export interface Server {
  readonly name: string;
  readonly apiService: string;
  /** Of something that it answers. */
  readonly path: string;
}

export const servers: readonly Server[] = [
  { name: "metrics-server", apiService: "v1beta1.metrics.k8s.io", path: "/apis/metrics.k8s.io/v1beta1/nodes" },
  {
    name: "prometheus-adapter",
    apiService: "v1beta1.custom.metrics.k8s.io",
    path: "/apis/custom.metrics.k8s.io/v1beta1/namespaces/services/pods/*/http_requests",
  },
];

export interface ApiService {
  readonly spec: { readonly caBundle: string; readonly insecureSkipTLSVerify?: boolean; readonly service: { readonly name: string } };
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
}
export const apiServiceOf = ({ apiService }: Server): Promise<ApiService> => json("get", "apiservice", apiService);

const decode = (base64: string): string => Buffer.from(base64, "base64").toString();
/** PEM certificates that the API server trusts, the newest authority's first. */
export const trustedFor = async (server: Server): Promise<string[]> =>
  decode((await apiServiceOf(server)).spec.caBundle).match(/-----BEGIN[^]+?-----END CERTIFICATE-----/g) ?? [];

/** The certificate in the server's Secret, which the server has some time later. */
export async function secretOf({ name }: Server): Promise<X509Certificate> {
  const { data } = await json<{ data: Record<string, string> }>("--namespace", "metrics", "get", "secret", `${name}-tls`);
  return new X509Certificate(decode(data["tls.crt"]!));
}

/** The certificate that the server serves with. @throws when it is none that the API server, as it is at this moment, would accept */
export async function servedBy(server: Server): Promise<X509Certificate> {
  const ca = await trustedFor(server);
  const args = ["--namespace", "metrics", "port-forward", `service/${server.name}`, ":443"];
  const forward = spawn("kubectl", args, { env: env(), stdio: ["ignore", "pipe", "inherit"] });
  try {
    const port = await new Promise<number>((resolve, reject) => {
      forward.stdout.setEncoding("utf8").on("data", (text: string) => {
        const [, found] = /127\.0\.0\.1:(\d+)/.exec(text) ?? [];
        if (found) resolve(Number(found));
      });
      forward.on("error", reject).on("close", (code) => reject(new Error(`kubectl port-forward: exit status ${code}`)));
    });
    return await new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, servername: `${server.name}.metrics.svc`, ca, timeout: 30_000 }, () => {
        resolve(socket.getPeerX509Certificate()!);
        socket.destroy();
      });
      socket.on("error", reject).on("timeout", () => socket.destroy(new Error(`${server.name} does not answer`)));
    });
  } finally {
    forward.kill();
  }
}

/** Calls all of them each second, each time once. @returns an end to it, which answers how often they were called and what failed */
export function keepCalling(): () => Promise<{ calls: number; failures: string[] }> {
  const client = new KubeClient(parseKubeconfig(readFileSync(paths.kubeconfig, "utf8")), { silence: 30_000, tries: 1 });
  const failures: string[] = [];
  let calls = 0;
  let stopped = false;
  const calling = (async () => {
    for (; !stopped; await sleep(1_000)) {
      const once = ({ path }: Server): Promise<unknown> =>
        client
          .text({ method: "GET", path })
          .catch((error: Error) => failures.push(`${new Date().toISOString()} ${path}: ${error.message}`));
      await Promise.all(servers.map(once));
      calls += servers.length;
    }
  })();
  return async () => {
    stopped = true;
    await calling;
    client.close();
    return { calls, failures };
  };
}
