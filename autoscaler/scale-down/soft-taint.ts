import { removableFrom, type CompleteRules, fixedDelay, isAuto } from "../state/rules";
import { type PoolView } from "../fleet/fleet";
import { shortestIdle } from "./idle";
import { type Node, type Taint } from "../state/model";
import { type Action } from "../state/action";
import { type ScaleDown } from "./scale-down";

/** On a node that is to go unless it is needed: the scheduler puts pods there only if no other node has room. */
export const softTaint: Taint = { key: "autoscaler.ovh-mks-batch/idle", effect: "PreferNoSchedule" };

export const isSoftlyTainted = ({ taints }: { readonly taints?: readonly Taint[] }): boolean =>
  taints?.some(({ key }) => key === softTaint.key) ?? false;

interface SoftTaintContext {
  readonly now: number;
  readonly rules: CompleteRules;
  readonly down: ScaleDown;
  /** The node has no workload pod, and no pending pod will use it. */
  readonly isIdle: (node: Node) => boolean;
}

/**
 * Taints nodes that are idle and kept, for work that may come or because their hour is paid, until they have work again. The scheduler of OVHcloud's clusters
 * puts a new pod on the emptiest node, so that without this each idle node would get one now and then, and never go.
 */
export function softTaints({ pool, nodes, leaving, broken }: PoolView, { now, rules, down, isIdle }: SoftTaintContext): Action[] {
  // Where all nodes are idle, a taint on each would be none.
  const working = nodes.some((node) => !isIdle(node));
  const waits = isAuto(rules) || removableFrom(now, rules, rules.settle) > now;
  // No pod comes to a node that is being cordoned.
  const cordoned = new Set(down.actions.flatMap((action) => (action.type === "cordon" ? [action.node] : [])));
  const delay = isAuto(rules) ? shortestIdle : fixedDelay(rules);
  return nodes.flatMap((node): Action[] => {
    const { name } = node;
    const tainted = isSoftlyTainted(node);
    const idle = !pool.autoscale && isIdle(node) && !broken.has(node);
    if (leaving.has(node) || tainted === idle) return [];
    if (tainted) return [{ type: "untaint", node: name, pool, reason: "it is not idle any more" }];
    const since = down.idleSince.get(`node/${name}`) ?? Infinity;
    if (!working || !waits || node.cordoned || cordoned.has(name) || now - since < delay) return [];
    return [{ type: "taint", node: name, pool, reason: "it is idle and kept for a while: other nodes come first" }];
  });
}
