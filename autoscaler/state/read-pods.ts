import { defaultCutoff } from "../../common/autoscaler-settings";
import { type Job, type Labels, type Pod, type Shape, type TopologyRule } from "./model";
import { type Requirement } from "./node-selector";
import {
  type RawContainer,
  type RawDaemonSet,
  type RawJob,
  type RawMeta,
  type RawPod,
  type RawPodSpec,
  type RawPodTerm,
  type RawSelector,
} from "./raw";
import { claimsOf } from "./read-volumes";
import { add, hostPortPrefix, largest, parseResources } from "./resources";

/** Annotation of a pod: its Job needs so many of its pods at once, or none. */
export const gangAnnotation = "batch.ovh-mks/min-available";

/** Annotation of a batch Job: the most pods that its user allows at a time. Its spec may allow fewer for now. */
const limitAnnotation = "batch.ovh-mks/parallelism";

/** Of a pod, as the Kubernetes cluster-autoscaler knows it. */
const evictAnnotation = "cluster-autoscaler.kubernetes.io/safe-to-evict";

/** Shapes by key, so that equal ones are one object: thousands of pods share a few. */
export type Shapes = Map<string, Shape>;

/** More are not kept: those of Jobs long gone would fill the memory. */
export const maxShapes = 5_000;

/**
 * A pod as decisions see it; undefined for one that has finished, and for a placeholder: the scheduler removes it for any other pod, so that it
 * neither needs a node nor keeps one.
 * @param cutoff pods of a lower priority are placeholders
 */
export function readPod({ metadata, spec, status }: RawPod, shapes: Shapes = new Map(), cutoff = defaultCutoff): Pod | undefined {
  if (status?.phase === "Succeeded" || status?.phase === "Failed" || (spec.priority ?? 0) < cutoff) return undefined;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  const mirror = metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined;
  const gang = Number(metadata.annotations?.[gangAnnotation]);
  const startedAt = Date.parse(status?.startTime ?? "");
  const refused = status?.conditions?.find(
    (one) => one.type === "PodScheduled" && one.status === "False" && one.reason === "Unschedulable",
  );
  const shape = intern(readShape({ metadata, spec }), shapes);
  const claims = claimsOf({ metadata, spec });
  return {
    id: `${metadata.namespace}/${metadata.name}`,
    uid: metadata.uid,
    shape,
    node: spec.nodeName || undefined,
    isWorkload: owner?.kind !== "DaemonSet" && !mirror,
    schedulable: metadata.deletionTimestamp === undefined && (spec.schedulingGates ?? []).length === 0,
    job: owner?.kind === "Job" ? { namespace: metadata.namespace ?? "", name: owner.name, uid: owner.uid } : undefined,
    labels: metadata.labels ?? {},
    createdAt: Date.parse(metadata.creationTimestamp),
    ...(Number.isNaN(startedAt) ? {} : { startedAt }),
    ...(claims && { claims }),
    ...(status?.nominatedNodeName && { nominated: status.nominatedNodeName }),
    ...(owner?.kind === "ReplicaSet" && mayBeEvicted(metadata) && { movable: true }),
    ...(refused && { refusal: refused.message ?? "" }),
    ...(Number.isInteger(gang) && gang > 0 ? { gang } : {}),
  };
}

/** OVHcloud's own Deployments (coredns, metrics-server, …) say nothing, and land on any node: they go on elsewhere as well. */
const mayBeEvicted = ({ namespace, annotations }: RawMeta): boolean =>
  (annotations?.[evictAnnotation] ?? String(namespace === "kube-system")) === "true";

/** The shape of a pod, finished or not. */
export const readShape = ({ metadata, spec }: RawPod): Shape => shapeOf(spec, metadata.namespace ?? "", metadata.labels);

/** A Job as decisions see it; undefined for one that has finished. */
export function readJob({ metadata, spec, status = {} }: RawJob, shapes: Shapes = new Map()): Job | undefined {
  if (status.conditions?.some((one) => ["Complete", "Failed"].includes(one.type) && one.status === "True")) return undefined;
  const left =
    spec?.completions === undefined ? undefined : spec.completions - (status.succeeded ?? 0) - countIndexes(status.failedIndexes);
  const { parallelism: window, template, suspend } = spec ?? {};
  const limit = Number(metadata.annotations?.[limitAnnotation]);
  const isBatch = Number.isInteger(limit) && limit > 0 && window !== undefined;
  const parallelism = isBatch ? Math.max(limit, window) : window;
  return {
    uid: metadata.uid,
    ...(left !== undefined && { left: Math.max(0, left) }),
    ...(parallelism !== undefined && { parallelism }),
    ...(isBatch && { window }),
    ...(template && { shape: intern(shapeOf(template.spec, metadata.namespace ?? "", template.metadata?.labels), shapes) }),
    ...(suspend && { suspended: true }),
  };
}

/** The one object for shapes that are equal: there are many pods and Jobs, and few shapes. */
function intern(shape: Shape, shapes: Shapes): Shape {
  if (shapes.size > maxShapes) shapes.clear();
  const known = shapes.get(shape.key);
  if (!known) shapes.set(shape.key, shape);
  return known ?? shape;
}

/** How many indexes a text such as "1,3-5" has. */
export function countIndexes(text = ""): number {
  return text
    .split(",")
    .filter(Boolean)
    .map((range) => range.split("-").map(Number))
    .reduce((sum, [from = 0, to = from]) => sum + to - from + 1, 0);
}

/** A DaemonSet's pods as decisions see them. */
export function readDaemonSet({ metadata, spec }: RawDaemonSet): Shape {
  const shape = shapeOf(spec.template.spec, metadata.namespace ?? "", spec.template.metadata?.labels);
  // The DaemonSet controller lets its pods ignore cordons and starting nodes.
  return {
    ...shape,
    tolerations: [
      ...shape.tolerations,
      ...["not-ready", "unschedulable"].map((key) => ({ key: `node.kubernetes.io/${key}`, operator: "Exists" })),
    ],
  };
}

function shapeOf(spec: RawPodSpec, namespace: string, labels: Labels = {}): Shape {
  const topology = topologyOf(spec, namespace, labels);
  const shape = {
    requests: { ...requestsOf(spec), ...hostPorts(spec) },
    nodeSelector: spec.nodeSelector ?? {},
    affinity: spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [],
    tolerations: (spec.tolerations ?? []).map(({ key, operator, value, effect }) => ({ key, operator, value, effect })),
    ...(topology.length > 0 && { topology }),
  };
  return { key: JSON.stringify(shape), ...shape };
}

/**
 * What the scheduler reserves for a pod: the containers' sum, or the most that an init container needs together with the
 * sidecars (init containers that restart) started before it, whichever is more. What the pod itself requests takes the place of that.
 * @see https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
function requestsOf({ containers, initContainers = [], resources, overhead }: RawPodSpec): Record<string, number> {
  let sidecars: Record<string, number> = {};
  let peak: Record<string, number> = {};
  for (const container of initContainers) {
    const needed = add(sidecars, parseResources(container.resources?.requests));
    peak = largest(peak, needed);
    if (isSidecar(container)) sidecars = needed;
  }
  const running = containers.reduce((sum, container) => add(sum, parseResources(container.resources?.requests)), sidecars);
  const needed = { ...largest(running, peak), ...parseResources(resources?.requests) };
  return add(add(needed, parseResources(overhead)), { pods: 1 });
}

const isSidecar = ({ restartPolicy }: RawContainer): boolean => restartPolicy === "Always";

/** A node has each host port once. */
function hostPorts({ containers, initContainers = [] }: RawPodSpec): Record<string, number> {
  const ports = [...initContainers.filter(isSidecar), ...containers]
    .flatMap((container) => container.ports ?? [])
    .filter(({ hostPort }) => hostPort);
  return Object.fromEntries(ports.map(({ hostPort, protocol = "TCP" }) => [`${hostPortPrefix}${protocol}/${hostPort}`, 1]));
}

/** Of the rules about other pods, those that must hold. */
function topologyOf({ affinity, topologySpreadConstraints = [] }: RawPodSpec, namespace: string, labels: Labels): TopologyRule[] {
  const terms = (kind: "affinity" | "antiAffinity", of: readonly RawPodTerm[] = []): TopologyRule[] =>
    of.map(({ topologyKey, labelSelector, namespaces = [], namespaceSelector }) => ({
      kind,
      key: topologyKey,
      selector: requirements(labelSelector),
      // Labels of namespaces are not known here; a selector of them is taken for all.
      namespaces: namespaceSelector ? undefined : namespaces.length > 0 ? namespaces : [namespace],
      maxSkew: 0,
    }));
  const spreads = topologySpreadConstraints.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === "DoNotSchedule");
  return [
    ...terms("affinity", affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    ...terms("antiAffinity", affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    ...spreads.map(({ topologyKey, maxSkew, labelSelector, matchLabelKeys = [], minDomains, nodeAffinityPolicy, nodeTaintsPolicy }) => ({
      kind: "spread" as const,
      key: topologyKey,
      selector: [...requirements(labelSelector), ...sameLabels(matchLabelKeys, labels)],
      namespaces: [namespace],
      maxSkew,
      ...(minDomains !== undefined && { minDomains }),
      ...(nodeAffinityPolicy === "Ignore" && { anyNode: true }),
      ...(nodeTaintsPolicy === "Honor" && { honorsTaints: true }),
    })),
  ];
}

/** Selects the pods that have the same values as the given labels; keys that these lack do not count. */
const sameLabels = (keys: readonly string[], labels: Labels): Requirement[] =>
  keys.flatMap((key) => (labels[key] === undefined ? [] : [{ key, operator: "In", values: [labels[key]] }]));

/** A selector that is left out selects nothing. */
function requirements(selector: RawSelector | undefined): Requirement[] {
  if (!selector) return [{ key: "", operator: "Exists" }];
  const labels: Labels = selector.matchLabels ?? {};
  return [
    ...Object.entries(labels).map(([key, value]) => ({ key, operator: "In", values: [value] })),
    ...(selector.matchExpressions ?? []),
  ];
}
