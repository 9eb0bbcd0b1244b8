/** The least that nodes for some pods can cost. Pure. */

export interface Amount {
  readonly millicores: number;
  /** Bytes. */
  readonly memory: number;
}

/** What a node of a flavor leaves to pods, and the price of its hour. */
export interface Offer extends Amount {
  readonly price: number;
}

/** Prices of a millicore and of a byte with which no node offers more than it costs. */
type Weights = Amount;

/**
 * The least price of whole nodes that offer as much CPU and as much memory as the pods ask for all together. Nodes on which the pods really fit cost at least that,
 * as they offer that much too. Exact for its question: it tries all numbers of nodes of each flavor that could cost less than the best so far.
 */
export function cheapestCover(need: Amount, offers: readonly Offer[]): number {
  // The dearest first: what is left is small soon.
  const sorted = [...offers].sort((a, b) => b.price - a.price);
  const weights = sorted.map((_, i) => weightsOf(sorted.slice(i)));
  const search = (index: number, left: Amount, cost: number, best: number): number => {
    if (left.millicores <= 0 && left.memory <= 0) return Math.min(best, cost);
    const offer = sorted[index];
    if (!offer || cost + leastOf(left, weights[index]!) >= best - tolerance) return best;
    for (let count = coverWith(offer, left); count >= 0; count--) {
      const rest = { millicores: left.millicores - count * offer.millicores, memory: left.memory - count * offer.memory };
      best = search(index + 1, rest, cost + count * offer.price, best);
    }
    return best;
  };
  return search(0, need, 0, Infinity);
}

/** Of sums of prices. */
const tolerance = 1e-9;

/** Nodes of one flavor that are enough. */
const coverWith = (offer: Amount, { millicores, memory }: Amount): number =>
  Math.max(0, Math.ceil(millicores / offer.millicores), Math.ceil(memory / offer.memory));

/** The least price if parts of nodes could be had: a bound for whole ones. */
const leastOf = ({ millicores, memory }: Amount, weights: readonly Weights[]): number =>
  weights.reduce((most, weight) => Math.max(most, weight.millicores * Math.max(0, millicores) + weight.memory * Math.max(0, memory)), 0);

/** Corners of the region of all such weights; one of them is the best for any need (duality of linear programs). */
function weightsOf(offers: readonly Offer[]): Weights[] {
  const corners = [
    { millicores: Math.min(...offers.map(({ price, millicores }) => price / millicores)), memory: 0 },
    { millicores: 0, memory: Math.min(...offers.map(({ price, memory }) => price / memory)) },
    ...offers.flatMap((a, i) => offers.slice(i + 1).map((b) => crossing(a, b))),
  ];
  return corners.filter((weights) => offers.every((offer) => isWithin(weights, offer)));
}

const isWithin = ({ millicores, memory }: Weights, offer: Offer): boolean =>
  millicores >= 0 && memory >= 0 && millicores * offer.millicores + memory * offer.memory <= offer.price * (1 + tolerance);

/** Weights with which two flavors offer just what they cost; NaN or infinite where there are none. */
function crossing(a: Offer, b: Offer): Weights {
  const determinant = a.millicores * b.memory - b.millicores * a.memory;
  return {
    millicores: (a.price * b.memory - b.price * a.memory) / determinant,
    memory: (b.price * a.millicores - a.price * b.millicores) / determinant,
  };
}
