/** Costs as text. Pure. */
import { type Cost, plural } from "../batch";
import { money } from "./report/format";

/** e.g. `3 node-hours, 0.57 EUR`; without a price only the hours. */
export function describeCost({ nodeHours, amount, currency = "" }: Cost): string {
  return `${plural(nodeHours, "node-hour")}${amount === undefined ? "" : `, ${money(amount, currency).trimEnd()}`}`;
}
