/** Where the price list is: by the `prices` parameter, else by the environment, as the official provider reads it. */
import { type Billing, billingAt } from "../../common/billing";
import { catalogUrl, endpoints, subsidiaryAt } from "../../common/endpoints";

/** The `prices` parameter. */
export interface PriceSettings {
  /** URL of the OVHcloud API. @default that of the environment variable `OVH_ENDPOINT` (ovh-eu, ovh-ca, ovh-us or a URL), else OVHcloud Europe's */
  readonly catalog?: string;
  /** OVHcloud's subsidiary, which decides prices and currency. @default CA for ovh-ca, US for ovh-us, else FR */
  readonly subsidiary?: string;
  /** Price of a node's hour by flavor, in place of the catalogue's. */
  readonly nodeHour?: Readonly<Record<string, number>>;
  /** How nodes are billed. @default hourly in the US, by endpoint or subsidiary; else perSecond */
  readonly billing?: Billing;
}

/** How the nodes are billed. */
export function billingOf({ billing, catalog, subsidiary }: PriceSettings, environment: NodeJS.ProcessEnv = process.env): Billing {
  return billing ?? (subsidiary === "US" ? "hourly" : billingAt(catalog ?? (environment.OVH_ENDPOINT || "ovh-eu")));
}

/** The catalogue's whole URL. */
export function catalogOf({ catalog, subsidiary }: PriceSettings, environment: NodeJS.ProcessEnv = process.env): string {
  const endpoint = environment.OVH_ENDPOINT || "ovh-eu";
  const base = catalog ?? endpoints[endpoint] ?? endpoint;
  return catalogUrl(base, subsidiary ?? subsidiaryAt(base));
}
