import { type Billing, billingAt, billingIn } from "../common/billing";
import { endpoints, subsidiaryAt } from "../common/endpoints";
import { type Fee, feesOf } from "../common/fees";
import { regionFacts } from "../common/regions";
import type { Settings } from "./config";

/** Where the price list is, and whose prices hold. */
export interface Prices {
  readonly catalog: string;
  readonly subsidiary: string;
  readonly nodeHour: Readonly<Record<string, number>>;
}

/** How the stack's nodes are billed. @param endpoint of the OVHcloud provider: a name or a URL */
export function billingOf({ autoscaler, region }: Settings, endpoint = "ovh-eu"): Billing {
  return autoscaler.billing ?? (billingIn(region) === "hourly" ? "hourly" : billingAt(endpoint));
}

/** @param endpoint of the OVHcloud provider: a name, or a URL that need not be reachable from pods */
export function pricesOf({ prices }: Settings, endpoint = "ovh-eu"): Prices {
  const { catalog = endpoints[endpoint] ?? endpoint, subsidiary = subsidiaryAt(endpoint), nodeHour } = prices;
  return { catalog, subsidiary, nodeHour };
}

/** Whether the region has three availability zones, and so prices of its own. */
export const hasThreeZones = ({ region }: Settings): boolean => (regionFacts(region)?.zones.length ?? 0) > 0;

/** What OVHcloud bills for the cluster by the hour beside its nodes. A gateway that was there before is not the stack's. */
export const clusterFeesOf = (settings: Settings): Fee[] =>
  feesOf({ plan: settings.cluster.plan, gatewayModel: settings.network?.gatewayModel, threeZones: hasThreeZones(settings) });
