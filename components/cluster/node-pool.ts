import * as ovh from "@ovhcloud/pulumi-ovh";
import { CustomResourcePatch } from "@pulumi/kubernetes/apiextensions/customResourcePatch";
import * as pulumi from "@pulumi/pulumi";
import { nodesWithAntiAffinity } from "../../common/plans";
import { type Fault, throwFaults } from "../pulumi/faults";

export interface TaintArgs {
  readonly key: string;
  readonly value: string;
  readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

export interface NodePoolArgs {
  /** Id of the Public Cloud project. */
  readonly serviceName: pulumi.Input<string>;
  /** OVHcloud's id of the cluster. */
  readonly clusterId: pulumi.Input<string>;
  /** Name of the pool, and the value of its nodes' label `nodepool`. A change recreates the pool. */
  readonly poolName: string;
  /** Instance flavor of the nodes, e.g. `c2-15`. A change recreates the pool. */
  readonly flavor: pulumi.Input<string>;
  /** Fewest nodes. */
  readonly minNodes: number;
  /** Most nodes. */
  readonly maxNodes: number;
  /** Nodes to start with. It is not looked at again once the pool exists: from then on the number is the autoscaler's. */
  readonly desiredNodes: number;
  /** Labels of the nodes, beside those of OVHcloud. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Taints of the nodes. @default none */
  readonly taints?: readonly TaintArgs[];
  /** Each node on another hypervisor, 5 nodes at most. A change recreates the pool. @default false */
  readonly antiAffinity?: boolean;
  /** Bill the nodes by month. A change recreates the pool. @default false */
  readonly monthlyBilled?: boolean;
  /** Zone of the nodes, needed in regions that have several. @default none */
  readonly availabilityZones?: readonly string[];
}

/** Label that each node has, with the pool's name. */
const poolLabel = "pool.ovh-mks-batch/name";

/** What of a pool can change in place, as the OVHcloud provider names it. */
const changeable = [
  "desiredNodes",
  "minNodes",
  "maxNodes",
  "autoscale",
  "template",
  "attachFloatingIps",
  "autoscalingScaleDownUnneededTimeSeconds",
  "autoscalingScaleDownUnreadyTimeSeconds",
  "autoscalingScaleDownUtilizationThreshold",
];

/**
 * A node pool of a {@link MksCluster}. OVHcloud's API makes it; from then on Pulumi never updates it there: the OVHcloud provider sends the number of nodes
 * that it saw last with every update, which takes away those that came since. What changes in place goes to the pool's NodePool resource in the
 * cluster, by a server-side apply without the number of nodes.
 */
export class NodePool extends pulumi.ComponentResource {
  readonly pool: ovh.cloudproject.KubeNodePool;
  readonly settings: CustomResourcePatch;
  /** OVHcloud's id of the pool. */
  readonly poolId: pulumi.Output<string>;

  /** @param opts with a provider of OVHcloud and one of the cluster */
  constructor(
    private readonly name: string,
    args: NodePoolArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:cluster:NodePool", name, {}, opts);
    throwFaults(this, name, faultsOf(args));
    this.pool = this.createPool(args);
    this.poolId = this.pool.id;
    this.settings = this.createSettings(args);
    this.registerOutputs({ poolId: this.poolId });
  }

  private createPool(args: NodePoolArgs): ovh.cloudproject.KubeNodePool {
    return new ovh.cloudproject.KubeNodePool(
      `${this.name}-pool`,
      {
        serviceName: args.serviceName,
        kubeId: args.clusterId,
        name: args.poolName,
        flavorName: args.flavor,
        minNodes: args.minNodes,
        maxNodes: args.maxNodes,
        desiredNodes: args.desiredNodes,
        antiAffinity: args.antiAffinity ?? false,
        monthlyBilled: args.monthlyBilled ?? false,
        // OVHcloud's own autoscaler must stay out of the way of this program's.
        autoscale: false,
        ...(args.availabilityZones?.length && { availabilityZones: [...args.availabilityZones] }),
      },
      { parent: this, ignoreChanges: changeable },
    );
  }

  private createSettings({ poolName, minNodes, maxNodes, labels = {}, taints = [] }: NodePoolArgs): CustomResourcePatch {
    return new CustomResourcePatch(
      `${this.name}-settings`,
      {
        apiVersion: "kube.cloud.ovh.com/v1alpha1",
        kind: "NodePool",
        metadata: {
          name: poolName,
          // The pool's id has them applied again to a pool that was made anew.
          annotations: { "pulumi.com/patchForce": "true", "ovh-mks-batch/pool-id": this.pool.id },
        },
        spec: {
          minNodes,
          maxNodes,
          autoscale: false,
          // Every field of a template is needed once there is one.
          template: {
            // Never empty: where an apply takes the last entry out of a map, the API server makes null of it, which the schema refuses.
            metadata: { labels: { [poolLabel]: poolName, ...labels }, annotations: {}, finalizers: [] },
            spec: { taints: taints.map(({ key, value, effect }) => ({ key, value, effect })), unschedulable: false },
          },
        },
      },
      // Without them the pool would lose its labels and taints while its nodes still work.
      { parent: this, retainOnDelete: true },
    );
  }
}

function faultsOf({ minNodes, maxNodes, desiredNodes, antiAffinity, poolName }: NodePoolArgs): Fault[] {
  const faults: Fault[] = [];
  const check = (valid: boolean, property: string, value: unknown, rule: string): void =>
    void (valid || faults.push({ property, value, rule }));
  check(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(poolName),
    "poolName",
    poolName,
    "must have up to 63 lower-case letters, digits and '-'",
  );
  check(minNodes >= 0, "minNodes", minNodes, "must be at least 0");
  check(minNodes <= maxNodes, "minNodes", minNodes, `must be at most maxNodes (${maxNodes})`);
  if (minNodes <= maxNodes) {
    check(desiredNodes <= maxNodes, "desiredNodes", desiredNodes, `must be at most maxNodes (${maxNodes})`);
    check(desiredNodes >= minNodes, "desiredNodes", desiredNodes, `must be at least minNodes (${minNodes})`);
  }
  check(
    !antiAffinity || maxNodes <= nodesWithAntiAffinity,
    "maxNodes",
    maxNodes,
    `must be at most ${nodesWithAntiAffinity} with antiAffinity`,
  );
  return faults;
}
