import type { TaintArgs } from "../../cluster/node-pool";
import type { DisruptionArgs, KarpenterNodePoolArgs } from "./args";
import { credentialsSecret } from "./credentials";

/** Kubernetes' and Karpenter's labels that a node pool chooses its nodes by. */
const keys = {
  flavor: "node.kubernetes.io/instance-type",
  zone: "topology.kubernetes.io/zone",
  family: "karpenter.ovhcloud.sh/instance-category",
  cpu: "karpenter.ovhcloud.sh/instance-cpu",
  memory: "karpenter.ovhcloud.sh/instance-memory",
  capacity: "karpenter.sh/capacity-type",
  architecture: "kubernetes.io/arch",
  system: "kubernetes.io/os",
} as const;

/** Group and version of OVHNodeClass. */
export const nodeClassGroup = "karpenter.ovhcloud.sh";
export const nodeClassVersion = `${nodeClassGroup}/v1alpha1`;

/** How long the nodes of a pool are kept without a change of their pods, in seconds. */
const defaultConsolidateAfter = 60;

/** Spec of the OVHNodeClass. */
export const nodeClassSpec = ({ serviceName, clusterId, region, monthlyBilled = false, antiAffinity = false }: KarpenterNodePoolArgs) => ({
  serviceName,
  kubeId: clusterId,
  region,
  credentialsSecretRef: credentialsSecret,
  monthlyBilled,
  antiAffinity,
});

/** Spec of Karpenter's NodePool. @param nodeClass name of its OVHNodeClass */
export function nodePoolSpec(args: KarpenterNodePoolArgs, nodeClass: string) {
  const { limits, weight, labels = {}, taints = [], expireAfterHours, terminationGracePeriodSeconds } = args;
  return {
    template: {
      metadata: { labels: { ...labels } },
      spec: {
        nodeClassRef: { group: nodeClassGroup, kind: "OVHNodeClass", name: nodeClass },
        requirements: requirementsOf(args),
        ...(taints.length > 0 && { taints: taints.map(taintOf) }),
        // By default Karpenter replaces nodes after 30 days, and kills what runs on them.
        expireAfter: expireAfterHours === undefined ? "Never" : `${expireAfterHours}h`,
        ...(terminationGracePeriodSeconds !== undefined && { terminationGracePeriod: `${terminationGracePeriodSeconds}s` }),
      },
    },
    disruption: disruptionOf(args),
    ...(limits && { limits: limitsOf(limits) }),
    ...(weight !== undefined && { weight }),
  };
}

/** Karpenter's definition takes no empty value; left out, it is the same. */
const taintOf = ({ key, value, effect }: TaintArgs) => ({ key, ...(value !== "" && { value }), effect });

const limitsOf = ({ cpu, memory, nodes }: NonNullable<KarpenterNodePoolArgs["limits"]>) => ({
  ...(cpu !== undefined && { cpu }),
  ...(memory !== undefined && { memory }),
  ...(nodes !== undefined && { nodes: String(nodes) }),
});

/** OVHcloud has no spot instances, and Managed Kubernetes only Linux on amd64. */
function requirementsOf({ flavors, families, zones, size = {} }: KarpenterNodePoolArgs) {
  const oneOf = (key: string, values: readonly string[]) => ({ key, operator: "In", values: [...values] });
  // Neither operator includes its value; the public provider's Karpenter has no others.
  const above = (key: string, least?: number) => (least === undefined ? [] : [{ key, operator: "Gt", values: [String(least - 1)] }]);
  const below = (key: string, most?: number) => (most === undefined ? [] : [{ key, operator: "Lt", values: [String(most + 1)] }]);
  return [
    oneOf(keys.capacity, ["on-demand"]),
    oneOf(keys.architecture, ["amd64"]),
    oneOf(keys.system, ["linux"]),
    ...(flavors ? [oneOf(keys.flavor, flavors)] : []),
    ...(families ? [oneOf(keys.family, families)] : []),
    ...above(keys.cpu, size.minCpu),
    ...below(keys.cpu, size.maxCpu),
    ...above(keys.memory, size.minMemoryGb),
    ...below(keys.memory, size.maxMemoryGb),
    ...(zones ? [oneOf(keys.zone, zones)] : []),
  ];
}

/** Nodes that are paid to the month's end stay. */
function disruptionOf({ disruption = {}, monthlyBilled }: KarpenterNodePoolArgs) {
  const { consolidationPolicy = "WhenEmptyOrUnderutilized", budgets } = disruption;
  const after = disruption.consolidateAfterSeconds ?? (monthlyBilled ? "never" : defaultConsolidateAfter);
  return {
    consolidationPolicy,
    consolidateAfter: after === "never" ? "Never" : `${after}s`,
    ...(budgets && { budgets: budgets.map(budgetOf) }),
  };
}

const budgetOf = ({ nodes, reasons, schedule, durationMinutes }: NonNullable<DisruptionArgs["budgets"]>[number]) => ({
  nodes,
  ...(reasons && { reasons: [...reasons] }),
  ...(schedule !== undefined && { schedule, duration: `${durationMinutes}m` }),
});
