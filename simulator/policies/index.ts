import { type Config } from "../../autoscaler/config";
import { type Cluster } from "../cluster/cluster";
import { clusterAutoscaler } from "./cluster-autoscaler";
import { karpenter } from "./karpenter";
import { ours } from "./ours";
import { seed } from "./seed";

/** Starts to watch a cluster, and to change its pools, until the simulation ends. */
export type Policy = (cluster: Cluster, config: Config) => void;

export const policies = { ours, seed, "cluster-autoscaler": clusterAutoscaler, karpenter } satisfies Record<string, Policy>;

export type PolicyName = keyof typeof policies;

export const policyNames = Object.keys(policies) as PolicyName[];
