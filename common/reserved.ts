/** GB; the disk where it is known. */
export interface NodeSize {
  readonly vCPUs: number;
  readonly ram: number;
  readonly disk?: number;
}

/** Pods that a kubelet runs at most. */
export const maxPods = 110;

/** What OVHcloud leaves pods of a node: it keeps 15 % of a CPU and 0.5 % of all, 1,590 MB, and log10(disk)·10 GB and 10 % of the disk. */
export function leftForPods({ vCPUs, ram, disk }: NodeSize) {
  return {
    millicores: Math.floor(vCPUs * 1000 - 150 - vCPUs * 5),
    memory: Math.max(0, ram * 1e9 - 1590e6),
    disk: disk === undefined ? undefined : diskForPods(disk),
  };
}

/** Bytes that OVHcloud leaves pods of a node's disk. @param disk GB */
export const diskForPods = (disk: number): number => Math.max(0, Math.floor((disk * 0.9 - Math.log10(disk) * 10) * 1e9));
