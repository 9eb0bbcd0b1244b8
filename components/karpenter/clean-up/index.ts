import type * as pulumi from "@pulumi/pulumi";
import { OnDeletion, type OnDeletionArgs } from "../../pulumi/on-deletion";
import { providerText } from "../../pulumi/provider-text";

/**
 * Removes, when it is deleted, all that Karpenter has made: NodePools, NodeClaims, nodes and OVHcloud's pools, which are paid. It is deleted before the operator,
 * which does most of the work. It creates nothing.
 */
export class CleanUp extends OnDeletion {
  constructor(name: string, args: OnDeletionArgs, opts?: pulumi.CustomResourceOptions) {
    super({ type: "karpenter:CleanUp", provider: providerText("karpenter", "cleanUp"), timeout: "30m" }, name, args, opts);
  }
}
