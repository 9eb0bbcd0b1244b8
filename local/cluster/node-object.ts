import type { NodeSpec } from "../api/backends";
import type { NodeCapacity, Resources } from "./capacity";

/** How the capacity of a node came about, in words. */
export const capacityAnnotation = "ovh-mks-batch.local/capacity";

/** Nodes with this annotation are simulated. */
export const kwokAnnotation = "kwok.x-k8s.io/node";

/** A kubelet reports at once that it is ready only to a Node which says that it is not. */
export const bootingCondition = { type: "Ready", status: "False", reason: "KubeletNotReady", message: "the node is booting" } as const;

export interface NodeObjectInput {
  readonly node: NodeSpec;
  readonly clusterId: string;
  readonly address: string;
  readonly capacity: NodeCapacity;
  /** Where it has one: a simulated node has no range of pods. */
  readonly podRange?: string;
}

/** The disk of OVHcloud's smallest flavors; without any, no pod fits that asks for scratch space. */
const smallestDisk = "50G";

const arch = process.arch === "x64" ? "amd64" : process.arch;

/** Labels that MKS gives to its nodes, with the pool template's on top. */
export function nodeLabels(node: NodeSpec): Record<string, string> {
  return {
    "kubernetes.io/hostname": node.name,
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": arch,
    "beta.kubernetes.io/os": "linux",
    "beta.kubernetes.io/arch": arch,
    ...node.labels,
    nodepool: node.poolName,
    "node.k8s.ovh/type": node.flavor.gpus > 0 ? "gpu" : "standard",
    "node.kubernetes.io/instance-type": node.flavor.name,
    "beta.kubernetes.io/instance-type": node.flavor.name,
    "topology.kubernetes.io/region": node.region,
    "topology.kubernetes.io/zone": node.zone,
    "failure-domain.beta.kubernetes.io/region": node.region,
    "failure-domain.beta.kubernetes.io/zone": node.zone,
    "topology.cinder.csi.openstack.org/zone": node.zone,
  };
}

/**
 * The Node as it is put into the cluster before its kubelet starts. A kubelet may set only some labels itself and no
 * taint later; this way no pod ever sees the node without them.
 */
export function nodeObject({ node, clusterId, address, capacity, podRange }: NodeObjectInput): Record<string, unknown> {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: node.name,
      labels: nodeLabels(node),
      annotations: { ...node.annotations, "cluster.x-k8s.io/cluster-name": clusterId, [capacityAnnotation]: capacity.explanation },
    },
    spec: {
      providerID: `openstack:///${node.instanceId}`,
      taints: node.taints,
      unschedulable: node.unschedulable,
      ...(podRange ? { podCIDR: podRange, podCIDRs: [podRange] } : {}),
    },
    status: {
      addresses: [
        { type: "InternalIP", address },
        { type: "Hostname", address: node.name },
      ],
      conditions: [bootingCondition],
    },
  };
}

/** A simulated node, which nobody but this object gives a capacity: that of its flavor. */
export function kwokNodeObject(input: NodeObjectInput): Record<string, unknown> {
  const object = nodeObject(input) as { metadata: { annotations: object }; status: object };
  const { node, capacity } = input;
  const quantities = ({ cpu, memory }: Resources): Record<string, string> => ({
    cpu: `${cpu}m`,
    memory: `${memory}Mi`,
    pods: "110",
    "ephemeral-storage": smallestDisk,
    ...(node.flavor.gpus > 0 ? { "nvidia.com/gpu": String(node.flavor.gpus) } : {}),
  });
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [kwokAnnotation]: "fake" } },
    status: { ...object.status, capacity: quantities(capacity.capacity), allocatable: quantities(capacity.allocatable) },
  };
}
