import { type PoolView } from "../fleet/fleet";
import { type History, type ObservedNode, type ObservedTemplate } from "../state/history";
import { type Labels, type Node, type Resources, type Taint } from "../state/model";
import { type Load } from "../state/load";
import { type Flavor } from "../state/flavor";

/** A pool that has had no node for so long is tried once more, in milliseconds: what kept pods away may be gone. */
const memory = 3_600_000;

/** Zones are the pool's own affair: its next node may be in another one. */
export const regionLabel = "topology.kubernetes.io/region";
/** Cinder's volumes name their zone by a label of their own. */
export const zoneLabels = ["topology.kubernetes.io/zone", "topology.cinder.csi.openstack.org/zone"];

const ownLabels = new Set(["kubernetes.io/hostname", regionLabel, ...zoneLabels]);

/** Of Kubernetes, the cloud and this autoscaler: they tell the condition of one node. */
const passing = /^(node\.kubernetes\.io|node\.cloudprovider\.kubernetes\.io|autoscaler\.ovh-mks-batch)\//;

/**
 * Whether a node is so new that it may still get labels and lose taints, and DaemonSets' pods may still come. One that is not Ready any more is not
 * new; a node that was never observed is not new either.
 */
export const isYoung = ({ ready }: Node, seen: ObservedNode | undefined): boolean =>
  seen !== undefined && (ready ? seen.taints === undefined : !seen.ready);

/** What the Ready nodes of each pool have in common, by pool name; for a pool without Ready nodes, what was observed last. */
export function observeTemplates(
  views: readonly PoolView[],
  known: History["observedTemplates"],
  { used }: Load,
  observedNodes: ReadonlyMap<string, ObservedNode>,
  now: number,
): Map<string, ObservedTemplate> {
  const overheadOf = ({ name }: Node): Resources => used.get(name)?.overhead ?? {};
  const learned = new Map<string, ObservedTemplate>();
  for (const { pool, nodes } of views) {
    const last = known.get(pool.name);
    const before = last && (last.until > now ? last : { ...last, taints: [], overhead: {} });
    const ready = nodes.filter((node) => node.ready);
    const settled = ready.filter((node) => !isYoung(node, observedNodes.get(node.name)));
    const until = now + memory;
    if (settled.length > 0) {
      const taints = commonTaints(settled.map(({ name }) => observedNodes.get(name)?.taints ?? []));
      learned.set(pool.name, { labels: commonLabels(settled), taints, overhead: leastOf(settled.map(overheadOf)), until });
    } else if (ready.length > 0) {
      const labels = { ...before?.labels, ...commonLabels(ready) };
      learned.set(pool.name, { labels, taints: before?.taints ?? [], overhead: leastOf(ready.map(overheadOf)), until });
    } else if (before) learned.set(pool.name, before);
  }
  return learned;
}

/** The labels on which the nodes agree, without those by which a node is known. */
function commonLabels(nodes: readonly Node[]): Labels {
  const [{ name, providerId = "", labels }] = nodes as readonly [Node];
  const id = providerId.slice(providerId.lastIndexOf("/") + 1);
  const common = Object.entries(labels).filter(
    ([key, value]) => !ownLabels.has(key) && value !== name && value !== id && nodes.every((node) => node.labels[key] === value),
  );
  return Object.fromEntries(common);
}

function commonTaints([first = [], ...others]: readonly (readonly Taint[])[]): readonly Taint[] {
  const same = (a: Taint, b: Taint): boolean => a.key === b.key && a.value === b.value && a.effect === b.effect;
  return first.filter((taint) => !passing.test(taint.key) && others.every((taints) => taints.some((other) => same(taint, other))));
}

function leastOf([first = {}, ...others]: readonly Resources[]): Resources {
  return Object.fromEntries(Object.entries(first).map(([name, amount]) => [name, Math.min(amount, ...others.map((of) => of[name] ?? 0))]));
}

const gpu = "nvidia.com/gpu";

/** What nodes of each flavor were seen to offer: of several nodes the least, so that no order comes out too small. */
export function learnAllocatable(
  nodes: readonly Node[],
  known: History["allocatable"],
  flavors: Readonly<Record<string, Flavor>>,
): Map<string, Resources> {
  const learned = new Map(known);
  const seen = new Set<string>();
  for (const { flavor, ready, allocatable } of nodes) {
    if (!flavor || !ready || !allocatable.cpu || (flavors[flavor]?.gpus && !allocatable[gpu])) continue;
    const before = seen.has(flavor) ? learned.get(flavor) : undefined;
    const least =
      before && Object.fromEntries(Object.entries(before).map(([name, amount]) => [name, Math.min(amount, allocatable[name] ?? 0)]));
    learned.set(flavor, least ?? allocatable);
    seen.add(flavor);
  }
  return learned;
}
