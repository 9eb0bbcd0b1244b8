import type * as pulumi from "@pulumi/pulumi";
import { OnDeletion, type OnDeletionArgs } from "../../pulumi/on-deletion";
import { providerText } from "../../pulumi/provider-text";

/**
 * Deletes, when it is deleted, every object of KEDA's kinds. They go with the CustomResourceDefinitions anyway, but the operator has to let go of each
 * (finalizers), and would be gone by then: the definitions would stay for ever. It creates nothing.
 */
export class ScaledResources extends OnDeletion {
  constructor(name: string, args: OnDeletionArgs, opts?: pulumi.CustomResourceOptions) {
    super({ type: "keda:ScaledResources", provider: providerText("keda", "scaledResources") }, name, args, opts);
  }
}
