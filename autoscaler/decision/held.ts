import { plural, verb } from "../../common/text";
import { type PoolView } from "../fleet/fleet";
import { mayRunOn, type Place } from "../state/matching";
import { type Node, type Pod } from "../state/model";
import { type Action } from "../state/action";
import { type Placement } from "../scheduling/placement";
import { aboutOf } from "./reports";
import { type CompleteRules } from "../state/rules";
import { type PodsByNode, type Consolidated } from "../scale-down/consolidation";

/** A node that could be removed but for pods of no Job, none of which asks for a node of this pool. */
export interface HeldNode {
  readonly node: Node;
  /** Those that cannot be moved; where all can be, all. */
  readonly pods: readonly Pod[];
}

interface HeldNodesContext {
  readonly onNode: PodsByNode;
  readonly placement: Placement;
  /** The node has no workload pod, and no pending pod will use it. */
  readonly isIdle: (node: Node) => boolean;
  readonly rules: CompleteRules;
}

/** The nodes of a pool that only such pods keep. */
export function heldNodes({ pool, nodes, leaving, broken }: PoolView, { onNode, placement, isIdle, rules }: HeldNodesContext): HeldNode[] {
  if (pool.autoscale || pool.monthly || pool.desired <= pool.min) return [];
  const staying = nodes.filter((node) => !leaving.has(node) && !broken.has(node));
  const own = new Set(nodes.map(({ name }) => name));
  const elsewhere = placement.present.filter(({ id }) => !own.has(id)).map(({ place }) => place);
  const isStray = (pod: Pod): boolean => pod.job === undefined && elsewhere.some((place: Place) => mayRunOn(pod.shape, place));
  const held = staying.flatMap((node): HeldNode[] => {
    const pods = onNode.get(node.name) ?? [];
    if (!node.ready || placement.assigned.has(node.name) || pods.length === 0 || !pods.every(isStray)) return [];
    const fixed = pods.filter(({ movable }) => !movable);
    return [{ node, pods: fixed.length > 0 ? fixed : pods }];
  });
  // Without names a pool shrinks as a whole.
  const isRemovable = (node: Node): boolean => isIdle(node) || held.some((one) => one.node === node);
  return rules.namedRemoval || staying.every(isRemovable) ? held : [];
}

/** An eviction that a disruption budget allows empties a node within this time, in milliseconds. */
const evictionTime = 60_000;

/** Tells which pods keep a paid node, and what helps; not of those that are being moved. */
export function heldReports({ pool }: PoolView, held: readonly HeldNode[], consolidated: Consolidated, now: number): Action[] {
  return held.flatMap(({ node, pods }): Action[] => {
    const moving = consolidated.has(node);
    if (moving && now - (node.drainingSince ?? now) < evictionTime) return [];
    const [{ id, movable }, ...others] = pods as [Pod, ...Pod[]];
    const which = `the pod ${id}${others.length > 0 ? ` and ${plural(others.length, "other")}` : ""} of no Job ${verb(pods.length, "keep")} the node ${node.name} of the pool ${pool.name}, which would be removed otherwise`;
    const why = moving
      ? "a PodDisruptionBudget allows no eviction: let it allow one, or delete the pod"
      : movable
        ? "no other node that works has room: give another pool more nodes, or the pod smaller requests"
        : 'it may not be evicted: delete it if it can go on elsewhere, give it a nodeSelector of another pool, or the annotation cluster-autoscaler.kubernetes.io/safe-to-evict "true" if a Deployment has it';
    return [{ type: "report", code: "NodeHeld", pool, reason: `${which}; ${why}`, ...aboutOf(pods) }];
  });
}
