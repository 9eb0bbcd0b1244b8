import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { ConfigError } from "../../common/config-error";

/** Where the API server is and how to speak to it. */
export interface Access {
  readonly server: string;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Reads the bearer token anew: a pod's token changes every hour. */
  readonly token: (() => string) | undefined;
}

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Access of the pod that this runs in. @throws {ConfigError} when it runs in none */
export function podAccess(environment: Readonly<Record<string, string | undefined>>): Access {
  const host = environment.KUBERNETES_SERVICE_HOST;
  if (!host || !existsSync(`${serviceAccount}/token`)) {
    throw new ConfigError("This is no pod with a service account. Outside the cluster, give --kubeconfig FILE.");
  }
  const server = `https://${host.includes(":") ? `[${host}]` : host}:${environment.KUBERNETES_SERVICE_PORT ?? "443"}`;
  const token = (): string => readFileSync(`${serviceAccount}/token`, "utf8").trim();
  return { server, ca: readFileSync(`${serviceAccount}/ca.crt`, "utf8"), cert: undefined, key: undefined, token };
}

interface Kubeconfig {
  readonly "current-context"?: string;
  readonly contexts?: readonly { readonly name: string; readonly context: { readonly cluster: string; readonly user: string } }[];
  readonly clusters?: readonly { readonly name: string; readonly cluster: Readonly<Record<string, string | undefined>> }[];
  readonly users?: readonly { readonly name: string; readonly user: Readonly<Record<string, string | undefined>> }[];
}

/** Access from the current context of a kubeconfig file, by client certificate or token. @throws {ConfigError} when it names none */
export function kubeconfigAccess(file: string): Access {
  const config = readYaml(file) as Kubeconfig;
  const context = config.contexts?.find(({ name }) => name === config["current-context"])?.context;
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  const user = config.users?.find(({ name }) => name === context?.user)?.user;
  if (!cluster?.server || !user) throw new ConfigError(`${file}: the current context names no cluster with a server, or no user.`);
  const read = (from: Readonly<Record<string, string | undefined>>, name: string): string | undefined => {
    const data = from[`${name}-data`];
    const path = from[name];
    return data ? Buffer.from(data, "base64").toString() : path && readFileSync(resolve(dirname(file), path), "utf8");
  };
  const { token } = user;
  const access = {
    server: cluster.server.replace(/\/$/, ""),
    ca: read(cluster, "certificate-authority"),
    cert: read(user, "client-certificate"),
    key: read(user, "client-key"),
    token: token ? () => token : undefined,
  };
  if (!access.cert && !access.token)
    throw new ConfigError(`${file}: the user has neither a client certificate nor a token; other ways to log in are not supported.`);
  return access;
}

function readYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new ConfigError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
