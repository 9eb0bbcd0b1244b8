import sizes from "./node-sizes.json";

/** GB; the disk where it is known. */
export interface NodeSize {
  readonly vCPUs: number;
  readonly ram: number;
  readonly disk?: number;
}

/** Pods that a kubelet runs at most. */
export const maxPods = sizes.maxPods;

/** Node-sizes.json holds the figures, because the Karpenter provider (karpenter/, in Go) has a copy of it. */
const { millicores, millicoresPerCPU, memory, diskShare, diskPerLog10 } = sizes.reserved;

/** What OVHcloud leaves pods of a node: it keeps 15 % of a CPU and 0.5 % of all, 1,590 MB, and log10(disk)·10 GB and 10 % of the disk. */
export function leftForPods({ vCPUs, ram, disk }: NodeSize) {
  return {
    millicores: Math.floor(vCPUs * 1000 - millicores - vCPUs * millicoresPerCPU),
    memory: Math.max(0, ram * 1e9 - memory),
    disk: disk === undefined ? undefined : diskForPods(disk),
  };
}

/** Bytes that OVHcloud leaves pods of a node's disk. @param disk GB */
export const diskForPods = (disk: number): number =>
  Math.max(0, Math.floor((disk * (1 - diskShare) - Math.log10(disk) * diskPerLog10) * 1e9));
