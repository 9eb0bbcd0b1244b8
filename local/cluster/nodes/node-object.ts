import { maxPods } from "../../../common/reserved";
import type { NodeSpec } from "../../api/state/backends";
import type { NodeCapacity, Resources } from "./capacity";

/** How the capacity of a node came about, in words. */
export const capacityAnnotation = "ovh-mks-batch.local/capacity";

/** Nodes with this annotation are simulated. */
export const kwokAnnotation = "kwok.x-k8s.io/node";

/** Nodes with this label are simulated, too: pods can tell by a label only. */
export const simulatedLabel = "ovh-mks-batch.local/simulated";

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

/** Quantities of the resources that a node has, or offers to pods. */
function quantities({ cpu, memory, disk }: Resources): Record<string, string> {
  return { cpu: `${cpu}m`, memory: `${memory}Mi`, pods: String(maxPods), "ephemeral-storage": String(disk) };
}

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
 * taint later; this way no pod ever sees the node without them. It has its capacity from the start, as a Node that a kubelet registers:
 * a kubelet refuses pods (OutOfpods) as long as it has read a Node without any, and its pods may come before it reads the next state.
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
      capacity: quantities(capacity.capacity),
      allocatable: quantities(capacity.allocatable),
    },
  };
}

/** A simulated node, which nobody but this object gives a capacity: that of its flavor, GPUs included. */
export function kwokNodeObject(input: NodeObjectInput): Record<string, unknown> {
  const object = nodeObject(input) as {
    metadata: { labels: object; annotations: object };
    status: { capacity: object; allocatable: object };
  };
  const { gpus } = input.node.flavor;
  const devices = gpus > 0 ? { "nvidia.com/gpu": String(gpus) } : {};
  const { metadata, status } = object;
  return {
    ...object,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [simulatedLabel]: "true" },
      annotations: { ...metadata.annotations, [kwokAnnotation]: "fake" },
    },
    status: { ...status, capacity: { ...status.capacity, ...devices }, allocatable: { ...status.allocatable, ...devices } },
  };
}
