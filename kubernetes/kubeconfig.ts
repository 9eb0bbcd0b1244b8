/** Reading a kubeconfig: where the API server is and who we are. */
import { parse } from "yaml";
import * as z from "zod";
import { BatchError } from "../common/errors";
import { parseExec, type Program } from "./exec";

export interface Connection {
  /** e.g. https://10.0.0.1:6443 */
  readonly server: string;
  readonly ca?: string;
  readonly servername?: string;
  readonly insecure: boolean;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  /** Gives credentials in the place of these. */
  readonly program?: Program;
}

const named = <K extends string, T extends z.ZodType>(key: K, value: T) =>
  z.array(z.object({ name: z.string(), [key]: value } as { name: z.ZodString } & Record<K, T>));

const schema = z.object({
  "current-context": z.string(),
  contexts: named("context", z.object({ cluster: z.string(), user: z.string() })),
  clusters: named(
    "cluster",
    z.object({
      server: z.url({ protocol: /^https?$/ }),
      "certificate-authority": z.string().optional(),
      "certificate-authority-data": z.base64().optional(),
      "insecure-skip-tls-verify": z.boolean().optional(),
      "tls-server-name": z.string().optional(),
    }),
  ),
  users: named(
    "user",
    z.object({
      "client-certificate": z.string().optional(),
      "client-certificate-data": z.base64().optional(),
      "client-key": z.string().optional(),
      "client-key-data": z.base64().optional(),
      token: z.string().optional(),
      exec: z.unknown().optional(),
    }),
  ),
});

/**
 * Reads a self-contained kubeconfig's current context: with its certificates inside, and a client certificate, a token or a program that gives either as credentials.
 * @throws {BatchError} which names the fault and never shows the text, as it is a secret.
 */
export function parseKubeconfig(text: string): Connection {
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
  const context = config.contexts.find(({ name }) => name === config["current-context"])?.context;
  if (!context) return fail(`there is no context '${config["current-context"]}', which is its current-context`);
  const cluster = config.clusters.find(({ name }) => name === context.cluster)?.cluster;
  const user = config.users.find(({ name }) => name === context.user)?.user;
  if (!cluster || !user) return fail(`its current context names a cluster or a user that is not there`);
  if (cluster["certificate-authority"] ?? user["client-certificate"] ?? user["client-key"]) {
    fail("names files; put their contents in with `kubectl config view --flatten --minify`");
  }
  const decode = (data: string | undefined) => data && Buffer.from(data, "base64").toString();
  const { server, "certificate-authority-data": ca, "tls-server-name": name, "insecure-skip-tls-verify": insecure } = cluster;
  return {
    server: cluster.server.replace(/\/$/, ""),
    ca: decode(cluster["certificate-authority-data"]),
    servername: cluster["tls-server-name"],
    insecure: cluster["insecure-skip-tls-verify"] ?? false,
    cert: decode(user["client-certificate-data"]),
    key: decode(user["client-key-data"]),
    token: user.token,
    ...(user.exec !== undefined && {
      program: parseExec(user.exec, {
        server,
        "certificate-authority-data": ca,
        "tls-server-name": name,
        "insecure-skip-tls-verify": insecure,
      }),
    }),
  };
}
