import * as core from "@pulumi/kubernetes/core/v1";
import type { NetworkPolicy } from "@pulumi/kubernetes/networking/v1";
import type { input } from "@pulumi/kubernetes/types";
import * as pulumi from "@pulumi/pulumi";
import { operatorNamespace, s3SecretName, s3Variables } from "../../batch/spec/secrets";
import { isolate } from "../kubernetes/isolate";
import { createPullSecret, type RegistryAccountArgs } from "../kubernetes/pull-secret";
import type { S3Credentials } from "../storage";
import { managedBy, restrictedPodSecurity } from "../kubernetes/pod-security";

/**
 * The namespace of the batch Jobs: restricted pods, limits, no way in, and the bucket's and the registry's credentials in Secrets; and one beside it
 * for the bucket's credentials that no task may have, where only the batch controller runs.
 */

export { operatorNamespace, s3SecretName };

export interface BucketArgs {
  readonly name: pulumi.Input<string>;
  /** URL of the S3 API, reachable from pods. */
  readonly endpoint: pulumi.Input<string>;
  /** Region as S3 clients name it, e.g. `gra`. */
  readonly region: pulumi.Input<string>;
  /** Keys of the tasks. */
  readonly credentials: pulumi.Input<S3Credentials>;
  /** Keys of those who run them, for the command line. */
  readonly operatorCredentials: pulumi.Input<S3Credentials>;
}

export interface BatchNamespaceArgs {
  /** Name of the namespace. */
  readonly namespace: pulumi.Input<string>;
  /** Bucket that the Jobs read and write. */
  readonly bucket: BucketArgs;
  /** Account of an image registry, which becomes a Secret for the Jobs' `imagePullSecrets`. @default none */
  readonly pullSecret?: RegistryAccountArgs;
  /** Most pods at a time. */
  readonly maxPods: number;
  /** Most CPU that all pods together may request, e.g. `400`. @default unlimited */
  readonly maxCpu?: string;
  /** Most memory that all pods together may request, e.g. `1500Gi`. @default unlimited */
  readonly maxMemory?: string;
  /** CPU request of a container that has none, e.g. `100m`. */
  readonly defaultCpu: string;
  /** Memory request and limit of a container that has none, e.g. `256Mi`. */
  readonly defaultMemory: string;
  /** Namespace of a Prometheus that may scrape the pods. @default none may */
  readonly scrapedFrom?: string;
}

export class BatchNamespace extends pulumi.ComponentResource {
  readonly namespace: core.Namespace;
  readonly quota: core.ResourceQuota;
  readonly limits: core.LimitRange;
  readonly network: NetworkPolicy;
  readonly s3Secret: core.Secret;
  readonly operatorNamespace: core.Namespace;
  readonly operatorS3Secret: core.Secret;
  readonly pullSecret?: core.Secret;
  /** Name of the namespace. */
  readonly namespaceName: pulumi.Output<string>;

  constructor(
    private readonly name: string,
    args: BatchNamespaceArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:namespace:BatchNamespace", name, {}, opts);
    this.namespace = this.createNamespace("namespace", args.namespace);
    this.namespaceName = this.namespace.metadata.name;
    this.quota = this.createQuota(args);
    this.limits = this.createLimits(args);
    this.network = this.createNetworkPolicy(args);
    this.s3Secret = this.createS3Secret("s3", this.namespaceName, args.bucket, args.bucket.credentials);
    this.operatorNamespace = this.createNamespace("operator-namespace", pulumi.output(args.namespace).apply(operatorNamespace));
    const beside = this.operatorNamespace.metadata.name;
    this.operatorS3Secret = this.createS3Secret("operator-s3", beside, args.bucket, args.bucket.operatorCredentials);
    if (args.pullSecret) {
      this.pullSecret = createPullSecret(`${name}-pull-secret`, args.pullSecret, this.namespaceName, { parent: this });
    }
    this.registerOutputs({ namespaceName: this.namespaceName });
  }

  private metadata(name: string): input.meta.v1.ObjectMeta {
    return { name, namespace: this.namespaceName, labels: managedBy };
  }

  private createNamespace(suffix: string, name: pulumi.Input<string>): core.Namespace {
    return new core.Namespace(
      `${this.name}-${suffix}`,
      { metadata: { name, labels: { ...managedBy, ...restrictedPodSecurity } } },
      { parent: this },
    );
  }

  private createQuota({ maxPods, maxCpu, maxMemory }: BatchNamespaceArgs): core.ResourceQuota {
    const hard = {
      pods: String(maxPods),
      ...(maxCpu && { "requests.cpu": maxCpu }),
      ...(maxMemory && { "requests.memory": maxMemory }),
    };
    return new core.ResourceQuota(`${this.name}-quota`, { metadata: this.metadata("quota"), spec: { hard } }, { parent: this });
  }

  private createLimits({ defaultCpu, defaultMemory }: BatchNamespaceArgs): core.LimitRange {
    // CPU has no limit: a batch pod may use what its node has to spare, while memory over the request would endanger its neighbours.
    const limit = { type: "Container", defaultRequest: { cpu: defaultCpu, memory: defaultMemory }, default: { memory: defaultMemory } };
    return new core.LimitRange(`${this.name}-limits`, { metadata: this.metadata("limits"), spec: { limits: [limit] } }, { parent: this });
  }

  private createNetworkPolicy({ scrapedFrom }: BatchNamespaceArgs): NetworkPolicy {
    return isolate(this, `${this.name}-network`, { metadata: this.metadata("batch-pods"), scrapedFrom });
  }

  private createS3Secret(
    suffix: string,
    namespace: pulumi.Input<string>,
    { name: bucket, endpoint, region }: BucketArgs,
    credentials: pulumi.Input<S3Credentials>,
  ): core.Secret {
    const { accessKeyId, secretAccessKey } = pulumi.output(credentials);
    const values = { endpoint, region, bucket, accessKeyId, secretAccessKey };
    const names = Object.keys(values) as (keyof typeof values)[];
    const stringData = Object.fromEntries(names.map((name) => [s3Variables[name], values[name]]));
    return new core.Secret(
      `${this.name}-${suffix}`,
      { metadata: { ...this.metadata(s3SecretName), namespace }, stringData },
      { parent: this },
    );
  }
}
