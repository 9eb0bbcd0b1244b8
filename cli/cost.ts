/** Costs as text. Pure. */
import { type Cost } from "../batch";
import { money, nodeHours } from "../common/text";

/** e.g. `3 node-hours, 0.57 EUR`; without a price only the hours. */
export const describeCost = ({ nodeHours: hours, amount, currency }: Cost): string =>
  `${nodeHours(hours)}${amount === undefined ? "" : `, ${money(amount, currency)}`}`;
