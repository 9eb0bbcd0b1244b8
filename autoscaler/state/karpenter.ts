import { type Shape, type Snapshot } from "./model";
import { type NodeSelectorTerm, type Requirement } from "./node-selector";

/** What is Karpenter's in a cluster is not this autoscaler's: two who order nodes for the same pods would order twice. Pure. */

/** Labels that only Karpenter's nodes have. */
const isKarpenterLabel = (key: string): boolean => /^([^/]+\.)?karpenter(\.ovhcloud)?\.sh\//.test(key);

/** Such a node can only be Karpenter's. `NotIn` and `DoesNotExist` hold for all others. */
const asksKarpenter = ({ key, operator }: Requirement): boolean => isKarpenterLabel(key) && ["In", "Exists", "Gt", "Lt"].includes(operator);

const onlyKarpenter = ({ matchExpressions = [] }: NodeSelectorTerm): boolean => matchExpressions.some(asksKarpenter);

/** Whether pods of the shape can run on no node but Karpenter's: their node selector or each alternative of their node affinity says so. */
export const isKarpenterShape = ({ nodeSelector, affinity }: Pick<Shape, "nodeSelector" | "affinity">): boolean =>
  Object.keys(nodeSelector).some(isKarpenterLabel) || (affinity.length > 0 && affinity.every(onlyKarpenter));

/**
 * A snapshot without the pools that Karpenter has made, and without the pods, Jobs and schedules that it orders nodes for. Its nodes stay, and the pods on
 * them: where they have room, the scheduler uses it for any pod that they admit.
 */
export function withoutKarpenter(snapshot: Snapshot): Snapshot {
  const { pods, pools, jobs, schedules } = snapshot;
  const isOurs = ({ shape }: { readonly shape?: Shape }): boolean => shape === undefined || !isKarpenterShape(shape);
  return {
    ...snapshot,
    pools: pools.filter(({ karpenter }) => !karpenter),
    foreignNodes: pools.reduce((sum, { karpenter, desired }) => sum + (karpenter ? desired : 0), 0),
    pods: pods.filter((pod) => pod.node !== undefined || isOurs(pod)),
    ...(jobs && { jobs: jobs.filter(isOurs) }),
    ...(schedules && { schedules: schedules.filter(isOurs) }),
  };
}
