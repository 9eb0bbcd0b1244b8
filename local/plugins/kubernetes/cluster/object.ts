/**
 * Kubernetes objects as Pulumi knows them, and the cluster that they are on.
 * Imports `../../protocol/`.
 */
import { equal, isObject, omit, type Properties, secret } from "../../protocol/values";

export interface KubernetesObject extends Properties {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly generation?: number;
    readonly resourceVersion?: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly { readonly manager?: string; readonly operation?: string }[];
  };
}

export const annotation = {
  autonamed: "pulumi.com/autonamed",
  deletionPropagation: "pulumi.com/deletionPropagationPolicy",
  patchFieldManager: "pulumi.com/patchFieldManager",
  patchForce: "pulumi.com/patchForce",
  skipAwait: "pulumi.com/skipAwait",
  timeoutSeconds: "pulumi.com/timeoutSeconds",
} as const;

export const metadataOf = (properties: Properties): Properties => (isObject(properties.metadata) ? properties.metadata : {});

export function annotationOf(properties: Properties, name: string): string | undefined {
  const { annotations } = metadataOf(properties);
  const value = isObject(annotations) ? annotations[name] : undefined;
  return typeof value === "string" ? value : undefined;
}

export const isTrue = (properties: Properties, name: string): boolean => annotationOf(properties, name) === "true";

/** The inputs as they are sent: a Secret's `stringData` goes into `data`, as server-side apply does not follow its removals. */
export function manifest(inputs: Properties): Properties {
  const sent = Object.fromEntries(Object.entries(inputs).filter(([key]) => !key.startsWith("__") && key !== "stringData"));
  if (!isObject(inputs.stringData)) return sent;
  const encoded = Object.entries(inputs.stringData).map(([key, value]) => [key, Buffer.from(String(value)).toString("base64")]);
  return { ...sent, data: { ...(isObject(inputs.data) ? inputs.data : {}), ...Object.fromEntries(encoded) } };
}

/** A live object as the outputs of its resource. */
export function outputsOf(live: KubernetesObject, fieldManager: string): Properties {
  const metadata = omit(live.metadata, "managedFields");
  const hidden = live.kind === "Secret" && live.apiVersion === "v1" && live.data !== undefined ? { data: secret(live.data) } : {};
  return { ...live, ...hidden, metadata, __fieldManager: fieldManager };
}

/**
 * The inputs, with what others have changed in the cluster since the last update. The server writes some values otherwise
 * than they were given (quantities, defaults), so a field counts as changed only if it is not what the server answered then.
 */
export function drifted(input: unknown, then: unknown, now: unknown): unknown {
  if (equal(then, now)) return input;
  if (isObject(input) && isObject(now)) {
    const before = isObject(then) ? then : {};
    const entries = Object.entries(input).map(([key, value]): [string, unknown] => [key, drifted(value, before[key], now[key])]);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }
  if (Array.isArray(input) && Array.isArray(then) && Array.isArray(now) && input.length === now.length && then.length === now.length) {
    return input.map((item, i) => drifted(item, then[i], now[i]));
  }
  return now;
}

/** The inputs of an object that is being imported: all of it but what the server has added. */
export function importedInputs(live: KubernetesObject): Properties {
  const { name, namespace, labels, annotations, finalizers } = live.metadata;
  const kept = Object.entries({ name, namespace, labels, annotations, finalizers }).filter(([, value]) => value !== undefined);
  return { ...omit(live, "status"), metadata: Object.fromEntries(kept) };
}
