/** Size of an OVHcloud instance flavor. */
export interface Flavor {
  readonly vCPUs: number;
  /** GB */
  readonly ram: number;
  /** GB */
  readonly disk: number;
  readonly gpus: number;
}

/** OVHcloud's families of GPU flavors, for those that are not in the catalogue. */
const gpuFamilies = /^(t\d|l4|l40s|a10|a100|h\d+|v100s?|rtx\d+)-/;

/** Whether nodes of the flavor have GPUs. */
export const hasGpus = (name: string, flavors: Readonly<Record<string, Flavor>>): boolean =>
  flavors[name] ? flavors[name].gpus > 0 : gpuFamilies.test(name);
