import { plural, verb } from "../../common/text";
import { type PoolView } from "../fleet/fleet";
import { type Action } from "../state/action";
import { type CompleteRules } from "../state/rules";
import { type Load } from "../state/load";

/**
 * Removes the nodes of a pool that are broken, by name. Pods keep such a node only as long as Kubernetes has not begun to delete them: a pod that
 * is being deleted on a node which does not answer would stay, and its Job would wait, until the node is gone.
 */
export function repair({ pool, nodes, leaving, broken }: PoolView, load: Load, rules: CompleteRules): Action | undefined {
  const failed = pool.failed ?? [];
  const gone = nodes.filter((node) => broken.has(node) && !leaving.has(node) && !load.held.has(node.name));
  const spare = Math.max(0, pool.desired - pool.min);
  if (!rules.namedRemoval || pool.autoscale || gone.length + failed.length === 0 || spare === 0) return undefined;
  const nodesToGo = gone.slice(0, spare);
  const failedToGo = failed.slice(0, spare - nodesToGo.length);
  const amount = nodesToGo.length + failedToGo.length;
  const reason = `${plural(amount, "node")} ${verb(amount, "are")} broken`;
  return { type: "remove", pool, desired: pool.desired - amount, nodes: nodesToGo, failed: failedToGo, broken: true, reason };
}
