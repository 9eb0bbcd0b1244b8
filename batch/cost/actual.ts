/** What a Job has cost. Pure arithmetic. */
import { clockHour, clockHours } from "../../common/hours";
import { type Span } from "../records";
import { type Price } from "./pool";

export interface Cost {
  /** Commenced clock hours of all nodes. */
  readonly nodeHours: number;
  /** Without tax; undefined while no price is known. */
  readonly amount?: number;
  readonly currency?: string;
}

/**
 * Per node, the clock's hours in which it worked on one of the attempts: what OVHcloud bills for the nodes while they worked. A node that two batch Jobs
 * shared counts for both; hours in which it waited for work count for none.
 * @param ran rows, or attempts; one that has not ended counts up to `now`
 */
export function actualCost(
  ran: Iterable<Span & { readonly earlier?: readonly Span[] }>,
  price: Price | undefined,
  now: Date = new Date(),
): Cost {
  const hours = new Map<string, Set<number>>();
  const count = ({ node, start, end }: Span) => {
    if (node === undefined || start === undefined) return;
    const touched = hours.get(node) ?? new Set();
    hours.set(node, touched);
    const from = Date.parse(start);
    const touching = clockHours(from, end === undefined ? now.getTime() : Date.parse(end));
    for (let i = 0; i < touching; i++) touched.add(clockHour(from) + i);
  };
  for (const { earlier = [], ...last } of ran) [...earlier, last].forEach(count);
  const nodeHours = [...hours.values()].reduce((sum, { size }) => sum + size, 0);
  return { nodeHours, ...(price && { amount: nodeHours * price.nodeHour, ...(price.currency && { currency: price.currency }) }) };
}
