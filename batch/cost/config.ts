/** Where the price list is: by the `prices` parameter, else by the environment, as the official provider reads it. */
import { type Billing } from "../../common/hours";
import { catalogUrl, endpoints, subsidiaryAt } from "../../common/endpoints";

/** The `prices` parameter. */
export interface PriceSettings {
  /** URL of the OVHcloud API. @default that of the environment variable `OVH_ENDPOINT` (ovh-eu, ovh-ca, ovh-us or a URL), else OVHcloud Europe's */
  readonly catalog?: string;
  /** OVHcloud's subsidiary, which decides prices and currency. @default CA for ovh-ca, US for ovh-us, else FR */
  readonly subsidiary?: string;
  /** Price of a node's hour by flavor, in place of the catalogue's. */
  readonly nodeHour?: Readonly<Record<string, number>>;
  /** How nodes are billed. @default hourly */
  readonly billing?: Billing;
}

/** The catalogue's whole URL. */
export function catalogOf({ catalog, subsidiary }: PriceSettings, environment: NodeJS.ProcessEnv = process.env): string {
  const endpoint = environment.OVH_ENDPOINT || "ovh-eu";
  const base = catalog ?? endpoints[endpoint] ?? endpoint;
  const home = catalog ? (Object.entries(endpoints).find(([, url]) => sameHost(url, catalog))?.[0] ?? "") : endpoint;
  return catalogUrl(base, subsidiary ?? subsidiaryAt(home));
}

const sameHost = (a: string, b: string): boolean => new URL(a).host === new URL(b).host;
