import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** Where a cluster is and how to log in to it: what a kubeconfig says of one context. */
export interface Access {
  /** URL of the API server. */
  readonly server: string;
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
  readonly token: string | undefined;
  readonly skipTlsVerify: boolean;
  readonly tlsServerName: string | undefined;
  /** The context's namespace. */
  readonly namespace: string | undefined;
}

interface Kubeconfig {
  readonly "current-context"?: string;
  readonly contexts?: readonly { name: string; context?: { cluster?: string; user?: string; namespace?: string } }[];
  readonly clusters?: readonly { name: string; cluster?: Record<string, unknown> }[];
  readonly users?: readonly { name: string; user?: Record<string, unknown> }[];
}

/** Which part of the kubeconfig to use; each overrides what the kubeconfig itself says. */
export interface Choice {
  readonly context?: string;
  readonly cluster?: string;
}

/**
 * Reads a kubeconfig, given as its text or its path; by default `$KUBECONFIG` or `~/.kube/config`.
 * @throws when it is missing, is not valid, or logs in in a way that is not known here
 */
export async function readKubeconfig(given: string | undefined, choice: Choice = {}): Promise<Access> {
  const source = given ?? process.env.KUBECONFIG ?? join(homedir(), ".kube", "config");
  const isText = /[\n{]/.test(source);
  const file = isText ? undefined : resolve(source.replace(/^~(?=\/)/, homedir()));
  if (file !== undefined && !existsSync(file)) throw new Error(`kubeconfig: there is no file ${file}`);
  // Loaded here only: a run that changes nothing needs no cluster.
  const { parse } = await import("yaml");
  let config: Kubeconfig | null;
  try {
    config = parse(file === undefined ? source : readFileSync(file, "utf8")) as Kubeconfig | null;
  } catch {
    // The parser's message quotes the text, which is secret.
    throw new Error("kubeconfig: is not valid YAML");
  }
  return accessOf(config ?? {}, choice, file === undefined ? process.cwd() : dirname(file));
}

function accessOf(config: Kubeconfig, choice: Choice, folder: string): Access {
  const contextName = choice.context ?? config["current-context"];
  const context = config.contexts?.find(({ name }) => name === contextName)?.context;
  if (!context) throw new Error(`kubeconfig: there is no context ${JSON.stringify(contextName ?? "")}`);
  const clusterName = choice.cluster ?? context.cluster;
  const cluster = config.clusters?.find(({ name }) => name === clusterName)?.cluster;
  if (typeof cluster?.server !== "string")
    throw new Error(`kubeconfig: there is no cluster ${JSON.stringify(clusterName ?? "")} with a server`);
  const user = config.users?.find(({ name }) => name === context.user)?.user ?? {};
  const unknown = [...Object.keys(user).filter((key) => !userKeys.has(key)), ...(cluster["proxy-url"] === undefined ? [] : ["proxy-url"])];
  if (unknown.length > 0) throw new Error(`kubeconfig: ${unknown.join(", ")} is not known to the stand-in of the kubernetes plugin`);

  const data = (from: Record<string, unknown>, key: string): Buffer | undefined => {
    const inline = from[`${key}-data`];
    if (typeof inline === "string") return Buffer.from(inline, "base64");
    const path = from[key];
    return typeof path === "string" ? readFileSync(resolve(folder, path)) : undefined;
  };
  const token = typeof user.token === "string" ? user.token : data({ file: user.tokenFile }, "file")?.toString("utf8").trim();
  return {
    server: cluster.server.replace(/\/+$/, ""),
    ca: data(cluster, "certificate-authority"),
    cert: data(user, "client-certificate"),
    key: data(user, "client-key"),
    token,
    skipTlsVerify: cluster["insecure-skip-tls-verify"] === true,
    tlsServerName: typeof cluster["tls-server-name"] === "string" ? cluster["tls-server-name"] : undefined,
    namespace: context.namespace,
  };
}

const userKeys = new Set(["client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "tokenFile"]);
