import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { boolean, type Fields, faults, text } from "../../protocol/shape";
import type { CheckFailure } from "../../protocol/provider";
import { hasUnknown, type Properties, unknown } from "../../protocol/values";
import { type Connection, type KubeconfigOptions } from "../../../../kubernetes/kubeconfig";

export const owner = "the stand-in of the kubernetes plugin";

/** The provider's inputs, as @pulumi/kubernetes has them. */
export interface Settings {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly cluster?: string;
  readonly namespace?: string;
  readonly clusterIdentifier?: string;
  readonly enableServerSideApply?: boolean;
  readonly enableConfigMapMutable?: boolean;
  readonly enableSecretMutable?: boolean;
  readonly enablePatchForce?: boolean;
  readonly upsertExistingObjects?: boolean;
  readonly deleteUnreachable?: boolean;
}

const fields: Fields = {
  kubeconfig: text,
  context: text,
  cluster: text,
  namespace: text,
  clusterIdentifier: text,
  enableServerSideApply: boolean,
  enableConfigMapMutable: boolean,
  enableSecretMutable: boolean,
  enablePatchForce: boolean,
  upsertExistingObjects: boolean,
  deleteUnreachable: boolean,
  suppressDeprecationWarnings: boolean,
  suppressHelmHookWarnings: boolean,
  version: text,
  pluginDownloadURL: text,
};

/** The SDK writes settings that are not text as JSON. */
const decode = (inputs: Properties): Properties =>
  Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, value === "true" ? true : value === "false" ? false : value]));

export const settingsOf = (inputs: Properties): Settings => decode(inputs);

export async function checkSettings(inputs: Properties): Promise<CheckFailure[]> {
  const settings = decode(inputs);
  const failures = faults(settings, fields, owner);
  if (settings.enableServerSideApply === false) {
    failures.push({ property: "enableServerSideApply", reason: `cannot be false: ${owner} knows server-side apply only` });
  }
  if (typeof settings.kubeconfig === "string" && !hasUnknown([settings.kubeconfig, settings.context, settings.cluster])) {
    // Under no property: the engine would print its value, and a kubeconfig is a secret.
    await access(settings).catch((error: Error) => failures.push({ property: "", reason: error.message }));
  }
  return failures;
}

export const access = ({ kubeconfig, context, cluster }: Settings): Promise<Connection> => read(kubeconfig, { context, cluster });

/** Reads a kubeconfig, given as its text or its path; by default `$KUBECONFIG` or `~/.kube/config`. @throws when it is missing or not valid */
export async function read(given: string | undefined, options: KubeconfigOptions = {}): Promise<Connection> {
  const source = given ?? process.env.KUBECONFIG ?? join(homedir(), ".kube", "config");
  // Loaded here only: a run that changes nothing needs no cluster.
  const { parseKubeconfig, readKubeconfig } = await import("../../../../kubernetes/kubeconfig");
  if (/[\n{]/.test(source)) return parseKubeconfig(source, { folder: process.cwd(), ...options });
  return readKubeconfig(resolve(source.replace(/^~(?=\/)/, homedir())), options);
}

/**
 * Whether the settings are of another cluster. A kubeconfig is no identity: where both have a `clusterIdentifier` it alone
 * decides, else the API server's address does.
 * @see https://github.com/pulumi/pulumi-kubernetes/issues/2745
 */
export async function otherCluster(olds: Settings, news: Settings): Promise<boolean> {
  if (olds.clusterIdentifier !== undefined && news.clusterIdentifier !== undefined) {
    return news.clusterIdentifier !== unknown && olds.clusterIdentifier !== news.clusterIdentifier;
  }
  if (hasUnknown([news.kubeconfig, news.context, news.cluster])) return false;
  const [before, now] = await Promise.all([olds, news].map((settings) => access(settings).catch(() => undefined)));
  return before !== undefined && now !== undefined && before.server !== now.server;
}
