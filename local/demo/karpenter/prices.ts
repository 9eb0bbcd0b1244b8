import { nodeHourIn, parseCatalog } from "../../../common/catalog";
import { catalogUrl, subsidiaryAt } from "../../../common/endpoints";
import { readPublic } from "../../../common/ovh/public";
import { readCredentials } from "../../daemon/credentials";

/** Prices of a node's hour, by flavor, in the catalogue's currency. */
export type Prices = ReadonlyMap<string, number>;

/** Reads the local cloud's price list. @param threeZones the region has three availability zones, and so prices of its own */
export async function readPrices(threeZones: boolean): Promise<Prices> {
  const { endpoint } = readCredentials()!;
  const { flavors } = parseCatalog(await readPublic(catalogUrl(endpoint, subsidiaryAt(endpoint)), AbortSignal.timeout(30_000)));
  return new Map([...flavors].map(([name, flavor]) => [name, nodeHourIn(flavor, threeZones) ?? NaN]));
}

/** What an hour of these nodes costs. */
export const costOf = (nodes: readonly { readonly flavor: string }[], prices: Prices): number =>
  nodes.reduce((sum, { flavor }) => sum + (prices.get(flavor) ?? NaN), 0);
