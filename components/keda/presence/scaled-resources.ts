import * as pulumi from "@pulumi/pulumi";
import { providerText } from "../../pulumi/provider-text";

export interface ScaledResourcesArgs {
  /** Admin kubeconfig, YAML. */
  readonly kubeconfig: pulumi.Input<string>;
}

/**
 * Deletes, when it is deleted, every object of KEDA's kinds. They go with the CustomResourceDefinitions anyway, but the operator has to let go of each
 * (finalizers), and would be gone by then: the definitions would stay for ever. It creates nothing.
 */
export class ScaledResources extends pulumi.CustomResource {
  constructor(name: string, { kubeconfig }: ScaledResourcesArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "pulumi-nodejs:dynamic/keda:ScaledResources",
      name,
      { kubeconfig: pulumi.secret(kubeconfig), __provider: providerText("keda", "scaledResources") },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["kubeconfig"] }),
    );
  }
}
