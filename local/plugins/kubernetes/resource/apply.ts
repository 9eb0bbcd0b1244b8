import { retry } from "../../../../common/retry";
import { createHash } from "node:crypto";
import type { Properties } from "../../protocol/values";
import type { Cluster } from "../cluster/client";
import { KubernetesError } from "../cluster/errors";
import { type KubernetesObject, manifest } from "../cluster/object";

interface ApplyOptions {
  readonly manager: string;
  /** Take over fields that others manage. */
  readonly force: boolean;
  readonly dryRun?: boolean;
  readonly signal: AbortSignal;
}

/** How long a new namespace may lack its default service account, in milliseconds. */
const patience = 30_000;

/** The owner of a resource's fields. Each resource has its own, so that two that set the same field are told of the conflict. */
export const fieldManagerOf = (urn: string): string => `pulumi-kubernetes-${createHash("sha256").update(urn).digest("hex").slice(0, 8)}`;

/** Server-side apply: makes the object, or makes it as the inputs say. */
export async function apply(cluster: Cluster, path: string, inputs: Properties, options: ApplyOptions): Promise<KubernetesObject> {
  const query = { fieldManager: options.manager, force: options.force ? "true" : "false", ...(options.dryRun && { dryRun: "All" }) };
  const end = Date.now() + patience;
  const send = (): Promise<KubernetesObject> =>
    cluster.json("PATCH", path, { query, body: manifest(inputs), contentType: "application/apply-patch+yaml" });
  const again = (error: unknown): boolean => lacksServiceAccount(error) && !options.dryRun && Date.now() <= end;
  return retry(send, { pauses: () => 500, again, signal: options.signal });
}

/** A namespace is there a moment before its default service account. */
const lacksServiceAccount = (error: unknown): boolean =>
  error instanceof KubernetesError && error.status === 403 && /serviceaccount "[^"]*" not found/.test(error.message);

/** The server says that a field cannot be changed while the object lives. */
export const isImmutable = (error: unknown): boolean =>
  error instanceof KubernetesError &&
  error.status === 422 &&
  /immutable|updates to .* are forbidden|may not (be )?change/i.test(error.message);
