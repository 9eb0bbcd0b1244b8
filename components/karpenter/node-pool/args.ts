import type * as pulumi from "@pulumi/pulumi";
import type { TaintArgs } from "../../cluster/node-pool";

/** Most of what the nodes of a pool may have together. Karpenter orders none beyond it. */
export interface NodePoolLimitsArgs {
  /** CPUs, e.g. `100`. @default no limit */
  readonly cpu?: string;
  /** Memory, e.g. `400Gi`. @default no limit */
  readonly memory?: string;
  /** Nodes. @default no limit but that of the cluster's plan, which OVHcloud keeps */
  readonly nodes?: number;
}

/** Bounds of a flavor's size, both included. The public provider does not know them. */
export interface FlavorSizeArgs {
  /** vCPUs. @default 1 */
  readonly minCpu?: number;
  /** vCPUs. @default no bound */
  readonly maxCpu?: number;
  /** GB. @default 1 */
  readonly minMemoryGb?: number;
  /** GB. @default no bound */
  readonly maxMemoryGb?: number;
}

/** Why Karpenter removes a node: it is not needed, does not pay, or is not what its pool asks for any more. */
export const disruptionReasons = ["Empty", "Underutilized", "Drifted"] as const;

/** How many nodes of a pool Karpenter may remove at a time. Of several budgets the smallest counts. */
export interface DisruptionBudgetArgs {
  /** A number, or a share such as `10%`. */
  readonly nodes: string;
  /** The reasons that it is for. @default all of them */
  readonly reasons?: readonly (typeof disruptionReasons)[number][];
  /** When it begins to hold, as a cron expression in UTC; with `durationMinutes`. @default it always holds */
  readonly schedule?: string;
  /** How long it holds each time, in minutes. */
  readonly durationMinutes?: number;
}

export interface DisruptionArgs {
  /** `WhenEmpty`: nodes without pods go; `WhenEmptyOrUnderutilized`: also nodes whose pods have room elsewhere, or on a cheaper node. @default `WhenEmptyOrUnderutilized` */
  readonly consolidationPolicy?: "WhenEmpty" | "WhenEmptyOrUnderutilized";
  /** How long no pod must have come or gone before a node may go, in seconds; `never`: it stays. @default 60; `never` for nodes billed by the month */
  readonly consolidateAfterSeconds?: number | "never";
  /** @default one of 10 % */
  readonly budgets?: readonly DisruptionBudgetArgs[];
}

export interface KarpenterNodePoolArgs {
  /** Id of the Public Cloud project. */
  readonly serviceName: pulumi.Input<string>;
  /** OVHcloud's id of the cluster. */
  readonly clusterId: pulumi.Input<string>;
  /** Region of the cluster, e.g. `EU-WEST-PAR`. */
  readonly region: string;
  /** Plan of the cluster, which bounds its nodes. @default `free` */
  readonly plan?: "free" | "standard";
  /** Name of the pool, and of its OVHNodeClass, up to 40 characters; value of its nodes' label `karpenter.sh/nodepool`. */
  readonly poolName: string;
  /** Flavors to choose from, e.g. `b3-8`. @default all that the region offers, of `families` if there are any */
  readonly flavors?: readonly string[];
  /** Families of flavors to choose from, e.g. `b3`. @default all */
  readonly families?: readonly string[];
  /** Size of a flavor that is chosen. @default any */
  readonly size?: FlavorSizeArgs;
  /** Zones to choose from, e.g. `eu-west-par-a`. @default all of the region */
  readonly zones?: readonly string[];
  /** @default none */
  readonly limits?: NodePoolLimitsArgs;
  /** Of several pools that a pod fits, the one with the highest weight is asked first: 1 to 100. @default all are equal */
  readonly weight?: number;
  readonly disruption?: DisruptionArgs;
  /** After how many hours a node is replaced, whatever it runs. @default never */
  readonly expireAfterHours?: number;
  /** How long pods of a node that is removed get at most, in seconds; then they are killed, also those that must not be disrupted. @default as long as they need */
  readonly terminationGracePeriodSeconds?: number;
  /** Bill the nodes by the month: only flavors of the generation 2. @default false */
  readonly monthlyBilled?: boolean;
  /** Each node on another hypervisor, 5 nodes in a pool of OVHcloud's. @default false */
  readonly antiAffinity?: boolean;
  /** Labels of the nodes, beside those of OVHcloud and Karpenter. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Taints of the nodes. @default none */
  readonly taints?: readonly TaintArgs[];
}
