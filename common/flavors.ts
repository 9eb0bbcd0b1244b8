/** Sizes of OVHcloud's instance flavors, for those who cannot ask OVHcloud. */
import { type NodeSize } from "./reserved";

export interface FlavorSize extends NodeSize {
  /** GB */
  readonly disk: number;
  readonly gpus: number;
}

const flavor = (vCPUs: number, ram: number, disk: number, gpus = 0): FlavorSize => ({ vCPUs, ram, disk, gpus });

/**
 * The flavors of OVHcloud's public catalogue that batch pools use. It only serves until the first node of a flavor shows
 * what it really offers; for flavors that are not here the autoscaler orders one node to find out.
 * @see https://www.ovhcloud.com/en/public-cloud/prices/
 */
export const catalogue: Readonly<Record<string, FlavorSize>> = {
  "d2-4": flavor(2, 4, 50),
  "d2-8": flavor(4, 8, 50),
  "b2-7": flavor(2, 7, 50),
  "b2-15": flavor(4, 15, 100),
  "b2-30": flavor(8, 30, 200),
  "b2-60": flavor(16, 60, 400),
  "b2-120": flavor(32, 120, 400),
  "b3-8": flavor(2, 8, 50),
  "b3-16": flavor(4, 16, 100),
  "b3-32": flavor(8, 32, 200),
  "b3-64": flavor(16, 64, 400),
  "b3-128": flavor(32, 128, 400),
  "b3-256": flavor(64, 256, 400),
  "c2-7": flavor(2, 7, 50),
  "c2-15": flavor(4, 15, 100),
  "c2-30": flavor(8, 30, 200),
  "c2-60": flavor(16, 60, 400),
  "c2-120": flavor(32, 120, 400),
  "c3-4": flavor(2, 4, 50),
  "c3-8": flavor(4, 8, 100),
  "c3-16": flavor(8, 16, 200),
  "c3-32": flavor(16, 32, 400),
  "c3-64": flavor(32, 64, 400),
  "c3-128": flavor(64, 128, 400),
  "r2-15": flavor(2, 15, 50),
  "r2-30": flavor(2, 30, 50),
  "r2-60": flavor(4, 60, 100),
  "r2-120": flavor(8, 120, 200),
  "r2-240": flavor(16, 240, 400),
  "r3-16": flavor(2, 16, 50),
  "r3-32": flavor(4, 32, 100),
  "r3-64": flavor(8, 64, 200),
  "r3-128": flavor(16, 128, 400),
  "r3-256": flavor(32, 256, 400),
  "t1-45": flavor(8, 45, 400, 1),
  "t1-90": flavor(18, 90, 800, 2),
  "t2-45": flavor(15, 45, 400, 1),
  "t2-90": flavor(30, 90, 800, 2),
  "l4-90": flavor(22, 90, 400, 1),
  "a10-45": flavor(30, 45, 400, 1),
  "a10-90": flavor(60, 90, 800, 2),
};
