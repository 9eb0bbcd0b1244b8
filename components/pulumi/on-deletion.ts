import * as pulumi from "@pulumi/pulumi";

export interface OnDeletionArgs {
  /** Admin kubeconfig, YAML. */
  readonly kubeconfig: pulumi.Input<string>;
}

/** A dynamic resource that creates nothing, and does its work when it is deleted (on-deletion-provider.ts): it is deleted before what it depends on. */
export class OnDeletion extends pulumi.CustomResource {
  /** @param type behind `pulumi-nodejs:dynamic/` @param provider of provider-text.ts @param timeout of its deletion, e.g. `30m`; by default the engine's */
  constructor(
    { type, provider, timeout }: { readonly type: string; readonly provider: string; readonly timeout?: string },
    name: string,
    { kubeconfig }: OnDeletionArgs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(
      `pulumi-nodejs:dynamic/${type}`,
      name,
      { kubeconfig: pulumi.secret(kubeconfig), __provider: provider },
      pulumi.mergeOptions(opts, {
        additionalSecretOutputs: ["kubeconfig"],
        ...(timeout !== undefined && { customTimeouts: { delete: timeout } }),
      }),
    );
  }
}
