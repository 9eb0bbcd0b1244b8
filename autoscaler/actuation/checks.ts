import { type Node, type Pod } from "../state/model";
import { type Action } from "../state/action";

export type Removal = Extract<Action, { type: "remove" }>;

/** Why a removal must not be carried out after all, judged by fresh lists of the pool's nodes and of the pods; undefined when it may. */
export function faultOf(
  { nodes, failed = [], broken }: Removal,
  fresh: readonly Node[],
  pods: readonly Pod[],
  named: boolean,
): string | undefined {
  if (broken) return repairFault(nodes, fresh, pods);
  return removalFault(nodes, fresh, pods, named && nodes.length + failed.length > 0);
}

/**
 * Why nodes must not be removed after all, judged by fresh lists rather than by the caches; undefined when they may. Without names, OVHcloud
 * may take any node of the pool, so all of them must be as the decision saw them.
 */
export function removalFault(nodes: readonly Node[], fresh: readonly Node[], pods: readonly Pod[], byName: boolean): string | undefined {
  const chosen = new Set(nodes.map(({ name }) => name));
  const affected = byName && nodes.length > 0 ? fresh.filter(({ name }) => chosen.has(name)) : fresh;
  const stranger = affected.find((node) => !chosen.has(node.name) && !node.deleting && !node.cordoned);
  if (stranger) return `the node ${stranger.name} has joined the pool`;
  const open = affected.find((node) => chosen.has(node.name) && !node.cordoned);
  if (open) return `the node ${open.name} is not cordoned any more`;
  const names = new Set(affected.map(({ name }) => name));
  const pod = pods.find(({ node, isWorkload }) => isWorkload && node !== undefined && names.has(node));
  return pod && `the pod ${pod.id} is on the node ${pod.node}`;
}

/** Why broken nodes must not be removed after all; undefined when they may. */
export function repairFault(nodes: readonly Node[], fresh: readonly Node[], pods: readonly Pod[]): string | undefined {
  const names = new Set(nodes.map(({ name }) => name));
  const mended = fresh.find((node) => names.has(node.name) && node.ready);
  if (mended) return `the node ${mended.name} is Ready again`;
  const pod = pods.find(({ node, isWorkload, schedulable }) => isWorkload && schedulable && node !== undefined && names.has(node));
  return pod && `the pod ${pod.id} is on the node ${pod.node}`;
}
