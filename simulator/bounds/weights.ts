import { mayRunOn } from "../../autoscaler/state/matching";
import { type Shape } from "../../autoscaler/state/model";
import { type Model } from "../cluster/instances";

const resources = ["cpu", "memory"] as const;

/** Which sizes count how much: `k` of {@link dual}, and how the two resources are mixed. */
const functions = Array.from({ length: 12 }, (_, i) => i).flatMap((k) =>
  [1, 0.75, 0.5, 0.25, 0].map((cpu) => ({ k, shares: [cpu, 1 - cpu] })),
);

export const functionCount = functions.length;

/**
 * A dual feasible function: if shares add up to at most 1, so do their images. k = 0 is the identity; k > 0 rounds shares just over 1/(k+1) up to 1/k,
 * which shows that, say, only three such pods fit on a node and not 3.8.
 * @see S. Fekete, J. Schepers, "New classes of fast lower bounds for bin packing problems", 2001
 */
export function dual(k: number, share: number): number {
  if (k === 0) return share;
  const scaled = (k + 1) * share;
  const whole = Math.round(scaled);
  return Math.abs(scaled - whole) < 1e-9 ? share : Math.floor(scaled) / k;
}

/**
 * Weights of a pod, one for each function: whatever runs together at a time on a set of nodes, the sum of its weights is at most the sum of the
 * nodes' prices. For on one node of a pool the images of the shares add up to at most 1, for each resource and so for every mix of
 * them; and a pod weighs the least that it would in any pool that can run it.
 */
export function weightsOf(shape: Shape, models: readonly Model[], price: (model: Model) => number): Float64Array {
  const able = models.filter((model) => canRun(shape, model));
  return Float64Array.from(functions, ({ k, shares }) => {
    const inPools = able.map((model) => {
      const images = resources.map((name) => dual(k, (shape.requests[name] ?? 0) / (model.room[name] ?? 1)));
      return price(model) * (images[0]! * shares[0]! + images[1]! * shares[1]!);
    });
    return able.length > 0 ? Math.min(...inPools) : 0;
  });
}

export function canRun(shape: Shape, { labels, taints, room }: Model): boolean {
  const fits = Object.entries(shape.requests).every(([name, amount]) => amount <= (room[name] ?? 0));
  return fits && mayRunOn(shape, { name: undefined, labels, taints });
}
