import { type Group, inOrder, type Unit } from "./demand";
import { type Bin, Filler, smallestOf, type Undo, withRoom } from "./fill";
import { mayRunOn } from "../state/matching";
import { type Pod, type Resources } from "../state/model";
import { best, type Source } from "./rank";
import { timesFitting } from "../state/resources";
import { type Topology } from "./topology";
import { type Releases, rounds, turnover } from "./turnover";

export interface Packing {
  /** New nodes by pool name. */
  readonly added: ReadonlyMap<string, number>;
  /** Pods that wait for a new node, by pool name. */
  readonly waiting: ReadonlyMap<string, readonly Pod[]>;
  /** Pods for which a pool has the right nodes but may have no more of them, by pool name. */
  readonly limited: ReadonlyMap<string, readonly Pod[]>;
  /** Pods that were put on other pools' new nodes because a pool is doubtful, by the name of that pool. */
  readonly diverted: ReadonlyMap<string, readonly Pod[]>;
  /** Pods that no pool's node can hold. */
  readonly hopeless: readonly Pod[];
  /** How many pods will start on nodes that there are, before a new node could be Ready. */
  readonly patient: number;
  /** What the new nodes cost together. */
  readonly cost: number;
}

export interface Problem {
  readonly units: readonly Unit[];
  /** Nodes that are there or on their way, in the order in which they are filled; written to. */
  readonly bins: readonly Bin[];
  readonly sources: readonly Source[];
  readonly topology: Topology;
  readonly releases: Releases;
  /** How many more nodes all pools together may have. */
  readonly headroom: number;
  /** A pool that is to grow before any other. */
  readonly preferred?: string;
  readonly now: number;
}

/** Puts the pods on the nodes that there are, and then on as few and as cheap new ones as they need. */
export function pack(problem: Problem): Packing {
  const { units, bins, sources } = problem;
  const packer = new Packer(problem);
  const reference = sources.find((source) => source.room)?.room ?? bins.find((bin) => bin.room)?.room ?? {};
  for (const unit of inOrder(units, sources, reference)) packer.place(unit);
  return packer.result();
}

/** Pods may wait so much longer than a node boots, as a share of that time, rather than get a node of their own: of use for short ones only. */
const patience = 0.25;

class Packer {
  private readonly added = new Map<string, number>();
  private readonly limited = new Map<string, Pod[]>();
  private readonly diverted = new Map<string, Pod[]>();
  private readonly hopeless: Pod[] = [];
  private patient = 0;
  private cost = 0;
  private readonly grown: { readonly source: Source; readonly bin: Bin }[] = [];
  /** Least that any pod requests: a bin with less room is closed for good. */
  private readonly smallest: Resources;
  private readonly sure: readonly Bin[];
  private readonly doubtful: readonly Bin[];
  private open: readonly Bin[];
  private openNew: Bin[] = [];
  private undo: Undo[] = [];

  constructor(private readonly problem: Problem) {
    this.smallest = smallestOf(problem.units.flatMap(({ groups }) => groups));
    this.sure = problem.bins.filter(({ doubtful }) => !doubtful);
    this.doubtful = problem.bins.filter(({ doubtful }) => doubtful);
    this.open = withRoom(this.sure, this.smallest);
  }

  result(): Packing {
    const { added, limited, diverted, hopeless, patient, cost } = this;
    const waiting = new Map<string, Pod[]>();
    for (const { source, bin } of this.grown) append(waiting, source.pool.name, bin.taken);
    return { added, waiting, limited, diverted, hopeless, patient, cost };
  }

  place({ groups, atLeast }: Unit): void {
    this.undo = [];
    const total = groups.reduce((sum, { pods }) => sum + pods.length, 0);
    // A gang whose pods have not all been made yet has time.
    if (total < atLeast) return;
    const rest = groups.map((group) => ({ group, ...this.placeGroup(group, atLeast > 0) }));
    const missed = rest.reduce((sum, { left }) => sum + left, 0);
    const inVain = total - missed < atLeast;
    if (inVain) for (const step of this.undo.reverse()) step();
    for (const { group, left, first } of rest) {
      const pods = inVain ? group.pods : group.pods.slice(group.pods.length - left);
      if (pods.length === 0) continue;
      if (first) append(this.limited, first.pool.name, pods);
      else for (const pod of pods) this.hopeless.push(pod);
    }
    if (!inVain) return;
    this.open = this.sure;
    this.openNew = this.grown.map(({ bin }) => bin);
  }

  /**
   * Places what it can; answers how many pods are left, and the pool that would hold them if it might grow.
   * @param together they are needed at the same time, so that none can wait for another to end
   */
  private placeGroup(group: Group, together: boolean): { left: number; first: Source | undefined } {
    const { shape, pods } = group;
    const { sources, topology, preferred, headroom } = this.problem;
    const scope = topology.on(group, () => [...this.problem.bins, ...this.grown.map(({ bin }) => bin)]);
    const filler = new Filler(group, scope, this.undo);
    const fitting = sources.filter(({ place, room }) => mayRunOn(shape, place) && (!room || timesFitting(room, shape.requests) > 0));

    if (filler.fillAll(this.open)) this.open = withRoom(this.open, this.smallest);
    if (!together) this.wait(group, filler, fitting);
    const old = pods.length - filler.left;
    if (filler.fillAll(this.openNew)) this.openNew = withRoom(this.openNew, this.smallest);
    let able = fitting;
    let hoped = this.doubtful;
    while (filler.left > 0) {
      able = able.filter(({ pool, headroom }) => (this.added.get(pool.name) ?? 0) < headroom);
      const source = this.grown.length < headroom ? best(able, shape, filler.left, preferred) : undefined;
      if (hoped.length > 0 && source?.doubtful !== false) {
        filler.fillAll(hoped);
        hoped = [];
        continue;
      }
      if (!source) break;
      const { pool, place, room } = source;
      const bin: Bin = { id: `new/${this.grown.length}`, pool: pool.name, place, room: room && { ...room }, readyAt: Infinity, taken: [] };
      filler.fillAll([bin]);
      // The pods may not be together with others in the domain of this pool.
      if (bin.taken.length === 0) able = able.filter((other) => other !== source);
      else {
        filler.join(bin);
        this.grow(source, bin);
        // Once there are as many domains as have to be, each may take more.
        if (shape.topology?.some(({ minDomains = 1 }) => minDomains > 1)) filler.fillAll([...this.open, ...this.openNew]);
        if (!together) this.skip(filler, bin.taken.length * rounds(patience * (source.readyAt - this.problem.now), group.duration));
      }
    }
    const wanted = best(fitting, shape, pods.length, preferred, false);
    if (wanted?.doubtful) append(this.diverted, wanted.pool.name, pods.slice(old, pods.length - filler.left));
    return { left: filler.left, first: best(fitting, shape, pods.length, preferred) };
  }

  /** Leaves out the pods that will have started on the nodes that there are by the time that a new one is Ready, or soon after. */
  private wait({ shape, duration }: Group, filler: Filler, fitting: readonly Source[]): void {
    const { releases, now } = this.problem;
    const boots = fitting.flatMap(({ headroom, readyAt }) => (headroom > 0 ? [readyAt - now] : []));
    if (filler.left === 0 || boots.length === 0) return;
    const horizon = now + (1 + patience) * Math.min(...boots);
    const followers = filler.filled.reduce((sum, { bin, pods }) => sum + pods * rounds(horizon - Math.max(now, bin.readyAt), duration), 0);
    this.skip(filler, followers + turnover(releases, shape, duration, horizon, filler.left));
  }

  /** Leaves out pods whose turn comes soon enough. */
  private skip(filler: Filler, pods: number): void {
    const patient = Math.min(filler.left, pods);
    filler.skip(patient);
    this.patient += patient;
    this.undo.push(() => (this.patient -= patient));
  }

  private grow(source: Source, bin: Bin): void {
    const change = (by: number): void => {
      this.added.set(source.pool.name, (this.added.get(source.pool.name) ?? 0) + by);
      this.cost += by * source.cost;
    };
    this.grown.push({ source, bin });
    if (withRoom([bin], this.smallest).length > 0) this.openNew.push(bin);
    change(1);
    this.undo.push(() => {
      this.grown.pop();
      change(-1);
    });
  }
}

function append(map: Map<string, Pod[]>, key: string, pods: readonly Pod[]): void {
  const list = map.get(key);
  if (!list) map.set(key, [...pods]);
  else for (const pod of pods) list.push(pod);
}
