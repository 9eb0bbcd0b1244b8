import { type Group } from "./demand";
import { mayRunOn, type Place } from "../state/matching";
import { type Pod, type Resources } from "../state/model";
import { take, timesFitting } from "../state/resources";
import { type Scope } from "./topology";

/** A node, present or expected, with the room that is left on it; `room` undefined: not known, taken as enough. */
export interface Bin {
  /** The node's name, or one that no node has. */
  readonly id: string;
  /** Name of the pool whose next node it is; undefined for nodes that exist. */
  readonly pool: string | undefined;
  readonly place: Place;
  readonly room: Record<string, number> | undefined;
  /** When pods can start there, in milliseconds since 1970. */
  readonly readyAt: number;
  /** It should have come long ago, and others ordered like it did not: only if no other pool helps. @default false */
  readonly doubtful?: boolean;
  /** Pending pods that the packing put there. */
  readonly taken: Pod[];
}

/** Undoes a step. */
export type Undo = () => void;

/** Puts the pods of one group into bins. */
export class Filler {
  private next = 0;
  readonly filled: { readonly bin: Bin; readonly pods: number }[] = [];

  /** @param undo gets the way back of each step */
  constructor(
    private readonly group: Group,
    private readonly scope: Scope,
    private readonly undo: Undo[],
  ) {}

  get left(): number {
    return this.group.pods.length - this.next;
  }

  /** Leaves out pods that need no bin. */
  skip(pods: number): void {
    this.next += pods;
  }

  /** Fills one bin after the other, and again as long as the filling of one lets another take more; answers whether one took any. */
  fillAll(bins: readonly Bin[]): boolean {
    const { shape } = this.group;
    const filled = this.filled.length;
    if (this.left === 0) return false;
    const open = bins.filter(({ room, place }) => fits(room, shape.requests) > 0 && mayRunOn(shape, place));
    for (let before = Infinity; this.left > 0 && this.left < before;) {
      before = this.left;
      for (const bin of open) if (this.left > 0) this.fill(bin);
    }
    return this.filled.length > filled;
  }

  private fill(bin: Bin): void {
    const { shape, pods } = this.group;
    const count = Math.min(this.left, fits(bin.room, shape.requests), this.scope.allowance(bin));
    if (count === 0) return;
    if (bin.room) take(bin.room, shape.requests, count);
    for (let i = 0; i < count; i++) bin.taken.push(pods[this.next + i]!);
    this.next += count;
    this.scope.record(bin, count);
    this.filled.push({ bin, pods: count });
    this.undo.push(() => {
      if (bin.room) take(bin.room, shape.requests, -count);
      bin.taken.splice(-count);
      this.scope.record(bin, -count);
    });
  }

  /** A bin that is new from now on counts as a domain of its own. */
  join(bin: Bin): void {
    this.scope.join(bin);
  }
}

const fits = (room: Resources | undefined, requests: Resources): number => (room ? timesFitting(room, requests) : Infinity);

/** The bins with room for at least the smallest of the requests. */
export function withRoom(bins: readonly Bin[], smallest: Resources): Bin[] {
  return bins.filter(({ room }) => fits(room, smallest) > 0);
}

/** The least of each resource that all of the groups request. */
export function smallestOf(groups: readonly Group[]): Resources {
  const [first, ...others] = groups.map(({ shape }) => shape.requests);
  const least: Record<string, number> = { ...first };
  for (const requests of others) for (const name in least) least[name] = Math.min(least[name] ?? 0, requests[name] ?? 0);
  return least;
}
