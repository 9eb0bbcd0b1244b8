import { diskForPods } from "../../../common/reserved";
import type { FlavorSpec } from "../../api/state/backends";

export interface Resources {
  /** Thousandths of a processor. */
  readonly cpu: number;
  /** MiB */
  readonly memory: number;
  /** Bytes, whole pages: a file system's. */
  readonly disk: number;
}

export interface NodeCapacity {
  /** What the node has. */
  readonly capacity: Resources;
  /** What pods may ask for. */
  readonly allocatable: Resources;
  /** What is kept from them of the capacity, besides `evictionMemory` and `evictionDisk`. */
  readonly reserved: Resources;
  /** How the flavor and the machine led to that, for people. */
  readonly explanation: string;
}

/** Below this much free memory a kubelet evicts pods, in MiB. It is part of what pods cannot ask for. */
export const evictionMemory = 100;

/** The same of free disk, in bytes. */
export const evictionDisk = 1024 ** 3;

const page = 4096;

/** An OVHcloud instance's RAM in GB counts 1000 MiB each. */
export function flavorResources(flavor: FlavorSpec): Resources {
  return { cpu: flavor.vCPUs * 1000, memory: flavor.ram * 1000, disk: Math.floor((flavor.disk * 1e9) / page) * page };
}

/**
 * What is left to pods of a node with `total`: MKS reserves 15 % of one processor and 0.5 % of all, 1550 MB, and of the disk
 * 10 % and 10 GB times the logarithm of its size.
 *
 * @see https://docs.ovh.com/gb/en/kubernetes/exposed-apis-software-versions-reserved-resources/
 */
export function mksAllocatable(total: Resources): Resources {
  return {
    cpu: Math.max(0, Math.round(total.cpu * 0.995 - 150)),
    memory: Math.max(0, total.memory - 1550),
    disk: diskForPods(total.disk / 1e9),
  };
}

/**
 * The text of /proc/meminfo of a machine with so much memory, all of it free. Its kubelet reads how much is in use
 * elsewhere.
 *
 * @param actual the machine's own /proc/meminfo
 */
export function meminfo(capacity: Resources, actual: string): string {
  return actual.replace(/^(MemTotal|MemFree|MemAvailable):.*$/gm, (_line, name: string) => `${name}: ${capacity.memory * 1024} kB`);
}

/** A node has and offers what its flavor would, or what the machine has if that is less. */
export function nodeCapacity(flavor: FlavorSpec, machine: Resources): NodeCapacity {
  const size = flavorResources(flavor);
  const capacity = {
    cpu: Math.min(size.cpu, machine.cpu),
    memory: Math.min(size.memory, machine.memory),
    disk: Math.min(size.disk, machine.disk),
  };
  const wanted = mksAllocatable(size);
  const possible = mksAllocatable(machine);
  const allocatable = mksAllocatable(capacity);
  const short = [
    ...(wanted.cpu > possible.cpu ? [`${possible.cpu / 1000} instead of ${wanted.cpu / 1000} processors`] : []),
    ...(wanted.memory > possible.memory ? [`${possible.memory} instead of ${wanted.memory} MiB of memory`] : []),
    ...(wanted.disk > possible.disk ? [`${gigabytes(possible.disk)} instead of ${gigabytes(wanted.disk)} GB of disk`] : []),
    ...(flavor.gpus > 0 ? [`none of its ${flavor.gpus} GPUs`] : []),
  ];
  const follows = `allocatable as on ${flavor.name} (${allocatable.cpu / 1000} processors, ${allocatable.memory} MiB, ${gigabytes(allocatable.disk)} GB of disk)`;
  return {
    capacity,
    allocatable,
    reserved: {
      cpu: capacity.cpu - allocatable.cpu,
      memory: capacity.memory - allocatable.memory - evictionMemory,
      disk: capacity.disk - allocatable.disk - evictionDisk,
    },
    explanation: short.length === 0 ? follows : `this machine is smaller than ${flavor.name}: pods may have ${short.join(", ")}`,
  };
}

const gigabytes = (bytes: number): number => Math.round(bytes / 1e9);
