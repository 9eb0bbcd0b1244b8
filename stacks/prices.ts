import { endpoints } from "../common/endpoints";
import type { Settings } from "./config";

/** Where the price list is, and whose prices hold. */
export interface Prices {
  readonly catalog: string;
  readonly subsidiary: string;
  readonly nodeHour: Readonly<Record<string, number>>;
}

const subsidiaries: Readonly<Record<string, string>> = { "ovh-ca": "CA", "ovh-us": "US" };

/** @param endpoint of the OVHcloud provider: a name, or a URL that need not be reachable from pods */
export function pricesOf({ prices }: Settings, endpoint = "ovh-eu"): Prices {
  const { catalog = endpoints[endpoint] ?? endpoint, subsidiary = subsidiaries[endpoint] ?? "FR", nodeHour } = prices;
  return { catalog, subsidiary, nodeHour };
}
