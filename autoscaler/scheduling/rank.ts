import { type Place } from "../state/matching";
import { type Resources, type Pool, type Shape } from "../state/model";
import { timesFitting } from "../state/resources";

/** A pool that may grow. */
export interface Source {
  readonly pool: Pool;
  readonly place: Place;
  /** What a new node offers after its DaemonSet pods; undefined when it was never seen and is in no catalogue. */
  readonly room: Resources | undefined;
  /** How many more nodes the pool may have. */
  readonly headroom: number;
  /** What a node's hour costs; only comparisons count. */
  readonly cost: number;
  /** OVHcloud refused nodes lately, or its newest nodes do not come up: only if no other pool helps. */
  readonly doubtful: boolean;
  /** When a node that is ordered now will be Ready, in milliseconds since 1970. */
  readonly readyAt: number;
}

/**
 * The pool whose node costs least for each of the pods that it would take.
 * @param left how many pods of the shape there are
 * @param preferred name of a pool that comes before others
 * @param warily doubtful ones come last
 */
export function best(sources: readonly Source[], shape: Shape, left: number, preferred?: string, warily = true): Source | undefined {
  if (sources.length < 2) return sources[0];
  const price = ({ cost, room }: Source): number => (room ? cost / Math.min(left, timesFitting(room, shape.requests)) : Infinity);
  return sources
    .map((source) => {
      const { pool, doubtful, cost } = source;
      return { source, key: [+pool.autoscale, +(warily && doubtful), +(pool.name !== preferred), price(source), cost] };
    })
    .reduce((a, b) => ((compare(a.key, b.key) || (a.source.pool.name < b.source.pool.name ? -1 : 1)) < 0 ? a : b)).source;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) if (value !== b[i]) return value < (b[i] ?? 0) ? -1 : 1;
  return 0;
}
