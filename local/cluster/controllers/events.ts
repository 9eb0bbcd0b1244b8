import { randomBytes } from "node:crypto";
import { type KubeApi, type KubeObject } from "../api/kube-api";

export interface ClusterEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** Writes an Event about an object. A failure is none of the caller's: Events only tell. */
export async function tell(
  api: Pick<KubeApi, "create">,
  component: string,
  { apiVersion, kind, metadata }: KubeObject & { readonly apiVersion: string; readonly kind: string },
  { type, reason, message }: ClusterEvent,
): Promise<void> {
  const { name, namespace = "default", uid, resourceVersion } = metadata;
  const now = new Date().toISOString();
  await api
    .create(`/api/v1/namespaces/${namespace}/events`, {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `${name}.${randomBytes(8).toString("hex")}`, namespace },
      involvedObject: { apiVersion, kind, name, namespace: metadata.namespace, uid, resourceVersion },
      type,
      reason,
      message,
      source: { component },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    })
    .catch(() => undefined);
}
