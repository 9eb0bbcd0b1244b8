/** Where the API server is and who we are: from a kubeconfig, or from the pod that this runs in. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { BatchError, messageOf } from "../common/errors";
import { parseExec, type Program } from "./exec";

export interface Connection {
  /** e.g. https://10.0.0.1:6443 */
  readonly server: string;
  readonly ca?: string;
  readonly servername?: string;
  readonly insecure: boolean;
  readonly cert?: string;
  readonly key?: string;
  /** A function reads it anew: a pod's changes every hour. */
  readonly token?: string | (() => string);
  /** Gives credentials in the place of these. */
  readonly program?: Program;
  /** The context's. */
  readonly namespace?: string;
}

export interface KubeconfigOptions {
  /** The folder that the files which the kubeconfig names are relative to. @default naming files is a fault */
  readonly folder?: string;
  /** @default the current context */
  readonly context?: string;
  /** @default the context's */
  readonly cluster?: string;
}

const named = <K extends string, T extends z.ZodType>(key: K, value: T) =>
  z.array(z.object({ name: z.string(), [key]: value } as { name: z.ZodString } & Record<K, T>));

const userSchema = z.object({
  "client-certificate": z.string().optional(),
  "client-certificate-data": z.base64().optional(),
  "client-key": z.string().optional(),
  "client-key-data": z.base64().optional(),
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  exec: z.unknown().optional(),
});

const schema = z.object({
  "current-context": z.string().optional(),
  contexts: named("context", z.object({ cluster: z.string(), user: z.string(), namespace: z.string().optional() })),
  clusters: named(
    "cluster",
    z.looseObject({
      server: z.url({ protocol: /^https?$/ }),
      "certificate-authority": z.string().optional(),
      "certificate-authority-data": z.base64().optional(),
      "insecure-skip-tls-verify": z.boolean().optional(),
      "tls-server-name": z.string().optional(),
    }),
  ),
  users: named("user", userSchema.loose()),
});

/**
 * Reads one context of a kubeconfig, by default the current one.
 * @throws {BatchError} which names the fault and never shows the text, as it is a secret.
 */
export function parseKubeconfig(text: string, options: KubeconfigOptions = {}): Connection {
  const fail = (fault: string): never => {
    throw new BatchError(`kubeconfig: ${fault}`);
  };
  let document: unknown;
  try {
    document = parse(text, { logLevel: "error" });
  } catch {
    fail("is not YAML");
  }
  const result = schema.safeParse(document);
  if (!result.success) {
    if (typeof document !== "object" || document === null) return fail("is not a map with clusters, contexts and users");
    return fail(result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  }
  const config = result.data;
  const { context: contextName = config["current-context"] ?? "", folder } = options;
  const context = config.contexts.find(({ name }) => name === contextName)?.context;
  if (!context)
    return fail(`there is no context '${contextName}', which is ${options.context === undefined ? "its current-context" : "asked for"}`);
  const clusterName = options.cluster ?? context.cluster;
  const cluster = config.clusters.find(({ name }) => name === clusterName)?.cluster;
  const user = config.users.find(({ name }) => name === context.user)?.user;
  if (!cluster || !user) return fail(`the context '${contextName}' names a cluster or a user that is not there`);
  const unknown = [...Object.keys(user).filter((key) => !(key in userSchema.shape)), ...("proxy-url" in cluster ? ["proxy-url"] : [])];
  if (unknown.length > 0) fail(`${unknown.join(", ")} is not supported; use a client certificate, a token or a program that gives either`);
  const contents = (data: string | undefined, file: string | undefined): string | undefined => {
    if (data !== undefined) return Buffer.from(data, "base64").toString();
    if (file !== undefined && folder === undefined)
      fail("names files; put their contents in with `kubectl config view --flatten --minify`");
    return file && readFileSync(resolve(folder ?? "", file), "utf8");
  };
  const { server, "certificate-authority-data": ca, "tls-server-name": servername, "insecure-skip-tls-verify": insecure } = cluster;
  const about = { server, "certificate-authority-data": ca, "tls-server-name": servername, "insecure-skip-tls-verify": insecure };
  return {
    server: server.replace(/\/+$/, ""),
    ca: contents(ca, cluster["certificate-authority"]),
    servername,
    insecure: insecure ?? false,
    cert: contents(user["client-certificate-data"], user["client-certificate"]),
    key: contents(user["client-key-data"], user["client-key"]),
    token: user.token ?? contents(undefined, user.tokenFile)?.trim(),
    namespace: context.namespace,
    ...(user.exec !== undefined && { program: parseExec(user.exec, about) }),
  };
}

/** Reads a kubeconfig's file, and the files that it names. @throws {BatchError} as {@link parseKubeconfig} does */
export function readKubeconfig(file: string, options: KubeconfigOptions = {}): Connection {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new BatchError(`kubeconfig: ${file} cannot be read: ${messageOf(error)}`);
  }
  return parseKubeconfig(text, { folder: dirname(file), ...options });
}

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The connection of the pod that this runs in. @throws {BatchError} when it runs in none */
export function podConnection(environment: Readonly<Record<string, string | undefined>>): Connection {
  const host = environment.KUBERNETES_SERVICE_HOST;
  if (!host || !existsSync(`${serviceAccount}/token`))
    throw new BatchError("This is no pod with a service account. Outside the cluster, give --kubeconfig FILE.");
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${environment.KUBERNETES_SERVICE_PORT ?? "443"}`,
    ca: readFileSync(`${serviceAccount}/ca.crt`, "utf8"),
    insecure: false,
    token: () => readFileSync(`${serviceAccount}/token`, "utf8").trim(),
  };
}
