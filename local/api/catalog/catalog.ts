/**
 * What the emulated OVHcloud offers: a sensible subset of its regions and flavors, with their public prices. The program's own rules about regions, plans and
 * flavors (common/regions.ts, common/plans.ts, stacks) are written down apart from these on purpose: an emulator that read them would agree with every mistake in them.
 * Imports `context/`, `request/` and `state/`.
 */

export interface Region {
  readonly name: string;
  readonly continent: "EU" | "NA" | "ASIA";
  /** "nova" alone where there is one availability zone. */
  readonly zones: readonly string[];
  /** Managed Kubernetes has the plan Standard there. */
  readonly standard: boolean;
}

const oneZone = (continent: Region["continent"], ...names: string[]): Region[] =>
  names.map((name) => ({ name, continent, zones: ["nova"], standard: name === "RBX-A" || name.startsWith("AP-SOUTH-MUM") }));

const threeZones = (...names: string[]): Region[] =>
  names.map((name) => ({ name, continent: "EU", zones: ["a", "b", "c"].map((zone) => `${name.toLowerCase()}-${zone}`), standard: true }));

export const regions: readonly Region[] = [
  ...oneZone("EU", "DE1", "GRA7", "GRA9", "GRA11", "RBX-A", "SBG5", "UK1", "WAW1"),
  ...oneZone("NA", "BHS5"),
  ...oneZone("ASIA", "AP-SOUTH-MUM-1", "SGP1"),
  ...threeZones("EU-WEST-PAR", "EU-SOUTH-MIL"),
];

/** The Kubernetes version that the local cloud runs, as MKS shows it: minor, and full with MKS's own revision. */
export const kubernetes = { minor: "1.34", full: "1.34.3-0" } as const;

/** Nodes that a cluster may have, by its plan. */
export const maxNodesOfPlan = { free: 100, standard: 500 } as const;

export const maxPoolsPerCluster = 100;

const MB = 1024 ** 2;

/** Bytes that a cluster's etcd may hold, by its plan. @see https://docs.ovhcloud.com/en/guides/public-cloud/containers-orchestration/managed-kubernetes/managed-kubernetes-known-limits */
export const etcdBytesOfPlan = { free: 400 * MB, standard: 8192 * MB } as const;

/**
 * Bytes that a cluster of the plan Free with so many nodes may have in etcd, up to those of the plan: the guide of 2024-04-12 has 89128960 for 3 nodes.
 *
 * @see https://github.com/ovh/docs/blob/develop/pages/public_cloud/containers_orchestration/managed_kubernetes/etcd-quota-error/guide.en-gb.md
 */
export const etcdBytesOfNodes = (nodes: number): number => (10 + 25 * nodes) * MB;

export interface Flavor {
  readonly name: string;
  /** Family: b general purpose, c compute, r memory, d discovery, t and others GPU. */
  readonly category: string;
  readonly vCPUs: number;
  /** GB */
  readonly ram: number;
  readonly gpus: number;
  /** GB */
  readonly disk: number;
  /** Mbit/s */
  readonly bandwidth: number;
  /** Euro per hour, without tax. */
  readonly hourlyPrice: number;
  /** Euro per month, without tax, where it is publicly known. */
  readonly monthlyPrice?: number;
}

/** Only these families are billed by the month ("monthly billing not supported yet"). */
export const monthlyBillable = (flavor: string): boolean => /^[bcr]2-/.test(flavor);

/** Name, vCPUs, RAM in GB, disk in GB, Mbit/s, EUR per hour, EUR per month, GPUs. Prices: OVHcloud's public catalogue, FR. */
const table: readonly (readonly [string, number, number, number, number, number, number?, number?])[] = [
  ["d2-4", 2, 4, 50, 250, 0.0198],
  ["d2-8", 4, 8, 50, 500, 0.0357],
  ["b2-7", 2, 7, 50, 250, 0.0681, 24.2],
  ["b2-15", 4, 15, 100, 250, 0.129, 46.2],
  ["b2-30", 8, 30, 200, 500, 0.261, 93.5],
  ["b2-60", 16, 60, 400, 1000, 0.505, 182],
  ["b2-120", 32, 120, 400, 10000, 0.993, 358],
  ["b3-8", 2, 8, 50, 500, 0.0512],
  ["b3-16", 4, 16, 100, 1000, 0.1023],
  ["b3-32", 8, 32, 200, 2000, 0.2046],
  ["b3-64", 16, 64, 400, 4000, 0.4092],
  ["c2-7", 2, 7, 50, 250, 0.0978],
  ["c2-15", 4, 15, 100, 250, 0.19],
  ["c2-30", 8, 30, 200, 500, 0.383],
  ["c2-60", 16, 60, 400, 1000, 0.749],
  ["c2-120", 32, 120, 400, 10000, 1.48],
  ["c3-4", 2, 4, 50, 250, 0.0415],
  ["c3-8", 4, 8, 100, 500, 0.083],
  ["c3-16", 8, 16, 200, 1000, 0.1659],
  ["c3-32", 16, 32, 400, 2000, 0.3318],
  ["r2-15", 2, 15, 50, 250, 0.0978],
  ["r2-30", 2, 30, 50, 250, 0.113],
  ["r2-60", 4, 60, 100, 250, 0.22],
  ["r3-16", 2, 16, 50, 500, 0.0602],
  ["r3-32", 4, 32, 100, 1000, 0.1203],
  ["t1-le-45", 8, 45, 300, 2000, 0.7, undefined, 1],
  ["l4-90", 22, 90, 400, 8000, 0.75, undefined, 1],
];

export const flavors: readonly Flavor[] = table.map(([name, vCPUs, ram, disk, bandwidth, hourlyPrice, monthlyPrice, gpus = 0]) => ({
  name,
  category: name.charAt(0),
  vCPUs,
  ram,
  gpus,
  disk,
  bandwidth,
  hourlyPrice,
  monthlyPrice,
}));

/**
 * Price of a node's hour in a region of three zones, in euro; undefined for a flavor that none of them has. The catalogue lists it as a plan of its own,
 * for the third generation at ten elevenths of the usual one (2025).
 */
export const hourlyPriceInThreeZones = ({ name, gpus, hourlyPrice }: Flavor): number | undefined =>
  gpus > 0 || /^.2-/.test(name) ? undefined : Math.round((hourlyPrice / 1.1) * 10_000) / 10_000;

/**
 * Plans of Managed Kubernetes and gateways by the hour, in euro without tax: the gateway as in the catalogue of 2025, the plan Standard in its order of
 * magnitude only.
 */
export const servicePrices: readonly (readonly [planCode: string, hour: number])[] = [
  ["mks.free.hour.consumption", 0],
  ["mks.free.hour.consumption.3az", 0],
  ["mks.standard.hour.consumption", 0.08],
  ["mks.standard.hour.consumption.3az", 0.09],
  ...(
    [
      ["s", 0.0028],
      ["m", 0.0111],
      ["l", 0.0486],
    ] as const
  ).flatMap(([model, hour]) => [
    [`gateway.${model}.hour.consumption`, hour] as const,
    [`gateway.${model}.hour.consumption.3AZ`, hour * 2] as const,
  ]),
];

/** Which flavors a region has: GPUs in a few, the second generation not in the newest one. */
export function flavorsIn(region: string): readonly Flavor[] {
  return flavors.filter((flavor) => {
    if (flavor.gpus > 0) return region === "GRA11" || region === "GRA9";
    return !findRegion(region)?.zones[1] || !/^.2-/.test(flavor.name);
  });
}

export const findRegion = (name: string): Region | undefined => regions.find((region) => region.name === name);

/** Roles that a project's user may have; those that matter here, out of OVHcloud's longer list. */
export const roles = [
  { id: "9543bae0818e4fa38c4e08dc8a5ae4bb", name: "administrator", description: "Administrator", permissions: ["all"] },
  { id: "4c9a6ac3d4d84d4db7d47b4be8a5d4c1", name: "compute_operator", description: "Compute Operator", permissions: ["compute"] },
  { id: "fbf11ae49b124f0ea3ac4b5b4d3b1b8a", name: "network_operator", description: "Network Operator", permissions: ["network"] },
  {
    id: "0c0ad7b2d7a94a0f9a6e1b4d1a2d7f32",
    name: "objectstore_operator",
    description: "ObjectStore Operator",
    permissions: ["objectstore"],
  },
  { id: "7a1c3e5d2b4f4f6e8a9b0c1d2e3f4a5b", name: "volume_operator", description: "Volume Operator", permissions: ["volume"] },
] as const;
