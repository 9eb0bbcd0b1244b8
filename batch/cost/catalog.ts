/** Fetches OVHcloud's public catalogue, which needs no key. */
import { type Catalog, parseCatalog } from "../../common/catalog";
import { reasonOf } from "../../common/connection";
import { retry } from "../../common/retry";
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
  // What one attempt was told stands if the next has no time left to be told anything.
  let told = "no answer";
  const read = async (): Promise<Catalog> => {
    try {
      return parseCatalog(await fetchJson(url, deadline, told));
    } catch (error) {
      told = reasonOf(error);
      throw error;
    }
  };
  return retry(read, { pauses: () => pause, again: () => Date.now() + pause <= deadline }).catch((error: unknown) => {
    throw new Error(`OVHcloud's price list cannot be read from ${url}: ${reasonOf(error)}`, { cause: error });
  });
}

/** @param late the fault where nothing has come at the deadline */
async function fetchJson(url: string, deadline: number, late: string): Promise<unknown> {
  const abort = new AbortController();
  const limit = (ms: number, fault: string) => setTimeout(() => abort.abort(new Error(fault)), ms);
  let timer = limit(deadline - Date.now(), late);
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
