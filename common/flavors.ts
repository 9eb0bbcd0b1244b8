/** Sizes of OVHcloud's instance flavors, for those who cannot ask OVHcloud. */
import sizes from "./node-sizes.json";
import { type NodeSize } from "./reserved";

export interface FlavorSize extends NodeSize {
  /** GB */
  readonly disk: number;
  readonly gpus: number;
}

/**
 * The flavors of OVHcloud's public catalogue that batch pools use. It only serves until the first node of a flavor shows
 * what it really offers; for flavors that are not here the autoscaler orders one node to find out.
 * @see https://www.ovhcloud.com/en/public-cloud/prices/
 */
export const catalogue: Readonly<Record<string, FlavorSize>> = sizes.flavors;
