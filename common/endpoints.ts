/** OVHcloud's APIs, by the names that its official tools give them. */
export const endpoints: Readonly<Record<string, string>> = {
  "ovh-eu": "https://eu.api.ovh.com/1.0",
  "ovh-ca": "https://ca.api.ovh.com/1.0",
  "ovh-us": "https://api.us.ovhcloud.com/1.0",
};

/** The name of one of OVHcloud's endpoints, in any version of the API; undefined for an API that is not OVHcloud's. @param endpoint a name or a URL */
export function endpointName(endpoint: string): string | undefined {
  if (!URL.canParse(endpoint)) return endpoints[endpoint] && endpoint;
  const { host } = new URL(endpoint);
  return Object.entries(endpoints).find(([, url]) => new URL(url).host === host)?.[0];
}

/** Subsidiaries whose prices hold at these endpoints; at all others it is France's. */
const subsidiaries: Readonly<Record<string, string>> = { "ovh-ca": "CA", "ovh-us": "US" };

/** The subsidiary whose prices hold. @param endpoint a name or a URL */
export const subsidiaryAt = (endpoint: string): string => subsidiaries[endpointName(endpoint) ?? ""] ?? "FR";

/** Where the public price list is, which needs no key. @param api URL of an OVHcloud API */
export const catalogUrl = (api: string, subsidiary: string): string =>
  `${api.replace(/\/$/, "")}/order/catalog/public/cloud?${new URLSearchParams({ ovhSubsidiary: subsidiary }).toString()}`;

/** Where a service account gets a token, by the endpoint's name, as in the newest go-ovh, which the official provider is built on. */
const tokenUrls: Readonly<Record<string, string>> = {
  "ovh-eu": "https://auth.eu.ovhcloud.com/oauth2/token",
  "ovh-ca": "https://auth.ca.ovhcloud.com/oauth2/token",
  "ovh-us": "https://us.ovhcloud.com/auth/oauth2/token",
};

/** Where a service account gets a token for an API. @param api its URL; that of another than OVHcloud's own has `/auth/oauth2/token` beside it */
export function tokenUrlAt(api: string): string {
  return tokenUrls[endpointName(api) ?? ""] ?? new URL("/auth/oauth2/token", api).href;
}
