import * as pulumi from "@pulumi/pulumi";
import { providerText } from "../../pulumi/provider-text";

export interface MetricsApiArgs {
  /** Admin kubeconfig, YAML. */
  readonly kubeconfig: pulumi.Input<string>;
  /** Where the cluster's metrics-server is to come from: it is there, or this program installs it. */
  readonly metricsServer: "existing" | "install";
}

/**
 * Makes sure that the cluster ends up with one metrics-server: it fails, before anything is installed, when there is one already that is not
 * this program's, or when there is none although one was expected. It owns nothing.
 */
export class MetricsApi extends pulumi.CustomResource {
  constructor(name: string, { kubeconfig, metricsServer }: MetricsApiArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "pulumi-nodejs:dynamic/metrics:MetricsApi",
      name,
      { kubeconfig: pulumi.secret(kubeconfig), metricsServer, __provider: providerText("metrics", "metricsApi") },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["kubeconfig"] }),
    );
  }
}
