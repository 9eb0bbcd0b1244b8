import { mayRunOn, type Place } from "./matching";
import { type Pod, type Pool, type Resources } from "./model";
import { take, timesFitting } from "./resources";

/** A node with the room that is left on it; `room` undefined: not known, taken as enough. */
export interface Bin {
  readonly place: Place;
  readonly room: Record<string, number> | undefined;
  /** Pending pods that the packing put there. */
  readonly taken: Pod[];
}

/** A pool that may grow, in the order of preference. */
export interface Source {
  readonly pool: Pool;
  readonly place: Place;
  /** What a new node offers after its DaemonSet pods; undefined when it was never seen and is in no catalogue. */
  readonly room: Resources | undefined;
  /** How many more nodes the pool may have. */
  readonly headroom: number;
}

export interface Packing {
  /** New nodes by pool name. */
  readonly added: ReadonlyMap<string, number>;
  /** Pods that wait for a new node, by pool name. */
  readonly waiting: ReadonlyMap<string, readonly Pod[]>;
  /** Pods for which a pool has the right nodes but may have no more of them, by pool name. */
  readonly limited: ReadonlyMap<string, readonly Pod[]>;
  /** Pods that no pool's node can hold. */
  readonly hopeless: readonly Pod[];
}

/**
 * Puts the pods into the bins, and then on as few new nodes as they need: first fit, the choosy and then the big first. Pods of the same shape are
 * placed together, so that the time grows with shapes times nodes and hardly with pods.
 */
export function pack(pods: readonly Pod[], bins: readonly Bin[], sources: readonly Source[]): Packing {
  const added = new Map<string, number>();
  const waiting = new Map<string, Pod[]>();
  const limited = new Map<string, Pod[]>();
  const hopeless: Pod[] = [];
  const grown: { pool: string; bin: Bin }[] = [];
  const reference = sources.find((source) => source.room)?.room ?? bins.find((bin) => bin.room)?.room ?? {};

  for (const group of inOrder(pods, sources, reference)) {
    const { shape } = group[0]!;
    let left = group;
    const fill = (bin: Bin): readonly Pod[] => {
      const fits = bin.room ? timesFitting(bin.room, shape.requests) : Infinity;
      const placed = left.slice(0, Math.min(left.length, fits));
      if (bin.room) take(bin.room, shape.requests, placed.length);
      for (const pod of placed) bin.taken.push(pod);
      left = left.slice(placed.length);
      return placed;
    };
    for (const bin of bins) if (left.length > 0 && mayRunOn(shape, bin.place)) fill(bin);
    for (const { pool, bin } of grown) if (left.length > 0 && mayRunOn(shape, bin.place)) append(waiting, pool, fill(bin));

    const fitting = sources.filter(({ place, room }) => mayRunOn(shape, place) && (!room || timesFitting(room, shape.requests) > 0));
    for (const source of fitting) {
      const pool = source.pool.name;
      while (left.length > 0 && (added.get(pool) ?? 0) < source.headroom) {
        const bin: Bin = { place: source.place, room: source.room && { ...source.room }, taken: [] };
        append(waiting, pool, fill(bin));
        grown.push({ pool, bin });
        added.set(pool, (added.get(pool) ?? 0) + 1);
      }
    }
    if (left.length === 0) continue;
    const first = fitting[0];
    if (first) append(limited, first.pool.name, left);
    else hopeless.push(...left);
  }
  return { added, waiting, limited, hopeless };
}

function append(map: Map<string, Pod[]>, key: string, pods: readonly Pod[]): void {
  if (pods.length === 0) return;
  const list = map.get(key);
  if (!list) map.set(key, [...pods]);
  else for (const pod of pods) list.push(pod);
}

/** Groups of equal shape: those first that fewer pools can hold, and of these the ones that take the biggest share of a node. */
function inOrder(pods: readonly Pod[], sources: readonly Source[], reference: Resources): Pod[][] {
  const groups = new Map<string, Pod[]>();
  for (const pod of pods) append(groups, pod.shape.key, [pod]);
  const ranked = [...groups].map(([key, group]) => {
    const { shape } = group[0]!;
    const shares = Object.entries(shape.requests).map(([name, amount]) => amount / Math.max(1, reference[name] ?? 0));
    return { key, group, choices: sources.filter(({ place }) => mayRunOn(shape, place)).length, share: Math.max(0, ...shares) };
  });
  return ranked.sort((a, b) => a.choices - b.choices || b.share - a.share || (a.key < b.key ? -1 : 1)).map(({ group }) => group);
}
