/** Fetches OVHcloud's public catalogue, which needs no key. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Catalog, parseCatalog } from "../../common/catalog";
import { messageOf } from "../errors";
import { catalogOf, type PriceSettings } from "./config";

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
