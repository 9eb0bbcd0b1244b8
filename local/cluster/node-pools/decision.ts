import { isDeepStrictEqual } from "node:util";
import type { CreatePoolBody, PoolTemplate, PoolView, UpdatePoolBody } from "../../api/state/pools";
import type { KubeObject } from "../api/kube-api";

/** Spec of a NodePool custom resource. */
export interface NodePoolSpec {
  readonly flavor: string;
  readonly desiredNodes?: number;
  readonly minNodes?: number;
  readonly maxNodes?: number;
  readonly autoscale?: boolean;
  readonly antiAffinity?: boolean;
  readonly monthlyBilled?: boolean;
  readonly autoscaling?: {
    readonly scaleDownUnneededTimeSeconds?: number;
    readonly scaleDownUnreadyTimeSeconds?: number;
    /** A number from 0 to 1 as text. */
    readonly scaleDownUtilizationThreshold?: string;
  };
  readonly availabilityZones?: readonly string[];
  readonly attachFloatingIPs?: { readonly enabled: boolean };
  readonly template?: PoolTemplate;
}

export interface Condition {
  readonly type: string;
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

export interface NodePoolStatus {
  readonly currentNodes?: number;
  readonly availableNodes?: number;
  readonly upToDateNodes?: number;
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
}

export interface NodePool extends KubeObject {
  readonly spec: NodePoolSpec;
  readonly status?: NodePoolStatus;
}

/** What both sides agreed on last; it is kept in an annotation of the custom resource. */
export interface LastSync {
  readonly poolId: string;
  /** Of the pool. */
  readonly revision: number;
  readonly spec: NodePoolSpec;
}

export const lastSyncAnnotation = "ovh-mks-batch.local/last-sync";

/** Keeps a deleted custom resource until its pool is gone. */
export const finalizer = "kube.cloud.ovh.com/nodepool";

/** What to do about one pool name. */
export type Decision = PoolDecision | ResourceDecision;

/** What to ask of the API. */
export type PoolDecision =
  | { readonly kind: "createPool"; readonly body: CreatePoolBody }
  | { readonly kind: "removePool"; readonly poolId: string }
  | { readonly kind: "updatePool"; readonly poolId: string; readonly body: UpdatePoolBody };

/** What to write into the cluster. */
export type ResourceDecision =
  | { readonly kind: "nothing" }
  /** The API has a pool that the cluster does not show. */
  | { readonly kind: "createResource"; readonly spec: NodePoolSpec; readonly sync: LastSync }
  /** The pool is gone or going. */
  | { readonly kind: "deleteResource" }
  | { readonly kind: "releaseResource" }
  /** The resource must not vanish unnoticed from now on. */
  | { readonly kind: "holdResource" }
  /** The resource gets the pool's values, or only the note that both agree. */
  | { readonly kind: "updateResource"; readonly spec: NodePoolSpec; readonly sync: LastSync };

export const asksPools = (decision: Decision): decision is PoolDecision =>
  ["createPool", "removePool", "updatePool"].includes(decision.kind);

export function lastSyncOf(resource: NodePool): LastSync | undefined {
  const text = resource.metadata.annotations?.[lastSyncAnnotation];
  try {
    return text === undefined ? undefined : (JSON.parse(text) as LastSync);
  } catch {
    return undefined;
  }
}

/** A pool as the spec of a custom resource: the two name a few things differently. */
export function specOf(pool: PoolView): NodePoolSpec {
  return {
    flavor: pool.flavor,
    desiredNodes: pool.desiredNodes,
    minNodes: pool.minNodes,
    maxNodes: pool.maxNodes,
    autoscale: pool.autoscale,
    antiAffinity: pool.antiAffinity,
    monthlyBilled: pool.monthlyBilled,
    autoscaling: { ...pool.autoscaling, scaleDownUtilizationThreshold: String(pool.autoscaling.scaleDownUtilizationThreshold) },
    availabilityZones: pool.availabilityZones,
    attachFloatingIPs: pool.attachFloatingIps,
    template: pool.template,
  };
}

/** A field that the resource leaves out has the pool's value. A number in text is the same however it is written. */
function complete(spec: NodePoolSpec, pool: NodePoolSpec): NodePoolSpec {
  const merged = { ...pool, ...spec, autoscaling: { ...pool.autoscaling, ...spec.autoscaling } };
  const threshold = merged.autoscaling.scaleDownUtilizationThreshold;
  return { ...merged, autoscaling: { ...merged.autoscaling, scaleDownUtilizationThreshold: String(Number(threshold)) } };
}

/**
 * Decides what brings a pool of the API and the custom resource of its name in step. Either side may be missing.
 *
 * A field that only one side changed since both last agreed takes that side's value, so that two writers of different
 * fields do not undo each other. Where both changed the same field, the API has the last word.
 */
export function decide(pool: PoolView | undefined, resource: NodePool | undefined): Decision {
  if (!resource) {
    if (!pool || pool.status === "DELETING") return { kind: "nothing" };
    return { kind: "createResource", spec: specOf(pool), sync: { poolId: pool.id, revision: pool.revision, spec: specOf(pool) } };
  }
  const sync = lastSyncOf(resource);
  if (resource.metadata.deletionTimestamp) {
    if (!pool) return { kind: "releaseResource" };
    // Another pool has taken the name since.
    if (sync && sync.poolId !== pool.id) return { kind: "releaseResource" };
    return pool.status === "DELETING" ? { kind: "nothing" } : { kind: "removePool", poolId: pool.id };
  }
  if (!pool && sync) return { kind: "deleteResource" };
  if (!pool && !resource.metadata.finalizers?.includes(finalizer)) return { kind: "holdResource" };
  if (!pool) return { kind: "createPool", body: createBody(resource.metadata.name, resource.spec) };
  if (pool.status === "DELETING") return { kind: "deleteResource" };
  return reconcile(pool, resource, sync);
}

function reconcile(pool: PoolView, resource: NodePool, sync: LastSync | undefined): Decision {
  const theirs = specOf(pool);
  const base = sync?.poolId === pool.id ? complete(sync.spec, theirs) : undefined;
  // Another pool has taken the name since, perhaps with another flavor, which no resource can change to.
  if (!base && resource.spec.flavor !== pool.flavor) return { kind: "deleteResource" };
  const ours = base ? complete(resource.spec, theirs) : theirs;
  const fields = Object.keys(theirs) as (keyof NodePoolSpec)[];
  const changed = base ? fields.filter((f) => !isDeepStrictEqual(ours[f], base[f]) && isDeepStrictEqual(theirs[f], base[f])) : [];
  if (changed.length > 0) return { kind: "updatePool", poolId: pool.id, body: updateBody(ours, changed) };
  const agreed: LastSync = { poolId: pool.id, revision: pool.revision, spec: theirs };
  if (isDeepStrictEqual(resource.spec, theirs) && isDeepStrictEqual(sync, agreed)) return { kind: "nothing" };
  return { kind: "updateResource", spec: theirs, sync: agreed };
}

function createBody(name: string, { flavor, attachFloatingIPs, autoscaling, ...rest }: NodePoolSpec): CreatePoolBody {
  return {
    ...rest,
    name,
    flavorName: flavor,
    ...(attachFloatingIPs ? { attachFloatingIps: attachFloatingIPs } : {}),
    ...(autoscaling ? { autoscaling: autoscalingBody(autoscaling) } : {}),
  };
}

/** A change of a field that the API cannot change is sent too: it is for the API to refuse it. */
function updateBody(spec: NodePoolSpec, fields: readonly (keyof NodePoolSpec)[]): UpdatePoolBody {
  const entries = fields.map((field) => {
    if (field === "attachFloatingIPs") return ["attachFloatingIps", spec.attachFloatingIPs];
    if (field === "autoscaling") return ["autoscaling", autoscalingBody(spec.autoscaling ?? {})];
    return [field, spec[field]];
  });
  return Object.fromEntries(entries) as UpdatePoolBody;
}

function autoscalingBody({
  scaleDownUtilizationThreshold: threshold,
  ...times
}: NonNullable<NodePoolSpec["autoscaling"]>): UpdatePoolBody["autoscaling"] {
  return { ...times, ...(threshold === undefined ? {} : { scaleDownUtilizationThreshold: Number(threshold) }) };
}
