/** What a Job has cost. Pure arithmetic. */
import { type Billing, hoursBySecond } from "../../common/billing";
import { clockHour, clockHours } from "../../common/hours";
import { type Span } from "./span";
import { type Price } from "./pool";

export interface Cost {
  /** Of all nodes, as they are billed. */
  readonly nodeHours: number;
  /** Without tax; undefined while no price is known. */
  readonly amount?: number;
  readonly currency?: string;
}

/** Milliseconds since 1970. */
type Stretch = readonly [from: number, to: number];

/**
 * Per node, the time in which it worked on one of the attempts, or with billing by the hour the clock's hours of that: what OVHcloud bills for the nodes
 * while they worked. A node that two batch Jobs shared counts for both; time in which it waited for work counts for none.
 * @param ran rows, or attempts; one that has not ended counts up to `now`
 * @param terms `billing` is perSecond where it is not said
 */
export function actualCost(
  ran: Iterable<Span & { readonly earlier?: readonly Span[] }>,
  { price, billing = "perSecond" }: { readonly price?: Price; readonly billing?: Billing },
  now: Date = new Date(),
): Cost {
  const nodes = new Map<string, Stretch[]>();
  const count = ({ node, start, end }: Span) => {
    if (node === undefined || start === undefined) return;
    const worked = nodes.get(node) ?? [];
    nodes.set(node, worked);
    worked.push([Date.parse(start), end === undefined ? now.getTime() : Date.parse(end)]);
  };
  for (const { earlier = [], ...last } of ran) [...earlier, last].forEach(count);
  const billed = billing === "perSecond" ? (worked: Stretch[]) => hoursBySecond(covered(worked)) : touchedHours;
  const nodeHours = [...nodes.values()].reduce((sum, worked) => sum + billed(worked), 0);
  return { nodeHours, ...(price && { amount: nodeHours * price.nodeHour, ...(price.currency && { currency: price.currency }) }) };
}

function touchedHours(stretches: readonly Stretch[]): number {
  const hours = new Set<number>();
  for (const [from, to] of stretches) for (let i = 0; i < clockHours(from, to); i++) hours.add(clockHour(from) + i);
  return hours.size;
}

/** Milliseconds in at least one of the stretches. */
function covered(stretches: readonly Stretch[]): number {
  let [sum, last] = [0, -Infinity];
  for (const [from, to] of [...stretches].sort(([a], [b]) => a - b)) {
    sum += Math.max(0, to - Math.max(from, last));
    last = Math.max(last, to);
  }
  return sum;
}
