/** OVHcloud's public catalogue of the Public Cloud: what flavors cost and how large they are, and what a cluster costs beside its nodes. */

export interface CatalogFlavor {
  readonly vCPUs: number;
  /** GB */
  readonly ram: number;
  /** GB */
  readonly disk?: number;
  readonly gpus: number;
  /** Price of an hour without tax, in the catalogue's currency; undefined for a flavor that is not sold by the hour. */
  readonly nodeHour?: number;
  /** The same in a region of three zones; undefined where the catalogue has no price of its own for it. */
  readonly nodeHourInThreeZones?: number;
}

export interface Catalog {
  /** e.g. EUR */
  readonly currency: string;
  readonly flavors: ReadonlyMap<string, CatalogFlavor>;
  /** Price of an hour without tax, by plan code in lower case, of the plans of Managed Kubernetes and of gateways. */
  readonly services: ReadonlyMap<string, number>;
}

interface Addon {
  readonly planCode?: string;
  readonly pricings?: readonly { readonly price?: number; readonly capacities?: readonly string[] }[];
  readonly blobs?: {
    readonly technical?: {
      readonly cpu?: { readonly cores?: number };
      readonly memory?: { readonly size?: number };
      readonly gpu?: { readonly number?: number };
      readonly storage?: { readonly disks?: readonly { readonly capacity?: number; readonly number?: number }[] };
    };
  };
}

/** The catalogue's prices are whole numbers of 1/100,000,000 of the currency's unit. */
const unitsPerCurrency = 1e8;

/** Plans of instances by the hour are called `<flavor>.consumption`, those of regions with three zones `<flavor>.consumption.3AZ`. */
const hourly = /^(.+?)\.consumption(\.3az)?$/i;

/** e.g. `mks.standard.hour.consumption.3az` or `gateway.s.hour.consumption`: OVHcloud writes 3az and 3AZ. */
const service = /^(mks|gateway)\.[^.]+\.hour\.consumption(\.3az)?$/i;

/**
 * Takes out of the catalogue, which lists all of the Public Cloud, the instances by the hour (the plans that tell of CPUs and memory), and what clusters
 * and gateways cost. The price is the one with the capacity `consumption`.
 * @throws for what is no catalogue
 */
export function parseCatalog(json: unknown): Catalog {
  const { locale, addons } = json as { locale?: { currencyCode?: string }; addons?: readonly Addon[] };
  if (!locale?.currencyCode || !Array.isArray(addons)) throw new Error("the answer is no catalogue");
  const flavors = new Map<string, CatalogFlavor>();
  const services = new Map<string, number>();
  for (const addon of addons as readonly Addon[]) {
    const { planCode = "", pricings } = addon;
    const price = pricings?.find(({ capacities }) => capacities?.includes("consumption"))?.price;
    const hour = price === undefined ? undefined : price / unitsPerCurrency;
    if (hour !== undefined && service.test(planCode)) services.set(planCode.toLowerCase(), hour);
    const [, name, threeZones] = hourly.exec(planCode) ?? [];
    const size = sizeOf(addon);
    if (name === undefined || !size) continue;
    const priced = hour === undefined ? {} : threeZones ? { nodeHourInThreeZones: hour } : { nodeHour: hour };
    flavors.set(name, { ...flavors.get(name), ...size, ...priced });
  }
  return { currency: locale.currencyCode, flavors, services };
}

function sizeOf({ blobs }: Addon): Pick<CatalogFlavor, "vCPUs" | "ram" | "gpus" | "disk"> | undefined {
  const { cpu, memory, gpu, storage } = blobs?.technical ?? {};
  if (!cpu?.cores || !memory?.size) return undefined;
  const disk = (storage?.disks ?? []).reduce((sum, { capacity = 0, number = 1 }) => sum + capacity * number, 0);
  return { vCPUs: cpu.cores, ram: memory.size, gpus: gpu?.number ?? 0, ...(disk > 0 && { disk }) };
}

/** Price of a node's hour in a region with one or with three zones. A flavor without a price of its own for three zones has the usual one. */
export const nodeHourIn = ({ nodeHour, nodeHourInThreeZones }: CatalogFlavor, threeZones: boolean): number | undefined =>
  threeZones ? (nodeHourInThreeZones ?? nodeHour) : nodeHour;
