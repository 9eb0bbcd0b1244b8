/** What a cluster costs by the hour beside its nodes, whether they run or not. Pure. */
import { type Catalog } from "./catalog";

export interface Fee {
  /** e.g. `plan Standard` */
  readonly what: string;
  /** Its plan in OVHcloud's catalogue. */
  readonly planCode: string;
}

export interface ClusterShape {
  readonly plan: "free" | "standard";
  /** Size of the gateway that is there for the cluster; undefined without one. */
  readonly gatewayModel?: string;
  /** The region has three availability zones. */
  readonly threeZones: boolean;
}

/** What is billed of a cluster by the hour. The plan Free is not. */
export function feesOf({ plan, gatewayModel, threeZones }: ClusterShape): Fee[] {
  const suffix = (text: string): string => (threeZones ? text : "");
  return [
    ...(plan === "standard" ? [{ what: "plan Standard", planCode: `mks.standard.hour.consumption${suffix(".3az")}` }] : []),
    ...(gatewayModel ? [{ what: `gateway ${gatewayModel}`, planCode: `gateway.${gatewayModel}.hour.consumption${suffix(".3AZ")}` }] : []),
  ];
}

export interface PricedFees {
  /** Of all that has a price, for an hour, without tax. */
  readonly perHour: number;
  readonly currency: string;
  /** `perHour` is missing where the catalogue has no such plan. */
  readonly parts: readonly { readonly what: string; readonly perHour?: number }[];
}

/** A gateway has no price of its own for three zones in some catalogues: then that for one zone holds. */
export function priceFees(fees: readonly Fee[], { currency, services }: Catalog): PricedFees {
  const parts = fees.map(({ what, planCode }) => {
    const code = planCode.toLowerCase();
    const perHour = services.get(code) ?? services.get(code.replace(/\.3az$/, ""));
    return { what, ...(perHour !== undefined && { perHour }) };
  });
  return { perHour: parts.reduce((sum, { perHour = 0 }) => sum + perHour, 0), currency, parts };
}
