/** OVHcloud's public catalogue of the Public Cloud: what flavors cost and how large they are. It needs no key. */
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../errors";
import { catalogOf, type PriceSettings } from "./config";

export interface Flavor {
  readonly vCPUs: number;
  /** GB */
  readonly ram: number;
  /** GB */
  readonly disk?: number;
  readonly gpus: number;
  /** Price of a commenced hour without tax, in the catalogue's currency. */
  readonly nodeHour?: number;
}

export interface Catalog {
  /** e.g. EUR */
  readonly currency: string;
  readonly flavors: ReadonlyMap<string, Flavor>;
}

/** The catalogue's prices are whole numbers of 1/100,000,000 of the currency's unit. */
const unitsPerCurrency = 1e8;

/** Plans of instances by the hour are called `<flavor>.consumption`. */
const hourly = /^(.+)\.consumption$/;

/** Milliseconds until the catalogue begins to come, all attempts together, and until it is there: it is several MB. */
const patience = { answer: 3_000, body: 20_000 };
const pause = 300;

const catalogs = new Map<string, Promise<Catalog>>();

/** Reads the catalogue, once in a process. @throws when it does not begin to come within 3 seconds */
export function readCatalog(settings: PriceSettings): Promise<Catalog> {
  const url = catalogOf(settings);
  let reading = catalogs.get(url);
  if (!reading) {
    reading = fetchCatalog(url);
    catalogs.set(url, reading);
    reading.catch(() => catalogs.delete(url));
  }
  return reading;
}

async function fetchCatalog(url: string): Promise<Catalog> {
  const deadline = Date.now() + patience.answer;
  for (;;) {
    try {
      return parseCatalog(await fetchJson(url, deadline));
    } catch (error) {
      if (Date.now() + pause > deadline)
        throw new Error(`OVHcloud's price list cannot be read from ${url}: ${causeOf(error)}`, { cause: error });
      await sleep(pause);
    }
  }
}

async function fetchJson(url: string, deadline: number): Promise<unknown> {
  const abort = new AbortController();
  const limit = (ms: number, fault: string) => setTimeout(() => abort.abort(new Error(fault)), ms);
  let timer = limit(deadline - Date.now(), "no answer");
  try {
    const response = await fetch(url, { signal: abort.signal });
    clearTimeout(timer);
    timer = limit(patience.body, "the answer does not end");
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return await response.json();
  } finally {
    clearTimeout(timer);
  }
}

/** fetch() says "fetch failed", and why only in the cause. */
const causeOf = (error: unknown): string => messageOf((error as { cause?: unknown }).cause ?? error);

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

/** Takes the instances out of the catalogue, which lists all of the Public Cloud. @throws for what is no catalogue. */
export function parseCatalog(json: unknown): Catalog {
  const { locale, addons } = json as { locale?: { currencyCode?: string }; addons?: readonly Addon[] };
  if (!locale?.currencyCode || !Array.isArray(addons)) throw new Error("the answer is no catalogue");
  const flavors = new Map<string, Flavor>();
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
