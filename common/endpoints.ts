/** OVHcloud's APIs, by the names that its official tools give them. */
export const endpoints: Readonly<Record<string, string>> = {
  "ovh-eu": "https://eu.api.ovh.com/1.0",
  "ovh-ca": "https://ca.api.ovh.com/1.0",
  "ovh-us": "https://api.us.ovhcloud.com/1.0",
};

/** Subsidiaries whose prices hold at these endpoints; at all others it is France's. */
const subsidiaries: Readonly<Record<string, string>> = { "ovh-ca": "CA", "ovh-us": "US" };

export const subsidiaryAt = (endpoint: string): string => subsidiaries[endpoint] ?? "FR";

/** Where the public price list is, which needs no key. @param api URL of an OVHcloud API */
export const catalogUrl = (api: string, subsidiary: string): string =>
  `${api.replace(/\/$/, "")}/order/catalog/public/cloud?${new URLSearchParams({ ovhSubsidiary: subsidiary }).toString()}`;
