import * as pulumi from "@pulumi/pulumi";
import { providerText } from "../../pulumi/provider-text";

export interface ServingCertificateArgs {
  /** Names that the server is called by, e.g. `metrics-server.metrics.svc`. A change issues a new certificate. */
  readonly dnsNames: readonly pulumi.Input<string>[];
  /** Whether clients sign in with it as well, at servers that trust {@link ServingCertificate.caBundle}. @default false */
  readonly forClients?: boolean;
}

/**
 * A certificate for a server inside the cluster, and the authority that clients verify it with. The authority signs this one certificate, and its
 * key is never kept. It is good for a year; the first `pulumi up` in its last four months puts the next one in its place. That one is made
 * together with it, and {@link caBundle} holds both authorities from the start, so that clients and server may change at any moment, in any order.
 */
export class ServingCertificate extends pulumi.CustomResource {
  /** PEM. */
  declare readonly certificate: pulumi.Output<string>;
  /** PEM; a secret. */
  declare readonly privateKey: pulumi.Output<string>;
  /** PEM certificates of the authorities that are to be trusted. */
  declare readonly caBundle: pulumi.Output<string>;
  /** When the certificate ends, ISO 8601 in UTC. */
  declare readonly expiresAt: pulumi.Output<string>;

  constructor(name: string, args: ServingCertificateArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "pulumi-nodejs:dynamic/metrics:ServingCertificate",
      name,
      {
        dnsNames: [...args.dnsNames],
        ...(args.forClients && { forClients: true }),
        __provider: providerText("metrics", "certificate"),
        // Pulumi resolves only outputs that are named here.
        certificate: undefined,
        privateKey: undefined,
        caBundle: undefined,
        expiresAt: undefined,
      },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["privateKey", "next"] }),
    );
  }
}
