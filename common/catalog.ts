/** OVHcloud's public catalogue of the Public Cloud: what flavors cost and how large they are. */

export interface CatalogFlavor {
  readonly vCPUs: number;
  /** GB */
  readonly ram: number;
  /** GB */
  readonly disk?: number;
  readonly gpus: number;
  /** Price of a commenced hour without tax, in the catalogue's currency; undefined for a flavor that is not sold by the hour. */
  readonly nodeHour?: number;
}

export interface Catalog {
  /** e.g. EUR */
  readonly currency: string;
  readonly flavors: ReadonlyMap<string, CatalogFlavor>;
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

/** Plans of instances by the hour are called `<flavor>.consumption`. */
const hourly = /^(.+)\.consumption$/;

/**
 * Takes the instances by the hour out of the catalogue, which lists all of the Public Cloud: the plans `<flavor>.consumption` that tell of CPUs and memory.
 * The price is the one with the capacity `consumption`.
 * @throws for what is no catalogue
 */
export function parseCatalog(json: unknown): Catalog {
  const { locale, addons } = json as { locale?: { currencyCode?: string }; addons?: readonly Addon[] };
  if (!locale?.currencyCode || !Array.isArray(addons)) throw new Error("the answer is no catalogue");
  const flavors = new Map<string, CatalogFlavor>();
  for (const { planCode, pricings, blobs } of addons as readonly Addon[]) {
    const [, name] = hourly.exec(planCode ?? "") ?? [];
    const { cpu, memory, gpu, storage } = blobs?.technical ?? {};
    if (name === undefined || !cpu?.cores || !memory?.size) continue;
    const price = pricings?.find(({ capacities }) => capacities?.includes("consumption"))?.price;
    const disk = (storage?.disks ?? []).reduce((sum, { capacity = 0, number = 1 }) => sum + capacity * number, 0);
    flavors.set(name, {
      vCPUs: cpu.cores,
      ram: memory.size,
      gpus: gpu?.number ?? 0,
      ...(disk > 0 && { disk }),
      ...(price !== undefined && { nodeHour: price / unitsPerCurrency }),
    });
  }
  return { currency: locale.currencyCode, flavors };
}
