import { randomUUID } from "node:crypto";
import { nodesWithAntiAffinity } from "../../../common/plans";
import { plural } from "../../../common/text";
import { findRegion, flavorsIn, maxNodesOfPlan, maxPoolsPerCluster, monthlyBillable, type Flavor } from "../catalog/catalog";
import { nowText, type Context } from "../context/context";
import { conflict } from "../request/errors";
import type { ClusterRecord, PoolRecord } from "../state/model";
import { checkPoolSize } from "./pool-rules";
import { checkQuota } from "../catalog/quota";
import { createPoolSchema } from "./schemas";
import { invalid, parseBody } from "../request/validate";

const noTemplate = { metadata: { labels: {}, annotations: {}, finalizers: [] }, spec: { taints: [], unschedulable: false } };
const defaultAutoscaling = { scaleDownUnneededTimeSeconds: 600, scaleDownUnreadyTimeSeconds: 1200, scaleDownUtilizationThreshold: 0.5 };

/** The record of the pool that a request asks for. @throws {ApiError} where the real API refuses it */
export function newPool(context: Context, cluster: ClusterRecord, siblings: readonly PoolRecord[], input: unknown): PoolRecord {
  const body = parseBody(createPoolSchema, input);
  const planLimit = maxNodesOfPlan[cluster.plan];
  const flavor = flavorOf(cluster, body.flavorName);
  const minNodes = body.minNodes ?? 0;
  const maxNodes = body.maxNodes ?? (body.antiAffinity ? nodesWithAntiAffinity : planLimit);
  const desiredNodes = body.desiredNodes ?? minNodes;
  checkPoolSize({ desiredNodes, minNodes, maxNodes, antiAffinity: body.antiAffinity }, planLimit);
  const zones = findRegion(cluster.region)?.zones ?? [];
  const wrongZone = body.availabilityZones?.find((zone) => !zones.includes(zone));
  if (wrongZone) throw invalid({ availabilityZones: `region ${cluster.region} has no zone ${wrongZone}; it has ${zones.join(", ")}` });
  if (zones.length === 1 && body.availabilityZones?.length && context.oneZone === "refuse") {
    throw invalid({ availabilityZones: `region ${cluster.region} has one availability zone only: leave availabilityZones out` });
  }
  if (zones.length > 1 && !body.availabilityZones?.length) throw invalid({ availabilityZones: "availabilityZones is mandatory" });
  if (body.monthlyBilled && !monthlyBillable(flavor.name)) throw invalid({ monthlyBilled: "monthly billing not supported yet" });

  const name = body.name ?? `nodepool-${randomUUID()}`;
  if (siblings.some((pool) => pool.name === name)) throw conflict(`A node pool with the name ${name} already exists in this cluster`);
  if (siblings.length >= maxPoolsPerCluster) throw conflict(`The cluster has ${maxPoolsPerCluster} node pools already`);
  checkPlan(cluster, siblings, desiredNodes);
  checkQuota(context, cluster.region, flavor, desiredNodes);

  const now = nowText(context);
  return {
    id: randomUUID(),
    clusterId: cluster.id,
    name,
    flavor: flavor.name,
    monthlyBilled: body.monthlyBilled,
    antiAffinity: body.antiAffinity,
    availabilityZones: body.availabilityZones ?? [],
    createdAt: now,
    updatedAt: now,
    desiredNodes,
    minNodes,
    maxNodes,
    autoscale: body.autoscale ?? false,
    autoscaling: { ...defaultAutoscaling, ...body.autoscaling },
    template: body.template ?? noTemplate,
    attachFloatingIps: body.attachFloatingIps ?? { enabled: false },
    revision: 1,
    templateRevision: 1,
    installed: false,
    deleting: false,
  };
}

/** @throws {ApiError} 409 when `more` nodes take the cluster beyond its plan's limit */
export function checkPlan(cluster: ClusterRecord, pools: readonly PoolRecord[], more: number): void {
  const maximum = maxNodesOfPlan[cluster.plan];
  const desired = pools.reduce((sum, pool) => sum + (pool.deleting ? 0 : pool.desiredNodes), 0);
  if (more > 0 && desired + more > maximum) {
    throw conflict(`A cluster of the ${cluster.plan} plan has at most ${plural(maximum, "node")} (asked for ${desired + more})`);
  }
}

/** @throws {ApiError} 400 when the cluster's region has no such flavor */
export function flavorOf(cluster: ClusterRecord, name: string): Flavor {
  const flavor = flavorsIn(cluster.region).find((candidate) => candidate.name === name);
  if (!flavor) throw invalid({ flavorName: `flavor ${name} is not available in region ${cluster.region}` });
  return flavor;
}
