/** Costs as text. Pure. */
import { type Cost } from "../../batch";
import { type PricedFees } from "../../common/fees";
import { money, nodeHours } from "../../common/text";

/** e.g. `3 node-hours, 0.57 EUR`; without a price only the hours. */
export const describeCost = ({ nodeHours: hours, amount, currency }: Cost): string =>
  `${nodeHours(hours)}${amount === undefined ? "" : `, ${money(amount, currency)}`}`;

/** e.g. `the cluster itself costs 0.0928 EUR an hour, with or without Jobs (plan Standard 0.0900, gateway s 0.0028)` */
export function describeFees({ perHour, currency, parts }: PricedFees): string {
  const told = parts.map(({ what, perHour }) => `${what} ${perHour === undefined ? "not in the price list" : money(perHour)}`);
  return `the cluster itself costs ${money(perHour, currency)} an hour, with or without Jobs (${told.join(", ")})`;
}
