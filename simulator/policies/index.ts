import { type Config } from "../../autoscaler/config";
import { type Cluster } from "../cluster/cluster";
import { clusterAutoscaler } from "./cluster-autoscaler";
import { karpenter, ofBatchJobs, published } from "./karpenter";
import { ours } from "./ours";
import { seed } from "./seed";

/** Starts to watch a cluster, and to change its pools, until the simulation ends. */
export type Policy = (cluster: Cluster, config: Config) => void;

export const policies = {
  ours,
  seed,
  "cluster-autoscaler": clusterAutoscaler,
  karpenter: (cluster) => karpenter(cluster, published),
  "karpenter-batch": (cluster) => karpenter(cluster, ofBatchJobs),
} satisfies Record<string, Policy>;

export type PolicyName = keyof typeof policies;

export const policyNames = Object.keys(policies) as PolicyName[];
