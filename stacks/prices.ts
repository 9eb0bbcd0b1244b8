import { endpoints, subsidiaryAt } from "../common/endpoints";
import type { Settings } from "./config";

/** Where the price list is, and whose prices hold. */
export interface Prices {
  readonly catalog: string;
  readonly subsidiary: string;
  readonly nodeHour: Readonly<Record<string, number>>;
}

/** @param endpoint of the OVHcloud provider: a name, or a URL that need not be reachable from pods */
export function pricesOf({ prices }: Settings, endpoint = "ovh-eu"): Prices {
  const { catalog = endpoints[endpoint] ?? endpoint, subsidiary = subsidiaryAt(endpoint), nodeHour } = prices;
  return { catalog, subsidiary, nodeHour };
}
