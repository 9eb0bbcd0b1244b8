import * as pulumi from "@pulumi/pulumi";
import { providerText } from "../../pulumi/provider-text";

export interface PresenceArgs {
  /** Admin kubeconfig, YAML. */
  readonly kubeconfig: pulumi.Input<string>;
  /** Where the cluster's KEDA is to come from: it is there, or this program installs it. */
  readonly installation: "existing" | "install";
}

/**
 * Makes sure that the cluster ends up with one KEDA: it fails, before anything is installed, when there is one already that is not this program's, or when
 * there is none although one was expected. It owns nothing.
 */
export class Presence extends pulumi.CustomResource {
  constructor(name: string, { kubeconfig, installation }: PresenceArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "pulumi-nodejs:dynamic/keda:Presence",
      name,
      { kubeconfig: pulumi.secret(kubeconfig), installation, __provider: providerText("keda", "presence") },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["kubeconfig"] }),
    );
  }
}
