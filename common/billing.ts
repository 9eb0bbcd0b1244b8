/** How OVHcloud bills nodes. */
import { endpointName } from "./endpoints";
import { clockHours } from "./hours";

/**
 * By the second, a minute at least: Europe, Canada and Asia-Pacific since August 2026. By the commenced clock hour: the US.
 * @see https://github.com/ovh/public-cloud-roadmap/issues/562
 */
export const billings = ["perSecond", "hourly"] as const;

export type Billing = (typeof billings)[number];

/** What a node costs at least when it is billed by the second, in milliseconds. */
export const leastBilled = 60_000;

/** Hours that are billed by the second for a node that was there for so many milliseconds. */
export const hoursBySecond = (milliseconds: number): number => Math.max(leastBilled, milliseconds) / 3_600_000;

/** Hours that are billed for a node from its creation to its end (milliseconds since 1970). */
export const billedHours = (from: number, to: number, billing: Billing): number =>
  billing === "hourly" ? clockHours(from, to) : hoursBySecond(to - from);

/** How nodes are billed at an OVHcloud API. @param endpoint its name, such as `ovh-eu`, or its URL */
export const billingAt = (endpoint: string): Billing => (endpointName(endpoint) === "ovh-us" ? "hourly" : "perSecond");

/** How nodes of a Public Cloud region such as `GRA11` are billed. */
export const billingIn = (region: string): Billing => (/^US-/i.test(region) ? "hourly" : "perSecond");
