import { relativeCost } from "./flavors";
import { type Flavor } from "../state/flavor";

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
