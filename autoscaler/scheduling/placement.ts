import { growthOf } from "../fleet/backoff";
import { costs } from "../node-template/flavors";
import { pendingPods, type PendingPod, type Unit, unitsOf } from "./demand";
import { type Bin } from "./fill";
import { type NodeTemplate, nodeTemplateOf } from "../node-template/template";
import { mayRunOn } from "../state/matching";
import { type Node, type Pod, type Snapshot } from "../state/model";
import { pack, type Packing } from "./pack";
import { type PodlessTasks } from "./podless";
import { type Source } from "./rank";
import { bootTimeoutOf } from "../state/rules";
import { timesFitting } from "../state/resources";
import { findStranded, type Stranded } from "./stranded";
import { Topology } from "./topology";
import { releases } from "./turnover";
import { binOf, bootOf, type Knowledge } from "./bins";

/** Where the pending pods go: on nodes that exist, on nodes that are on their way, and on nodes still to be ordered. */
export interface Placement extends Packing {
  /** Names of the existing nodes that pending pods will use. */
  readonly assigned: ReadonlySet<string>;
  /** The pending pods that each pool's nodes on their way will take, by pool name. */
  readonly expected: ReadonlyMap<string, readonly Pod[]>;
  /** How many pods wait for a node. */
  readonly pending: number;
  /** How many tasks without pods count as such. */
  readonly podless: number;
  /** The existing nodes with the room that is left when the pending pods are on them. */
  readonly present: readonly Bin[];
  /** Pods for which nodes came that did not help. */
  readonly stranded: readonly Stranded[];
  /** How many more nodes the cluster's plan let all pools have together, before those that are to be added. */
  readonly headroom: number;
  /** What each pool's next node will be like, by pool name. */
  readonly templates: ReadonlyMap<string, NodeTemplate>;
}

/** A node that is billed by the month costs so many hours at once. */
const hoursOfMonth = 720;

/** More ways to choose among pools are not compared: each costs a packing. */
const maxPlans = 3;

/** The first plan takes what is cheapest for each pod, so that of many nodes only the last few could be chosen better. */
const maxCompared = 50;

/**
 * Places the pending pods. Filled first are the nodes that work already, then those that have nothing to do, those being drained (to keep one is
 * quicker than to boot one), those that boot, those ordered, and only then the nodes that the pools can still grow by. Where pools may be chosen
 * from, the cheapest of several choices is taken.
 * @param tasks that have no pod and count as pending pods
 */
export function placePods(snapshot: Snapshot, knowledge: Knowledge, tasks: readonly PodlessTasks[]): Placement {
  const pending = pendingPods(snapshot, tasks);
  const waiting = pending.filter((one) => one.tasks === undefined).length;
  const podless = pending.reduce((sum, one) => sum + (one.tasks ?? 0), 0);
  const known = tasks.length > 0 ? [...snapshot.pods, ...tasks.map(({ pod }) => pod)] : snapshot.pods;
  const { sources: all, templates, stranded } = sourcesOf(snapshot, knowledge, pending);
  const nodesThere = knowledge.fleet.views.reduce((sum, { pool, nodes }) => sum + Math.max(pool.desired, nodes.length), 0);
  const headroom = Math.max(0, knowledge.rules.maxNodes - nodesThere - (snapshot.foreignNodes ?? 0));
  const sources = all
    .filter(({ pool }) => !pool.unschedulable)
    .map((source) => ({ ...source, headroom: Math.min(source.headroom, headroom) }));
  const usable = usableNodes(snapshot, knowledge);
  const sites = new Map(snapshot.nodes.map((node) => [node.name, { id: node.name, place: node }] as const));
  const topology = (): Topology => new Topology(known, sites);
  const units = unitsOf(snapshot, pending, topology());
  const running = releases(snapshot, new Map(usable.map((node) => [node.name, node] as const)));

  const plan = (preferred?: string): Placement => {
    const present = usable.flatMap((node) => binOf(node, snapshot.now, knowledge, templates.get(node.pool ?? "")) ?? []);
    const ordered = orderedBins(knowledge, templates, snapshot.now);
    const soon = running.map((release) => ({ ...release }));
    const bins = [...present, ...ordered];
    const packing = pack({ units, bins, sources, topology: topology(), releases: soon, headroom, preferred, now: snapshot.now });
    const expected = new Map<string, Pod[]>();
    for (const { pool = "", taken } of ordered) expected.set(pool, [...(expected.get(pool) ?? []), ...taken]);
    const assigned = new Set(present.filter(({ taken }) => taken.length > 0).map(({ id }) => id));
    return { ...packing, assigned, expected, pending: waiting, podless, present, stranded, headroom, templates };
  };

  const first = plan();
  const nodes = [...first.added.values()].reduce((sum, added) => sum + added, 0);
  if (nodes === 0 || nodes > maxCompared) return first;
  const choices = choicesOf(sources, units);
  if (choices.length < 2) return first;
  const others = choices.slice(0, maxPlans).map(({ pool }) => plan(pool.name));
  return others.reduce((best, other) => (isBetter(other, best) ? other : best), first);
}

/** The pools that some of the pods may run on, those first whose nodes cost least for each of the pods that they can take. */
function choicesOf(sources: readonly Source[], units: readonly Unit[]): Source[] {
  const groups = units.flatMap((unit) => unit.groups);
  const price = ({ place, room, cost }: Source): number => {
    const fitting = groups.flatMap(({ shape, pods }) => {
      const times = room && mayRunOn(shape, place) ? timesFitting(room, shape.requests) : 0;
      return times > 0 ? [{ pods: pods.length, share: pods.length / times }] : [];
    });
    const sum = (of: "pods" | "share"): number => fitting.reduce((total, one) => total + one[of], 0);
    return (cost * sum("share")) / sum("pods");
  };
  return sources
    .filter(({ headroom, doubtful }) => headroom > 0 && !doubtful)
    .map((source) => ({ source, price: price(source) }))
    .filter((choice) => !Number.isNaN(choice.price))
    .sort((a, b) => a.price - b.price)
    .map(({ source }) => source);
}

/** A plan is better that gives more pods a node, or as many for less. */
function isBetter(plan: Placement, than: Placement): boolean {
  const short = ({ limited, hopeless }: Placement): number =>
    [...limited.values()].reduce((sum, pods) => sum + pods.length, hopeless.length);
  return short(plan) - short(than) < 0 || (short(plan) === short(than) && plan.cost < than.cost);
}

/** The nodes that pods may be placed on, in the order in which they are filled. */
function usableNodes({ nodes, pools }: Snapshot, { fleet, load }: Knowledge): Node[] {
  const out = new Set(fleet.views.flatMap((view) => [...view.leaving, ...view.broken]));
  const gone = new Set(pools.flatMap(({ name, deleting }) => (deleting ? [name] : [])));
  const order = (node: Node): number => (!node.ready ? 3 : node.drainingSince !== undefined ? 2 : load.busy.has(node.name) ? 0 : 1);
  return nodes
    .filter((node) => !node.deleting && !out.has(node) && !gone.has(node.pool ?? ""))
    .sort((a, b) => order(a) - order(b) || (a.name < b.name ? -1 : 1));
}

interface Sources {
  readonly sources: readonly Source[];
  /** By pool name. */
  readonly templates: ReadonlyMap<string, NodeTemplate>;
  readonly stranded: readonly Stranded[];
}

function sourcesOf(snapshot: Snapshot, knowledge: Knowledge, pending: readonly PendingPod[]): Sources {
  const { fleet, allocatable, observedTemplates, backoffs, rules } = knowledge;
  const { now, pods } = snapshot;
  const { views, observedNodes } = fleet;
  const cost = costs(
    views.map(({ pool }) => pool.flavor),
    rules.prices,
    rules.flavors,
  );
  const templates = new Map(
    views.map(({ pool }) => [pool.name, nodeTemplateOf(pool, snapshot, observedTemplates.get(pool.name), allocatable, rules)] as const),
  );
  const stranded = findStranded(views, templates, pending, pods, observedNodes);
  const sources = views.map((view) => {
    const { pool } = view;
    const { place, room } = templates.get(pool.name)!;
    const growth = growthOf(view, backoffs.get(pool.name), now);
    const refused = stranded.find((of) => of.pool === pool.name)?.shapes;
    return {
      pool,
      ...growth,
      doubtful: growth.doubtful || (pool.monthly ?? false),
      place: { ...place, refused },
      room,
      cost: cost(pool.flavor) * (pool.monthly ? hoursOfMonth : 1),
      readyAt: now + bootOf(pool.flavor, knowledge),
    };
  });
  return { sources, templates, stranded };
}

/** A bin for each node that was ordered and is expected. */
function orderedBins(knowledge: Knowledge, templates: Sources["templates"], now: number): Bin[] {
  return knowledge.fleet.views.flatMap(({ pool, expected, failing }) => {
    const { place, room } = templates.get(pool.name)!;
    const nodes = pool.unschedulable ? [] : expected;
    return nodes.map(({ orderedAt }, number) => ({
      id: `ordered/${pool.name}/${number}`,
      pool: pool.name,
      place,
      room: room && { ...room },
      readyAt: orderedAt + bootOf(pool.flavor, knowledge),
      doubtful: failing && orderedAt + bootTimeoutOf(pool.flavor, knowledge.rules) <= now,
      taken: [],
    }));
  });
}
