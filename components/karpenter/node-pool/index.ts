import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as pulumi from "@pulumi/pulumi";
import { managedBy } from "../../kubernetes/pod-security";
import { throwFaults } from "../../pulumi/faults";
import type { KarpenterNodePoolArgs } from "./args";
import { faultsOf } from "./faults";
import { nodeClassSpec, nodeClassVersion, nodePoolSpec } from "./manifest";

/**
 * Both objects stay until Karpenter has removed their nodes, for ever if it does not run. Pulumi goes on at once, to the clean-up ({@link Karpenter}), which waits
 * for the nodes and knows what to do without Karpenter.
 */
const withoutWaiting = { "pulumi.com/deletionPropagationPolicy": "background", "pulumi.com/skipAwait": "true" };

/**
 * A node pool of Karpenter's (`nodepools.karpenter.sh`) with its OVHNodeClass. It has no size: Karpenter orders the cheapest nodes that the waiting pods fit on,
 * as pools of OVHcloud's that it makes and deletes. {@link Karpenter} must be in the cluster (`dependsOn`).
 */
export class KarpenterNodePool extends pulumi.ComponentResource {
  readonly nodeClass: CustomResource;
  readonly nodePool: CustomResource;

  /** @param opts with a provider of the cluster */
  constructor(
    private readonly name: string,
    private readonly args: KarpenterNodePoolArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:karpenter:KarpenterNodePool", name, {}, opts);
    throwFaults(this, name, faultsOf(args));
    this.nodeClass = this.createNodeClass();
    this.nodePool = this.createNodePool();
    this.registerOutputs({});
  }

  private get metadata() {
    return { name: this.args.poolName, labels: managedBy, annotations: withoutWaiting };
  }

  private createNodeClass(): CustomResource {
    return new CustomResource(
      `${this.name}-node-class`,
      { apiVersion: nodeClassVersion, kind: "OVHNodeClass", metadata: this.metadata, spec: nodeClassSpec(this.args) },
      { parent: this },
    );
  }

  private createNodePool(): CustomResource {
    const { poolName } = this.args;
    return new CustomResource(
      `${this.name}-node-pool`,
      { apiVersion: "karpenter.sh/v1", kind: "NodePool", metadata: this.metadata, spec: nodePoolSpec(this.args, poolName) },
      { parent: this, dependsOn: [this.nodeClass] },
    );
  }
}
