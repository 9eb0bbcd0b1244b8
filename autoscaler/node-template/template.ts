import { allocatableOf } from "./flavors";
import { type Flavor } from "../state/flavor";
import { mayRunOn, type Place } from "../state/matching";
import { type Labels, type Node, type Pool, type Resources, type Snapshot } from "../state/model";
import { add, largest, take } from "../state/resources";
import { type CompleteRules } from "../state/rules";
import { regionLabel, zoneLabels } from "./observe";
import { type ObservedTemplate } from "../state/history";

/** What a pool's next node will be like. */
export interface NodeTemplate {
  readonly place: Place;
  /** Requests of the pods that come with it: of DaemonSets, and mirror pods. */
  readonly overhead: Resources;
  /** What is left for other pods; undefined for a flavor that nobody knows. */
  readonly room: Resources | undefined;
}

/** What a node of the flavor will offer to pods; undefined for a flavor that nobody knows. */
export function sizeOf(
  name: string,
  learned: ReadonlyMap<string, Resources>,
  flavors: Readonly<Record<string, Flavor>>,
): Resources | undefined {
  const flavor = flavors[name];
  return learned.get(name) ?? (flavor && allocatableOf(flavor));
}

/** Forecasts a pool's next node by its template, what its nodes have in common, and what nodes of its flavor offer. */
export function nodeTemplateOf(
  pool: Pool,
  { nodes, daemons }: Snapshot,
  observed: ObservedTemplate | undefined,
  learned: ReadonlyMap<string, Resources>,
  { flavors, extendedResources }: Pick<CompleteRules, "flavors" | "extendedResources">,
): NodeTemplate {
  const labels = { ...nodeLabels(pool, flavors[pool.flavor]), ...observed?.labels, ...topologyLabels(nodes, pool), ...pool.labels };
  const place: Place = { name: undefined, labels, taints: [...pool.taints, ...(observed?.taints ?? [])] };
  const fitting = daemons.filter((daemon) => mayRunOn(daemon, place));
  const overhead = largest(
    fitting.reduce<Resources>((sum, { requests }) => add(sum, requests), {}),
    observed?.overhead ?? {},
  );
  const allocatable = sizeOf(pool.flavor, learned, flavors);
  const room = allocatable && { ...allocatable, ...extendedResources[pool.name] };
  if (room) take(room, overhead, 1);
  return { place, overhead, room };
}

/** The labels that OVHcloud gives every node. */
function nodeLabels({ name, flavor }: Pool, size: Flavor | undefined): Labels {
  return {
    "kubernetes.io/os": "linux",
    "beta.kubernetes.io/os": "linux",
    "kubernetes.io/arch": "amd64",
    "beta.kubernetes.io/arch": "amd64",
    "node.kubernetes.io/instance-type": flavor,
    "beta.kubernetes.io/instance-type": flavor,
    ...(size && { "node.k8s.ovh/type": size.gpus > 0 ? "gpu" : "standard" }),
    nodepool: name,
  };
}

/** Region and zone: the pool's zone if it has one, none if it has several, and where it does not tell, what all nodes of the cluster agree on. */
function topologyLabels(nodes: readonly Node[], { zones = [] }: Pool): Labels {
  if (zones.length === 0) return commonLabels(nodes, [regionLabel, ...zoneLabels]);
  const [zone] = zones.length === 1 ? zones : [];
  return { ...commonLabels(nodes, [regionLabel]), ...(zone && Object.fromEntries(zoneLabels.map((key) => [key, zone]))) };
}

/** Those of the labels that all nodes agree on. */
function commonLabels(nodes: readonly Node[], keys: readonly string[]): Labels {
  const common = keys.map((key) => [key, new Set(nodes.map((node) => node.labels[key]))] as const);
  return Object.fromEntries(
    common.flatMap(([key, values]) => [...values].flatMap((value) => (value && values.size === 1 ? [[key, value]] : []))),
  );
}
