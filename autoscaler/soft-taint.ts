import { removableFrom } from "./billing";
import { type PoolView } from "./fleet";
import { type Action, type Node, type Taint } from "./model";
import { type CompleteRules } from "./rules";
import { type ScaleDown } from "./scale-down";

/** On a node that is to go when its hour ends: the scheduler puts pods there only if no other node has room. */
export const softTaint: Taint = { key: "autoscaler.ovh-mks-batch/idle", effect: "PreferNoSchedule" };

export const isSoftlyTainted = ({ taints }: { readonly taints?: readonly Taint[] }): boolean =>
  taints?.some(({ key }) => key === softTaint.key) ?? false;

interface Situation {
  readonly now: number;
  readonly rules: CompleteRules;
  readonly idleSince: ScaleDown["idleSince"];
  /** The node has no pod of value, and no pending pod will use it. */
  readonly isIdle: (node: Node) => boolean;
}

/**
 * Taints nodes that have been idle for the delay and stay because their hour is paid, until they have work again. The scheduler of OVHcloud's clusters puts a
 * new pod on the emptiest node, so that without this each idle node would get one now and then, and be kept for another hour.
 */
export function softTaints({ pool, nodes, leaving, broken }: PoolView, { now, rules, idleSince, isIdle }: Situation): Action[] {
  // Where all nodes are idle, a taint on each would be none.
  const working = nodes.some((node) => !isIdle(node));
  const waits = removableFrom(now, rules, rules.settle) > now;
  return nodes.flatMap((node): Action[] => {
    const { name } = node;
    const tainted = isSoftlyTainted(node);
    const idle = !pool.autoscale && isIdle(node) && !broken.has(node);
    if (leaving.has(node) || tainted === idle) return [];
    if (tainted) return [{ type: "untaint", node: name, pool, reason: "it is not idle any more" }];
    const since = idleSince.get(`node/${name}`) ?? Infinity;
    if (!working || !waits || node.cordoned || now - since < rules.scaleDownDelay) return [];
    return [{ type: "taint", node: name, pool, reason: "it is idle until its hour ends: other nodes come first" }];
  });
}
