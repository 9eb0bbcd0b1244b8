import { type Flavor } from "../state/flavor";
import { leftForPods, maxPods } from "../../common/reserved";
import { type Resources } from "../state/model";

/** What a node of the flavor offers to pods. */
export function allocatableOf(flavor: Flavor): Resources {
  const { millicores, memory, disk } = leftForPods(flavor);
  return {
    cpu: millicores,
    memory,
    ...(disk !== undefined && { "ephemeral-storage": disk }),
    pods: maxPods,
    ...(flavor.gpus > 0 && { "nvidia.com/gpu": flavor.gpus }),
  };
}

/** Orders flavors from cheap to dear, by size: no price list is needed to prefer the smaller of two that fit. */
export function relativeCost(size: Flavor | undefined): number {
  return size ? size.gpus * 100 + size.vCPUs + size.ram / 4 : Infinity;
}

/**
 * What an hour of a node costs, by flavor: by the price list if it has all the flavors in question, else by size, which is no price but puts the
 * smaller of two first. Infinity for a flavor that nobody knows.
 */
export function costs(
  flavors: readonly string[],
  prices: Readonly<Record<string, number>>,
  sizes: Readonly<Record<string, Flavor>>,
): (flavor: string) => number {
  const known = flavors.every((flavor) => prices[flavor] !== undefined);
  return (flavor) => (known ? (prices[flavor] ?? Infinity) : relativeCost(sizes[flavor]));
}
