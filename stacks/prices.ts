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
