/** Karpenter with OVHcloud's nodes: the operator, and the node pools that it orders nodes for. */
export { Karpenter, type KarpenterApiArgs, type KarpenterArgs } from "./karpenter";
export { KarpenterNodePool } from "./node-pool";
export type { DisruptionArgs, DisruptionBudgetArgs, KarpenterNodePoolArgs, NodePoolLimitsArgs } from "./node-pool/args";
export { karpenterNamespace } from "./pod";
