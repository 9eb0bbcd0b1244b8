/** What OVHcloud has in which Public Cloud region: Object Storage, availability zones, plans of Managed Kubernetes. */

interface Place {
  /** Names of the compute regions. */
  readonly compute: RegExp;
  /** Object Storage region beside them. */
  readonly storage: string;
  /** The region has three availability zones, `<region in lower case>-a`, `-b` and `-c`. */
  readonly threeZones?: boolean;
  /** Managed Kubernetes has the plan Standard there. */
  readonly standard?: boolean;
}

/**
 * Compute and Object Storage regions have names of their own, so neither follows from the other.
 * Sources: OVHcloud's guide to Object Storage endpoints (2026-02-03), its page of data centres (2026-02-03), and for the plan Standard
 * https://github.com/ovh/public-cloud-roadmap/issues/1089 (2026-04).
 */
const places: readonly Place[] = [
  { compute: /^GRA\d+$/, storage: "GRA" },
  { compute: /^RBX(-[A-Z]|\d+)$/, storage: "RBX", standard: true },
  { compute: /^SBG\d+$/, storage: "SBG" },
  { compute: /^EU-WEST-PAR$/, storage: "EU-WEST-PAR", threeZones: true, standard: true },
  { compute: /^EU-SOUTH-MIL$/, storage: "EU-SOUTH-MIL", threeZones: true, standard: true },
  { compute: /^DE\d+$/, storage: "DE" },
  { compute: /^UK\d+$/, storage: "UK" },
  { compute: /^WAW\d+$/, storage: "WAW" },
  { compute: /^BHS\d+$/, storage: "BHS" },
  { compute: /^CA-EAST-TOR(-\d+)?$/, storage: "CA-EAST-TOR" },
  { compute: /^SGP\d+$/, storage: "SGP" },
  { compute: /^SYD\d+$/, storage: "AP-SOUTHEAST-SYD" },
  { compute: /^AP-SOUTH-MUM(-\d+)?$/, storage: "AP-SOUTH-MUM", standard: true },
  { compute: /^US-EAST-VA(-\d+)?$/, storage: "US-EAST-VA" },
  { compute: /^US-WEST-OR(-\d+)?$/, storage: "US-WEST-OR" },
];

/** What is known of a compute region. */
export interface RegionFacts {
  /** Object Storage region beside it. */
  readonly storage: string;
  /** Availability zones that a pool has to choose from; empty where there is only one. */
  readonly zones: readonly string[];
  /** Plans of Managed Kubernetes. */
  readonly plans: readonly ("free" | "standard")[];
}

/** Examples of the regions with the plan Standard, for messages. */
export const standardRegions: readonly string[] = ["EU-WEST-PAR", "EU-SOUTH-MIL", "RBX-A", "AP-SOUTH-MUM-1"];

/** Returns what is known of a compute region such as `GRA11`; undefined for one that is not known here, as a new one is. */
export function regionFacts(region: string): RegionFacts | undefined {
  const place = places.find(({ compute }) => compute.test(region));
  if (!place) return undefined;
  const { storage, threeZones, standard } = place;
  return {
    storage,
    zones: threeZones ? ["a", "b", "c"].map((letter) => `${region.toLowerCase()}-${letter}`) : [],
    plans: standard ? ["free", "standard"] : ["free"],
  };
}

/** URL of the S3 API of an Object Storage region such as `GRA`. OVHcloud US has a domain of its own. */
export const storageEndpoint = (storageRegion: string): string =>
  `https://s3.${storageRegion.toLowerCase()}.io.cloud.ovh.${/^US-/i.test(storageRegion) ? "us" : "net"}`;
