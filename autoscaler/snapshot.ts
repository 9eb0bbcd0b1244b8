import { type Labels, type Node, type NodeSelectorTerm, type Pod, type Pool, type Shape, type Taint, type Toleration } from "./model";
import { add, largest, parseResources } from "./resources";

/** Marks a node that this autoscaler cordoned to remove it; the value is the time, so that a restart goes on where it was. */
export const drainAnnotation = "autoscaler.ovh-mks-batch/draining-since";

/** Label by which OVHcloud names a node's pool. */
export const poolLabel = "nodepool";

type Quantities = Readonly<Record<string, string>>;

export interface RawMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly ownerReferences?: readonly {
    readonly kind: string;
    readonly name: string;
    readonly uid: string;
    readonly controller?: boolean;
  }[];
}

interface RawContainer {
  readonly resources?: { readonly requests?: Quantities };
  readonly restartPolicy?: string;
}

interface RawPodSpec {
  readonly nodeName?: string;
  readonly containers: readonly RawContainer[];
  readonly initContainers?: readonly RawContainer[];
  readonly overhead?: Quantities;
  readonly nodeSelector?: Labels;
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms: readonly NodeSelectorTerm[] };
    };
  };
  readonly tolerations?: readonly Toleration[];
  readonly schedulingGates?: readonly unknown[];
}

export interface RawPod {
  readonly metadata: RawMeta;
  readonly spec: RawPodSpec;
  readonly status?: { readonly phase?: string };
}

export interface RawNode {
  readonly metadata: RawMeta;
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly Taint[]; readonly providerID?: string };
  readonly status?: {
    readonly allocatable?: Quantities;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export interface RawPool {
  readonly metadata: RawMeta;
  readonly spec: {
    readonly flavor: string;
    readonly desiredNodes?: number;
    readonly minNodes?: number;
    readonly maxNodes?: number;
    readonly autoscale?: boolean;
    readonly template?: { readonly metadata?: { readonly labels?: Labels }; readonly spec?: { readonly taints?: readonly Taint[] } };
  };
  readonly status?: {
    readonly conditions?: readonly {
      readonly type?: string;
      readonly status?: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

export interface RawDaemonSet {
  readonly metadata: RawMeta;
  readonly spec: { readonly template: { readonly spec: RawPodSpec } };
}

/** A pod as decisions see it; undefined for one that has finished. */
export function readPod({ metadata, spec, status }: RawPod): Pod | undefined {
  if (status?.phase === "Succeeded" || status?.phase === "Failed") return undefined;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  const mirror = metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined;
  return {
    id: `${metadata.namespace}/${metadata.name}`,
    shape: shapeOf(spec),
    node: spec.nodeName || undefined,
    ofValue: owner?.kind !== "DaemonSet" && !mirror,
    schedulable: metadata.deletionTimestamp === undefined && (spec.schedulingGates ?? []).length === 0,
    job: owner?.kind === "Job" ? { namespace: metadata.namespace ?? "", name: owner.name, uid: owner.uid } : undefined,
  };
}

export function readNode({ metadata, spec = {}, status = {} }: RawNode): Node {
  const labels = metadata.labels ?? {};
  const draining = Date.parse(metadata.annotations?.[drainAnnotation] ?? "");
  return {
    name: metadata.name,
    pool: labels[poolLabel],
    flavor: labels["node.kubernetes.io/instance-type"],
    providerId: spec.providerID,
    labels,
    taints: spec.taints ?? [],
    allocatable: parseResources(status.allocatable),
    ready: status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false,
    cordoned: spec.unschedulable ?? false,
    // Somebody who uncordons a node by hand ends its draining, whatever the annotation says.
    drainingSince: Number.isNaN(draining) || !spec.unschedulable ? undefined : draining,
    createdAt: Date.parse(metadata.creationTimestamp),
    deleting: metadata.deletionTimestamp !== undefined,
  };
}

/** A node pool's bounds when its custom resource does not state them. */
const defaultMaxNodes = 100;

export function readPool({ metadata, spec, status }: RawPool): Pool {
  return {
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    flavor: spec.flavor,
    desired: spec.desiredNodes ?? 0,
    min: spec.minNodes ?? 0,
    max: spec.maxNodes ?? defaultMaxNodes,
    autoscale: spec.autoscale ?? false,
    labels: spec.template?.metadata?.labels ?? {},
    taints: spec.template?.spec?.taints ?? [],
    problem: problemOf(status?.conditions ?? []),
    deleting: metadata.deletionTimestamp !== undefined,
  };
}

/** OVHcloud does not document its conditions; quota, stock and error are told by their names. */
function problemOf(conditions: NonNullable<NonNullable<RawPool["status"]>["conditions"]>): string | undefined {
  const told = (text = ""): boolean => /quota|stock|error|fail|exceed|insufficient|badrequest/i.test(text);
  const bad = conditions.find(({ type, status, reason }) => told(reason) || (told(type) && status === "True"));
  return bad && [bad.reason ?? bad.type, bad.message].filter(Boolean).join(": ");
}

/** A DaemonSet's pods as decisions see them. */
export function readDaemonSet({ spec }: RawDaemonSet): Shape {
  const shape = shapeOf(spec.template.spec);
  // The DaemonSet controller lets its pods ignore cordons and starting nodes.
  return {
    ...shape,
    tolerations: [
      ...shape.tolerations,
      ...["not-ready", "unschedulable"].map((key) => ({ key: `node.kubernetes.io/${key}`, operator: "Exists" })),
    ],
  };
}

function shapeOf(spec: RawPodSpec): Shape {
  const shape = {
    requests: requestsOf(spec),
    nodeSelector: spec.nodeSelector ?? {},
    affinity: spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [],
    tolerations: (spec.tolerations ?? []).map(({ key, operator, value, effect }) => ({ key, operator, value, effect })),
  };
  return { key: JSON.stringify(shape), ...shape };
}

/**
 * What the scheduler reserves for a pod: the containers' sum, or the most that an init container needs together with the
 * sidecars (init containers that restart) started before it, whichever is more.
 * @see https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
function requestsOf({ containers, initContainers = [], overhead }: RawPodSpec): Record<string, number> {
  let sidecars: Record<string, number> = {};
  let peak: Record<string, number> = {};
  for (const { resources, restartPolicy } of initContainers) {
    const needed = add(sidecars, parseResources(resources?.requests));
    peak = largest(peak, needed);
    if (restartPolicy === "Always") sidecars = needed;
  }
  const running = containers.reduce((sum, { resources }) => add(sum, parseResources(resources?.requests)), sidecars);
  return add(add(largest(running, peak), parseResources(overhead)), { pods: 1 });
}
