import { defaultMaxNodes, nodesWithAntiAffinity } from "../../common/plans";
import { isKarpenterTemplate } from "../../common/provisioner";
import { blockedCondition, toldBy } from "./condition";
import { type Node, type Pool } from "./model";
import { type RawNode, type RawPool } from "./raw";
import { parseResources } from "./resources";

/** Marks a node that this autoscaler cordoned to remove it; the value is the time, so that a restart goes on where it was. */
export const drainAnnotation = "autoscaler.ovh-mks-batch/draining-since";

/** Tells on a pool when this autoscaler last asked for more nodes, so that a restart knows how long they have been on their way. */
export const orderAnnotation = "autoscaler.ovh-mks-batch/ordered-at";

/** Label by which OVHcloud names a node's pool. */
export const poolLabel = "nodepool";

export function readNode({ metadata, spec = {}, status = {} }: RawNode): Node {
  const labels = metadata.labels ?? {};
  const draining = Date.parse(metadata.annotations?.[drainAnnotation] ?? "");
  const marked = !Number.isNaN(draining);
  const cordoned = spec.unschedulable ?? false;
  const readiness = status.conditions?.find(({ type }) => type === "Ready");
  const changed = Date.parse(readiness?.lastTransitionTime ?? "");
  const ready = readiness?.status === "True";
  return {
    name: metadata.name,
    pool: labels[poolLabel],
    flavor: labels["node.kubernetes.io/instance-type"],
    providerId: spec.providerID,
    labels,
    taints: spec.taints ?? [],
    allocatable: parseResources(status.allocatable),
    ready,
    ...(ready || Number.isNaN(changed) ? {} : { notReadySince: changed }),
    cordoned,
    // Somebody who uncordons a node by hand ends its draining, whatever the annotation says.
    drainingSince: marked && cordoned ? draining : undefined,
    ...(marked && !cordoned && { reopened: true }),
    createdAt: Date.parse(metadata.creationTimestamp),
    deleting: metadata.deletionTimestamp !== undefined,
  };
}

export function readPool({ metadata, spec, status }: RawPool): Pool {
  const orderedAt = Date.parse(metadata.annotations?.[orderAnnotation] ?? "");
  const conditions = status?.conditions ?? [];
  const blocked = toldBy(conditions);
  return {
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    flavor: spec.flavor,
    desired: spec.desiredNodes ?? 0,
    min: spec.minNodes ?? 0,
    max: Math.min(spec.maxNodes ?? defaultMaxNodes, spec.antiAffinity ? nodesWithAntiAffinity : Infinity),
    autoscale: spec.autoscale ?? false,
    labels: spec.template?.metadata?.labels ?? {},
    taints: spec.template?.spec?.taints ?? [],
    ...(spec.template?.spec?.unschedulable && { unschedulable: true }),
    ...(spec.availabilityZones && { zones: spec.availabilityZones }),
    ...(isKarpenterTemplate(spec.template) && { karpenter: true }),
    ...(spec.monthlyBilled && { monthly: true }),
    problem: problemOf(conditions.filter(({ type }) => type !== blockedCondition)),
    ...(blocked !== undefined && { blocked }),
    ...(status?.currentNodes === undefined ? {} : { granted: status.currentNodes }),
    ...(Number.isNaN(orderedAt) ? {} : { orderedAt }),
    deleting: metadata.deletionTimestamp !== undefined,
  };
}

/** OVHcloud does not document its conditions; quota, stock and error are told by their names. */
function problemOf(conditions: NonNullable<NonNullable<RawPool["status"]>["conditions"]>): string | undefined {
  const told = (text = ""): boolean => /quota|stock|error|fail|exceed|insufficient|badrequest/i.test(text);
  const bad = conditions.find(({ type, status, reason }) => told(reason) || (told(type) && status === "True"));
  return bad && [bad.reason ?? bad.type, bad.message].filter(Boolean).join(": ");
}
