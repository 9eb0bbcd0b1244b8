import * as ovh from "@ovhcloud/pulumi-ovh";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { storageEndpoint } from "../../common/regions";
import { type Fault, throwFaults } from "../pulumi/faults";
import { operatorPolicy, type S3PolicyDocument, taskPolicy } from "./policy";

/** An Object Storage bucket, and two users whose credentials reach that bucket only: its operators' and its tasks'. */

export interface ObjectLockArgs {
  /** Whether a privileged user may lift the lock. */
  readonly mode: pulumi.Input<"governance" | "compliance">;
  /** How long an object cannot be deleted, in days. */
  readonly days: number;
}

export interface LifecycleArgs {
  /** Delete old versions after that many days. @default never */
  readonly noncurrentDays?: number;
  /** Abort unfinished uploads after that many days. @default never */
  readonly incompleteUploadDays?: number;
}

export interface ObjectStorageArgs {
  /** Id of the Public Cloud project. */
  readonly serviceName: pulumi.Input<string>;
  /** Object Storage region, e.g. `GRA`. A change recreates the bucket. */
  readonly region: pulumi.Input<string>;
  /** Name of the bucket, unique in the region. @default `bucketPrefix` and 8 random hexadecimal digits */
  readonly bucketName?: pulumi.Input<string>;
  /** Start of the name when `bucketName` is not given. */
  readonly bucketPrefix: string;
  /** S3 endpoint. @default OVHcloud's in that region, e.g. `https://s3.gra.io.cloud.ovh.net` */
  readonly endpoint?: pulumi.Input<string>;
  /** Keep replaced and deleted objects as old versions. @default false */
  readonly versioning?: boolean;
  /** Encryption at rest. @default `AES256` */
  readonly encryption?: pulumi.Input<"AES256" | "plaintext">;
  /** Write-once objects; needs versioning, and can be set at creation only. @default none */
  readonly objectLock?: ObjectLockArgs;
  /** What the storage cleans up by itself. @default nothing */
  readonly lifecycle?: LifecycleArgs;
  /** Refuse to delete the bucket, and keep it if its resource is removed all the same. @default false */
  readonly protected?: boolean;
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A user of Object Storage, and what it may do. */
export interface S3User {
  readonly user: ovh.cloudproject.User;
  readonly policy: ovh.cloudproject.S3Policy;
  readonly credential: ovh.cloudproject.S3Credential;
  /** Its keys; a secret. They resolve once its policy is in force. */
  readonly credentials: pulumi.Output<S3Credentials>;
}

export class ObjectStorage extends pulumi.ComponentResource {
  readonly bucketId?: random.RandomId;
  readonly bucket: ovh.cloudproject.Storage;
  readonly lifecycle?: ovh.CloudProjectStorageObjectBucketLifecycleConfiguration;
  /** For Pulumi and the command line: the whole bucket. */
  readonly operator: S3User;
  /** For what runs in the cluster: reads inputs and writes results, and nothing of the Jobs' book-keeping. */
  readonly tasks: S3User;
  readonly bucketName: pulumi.Output<string>;
  /** URL of the S3 API. */
  readonly endpoint: pulumi.Output<string>;
  /** Region as S3 clients name it, in lower case. */
  readonly region: pulumi.Output<string>;

  constructor(
    private readonly name: string,
    args: ObjectStorageArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:storage:ObjectStorage", name, {}, opts);
    throwFaults(this, name, faultsOf(args));
    if (!args.bucketName) this.bucketId = new random.RandomId(`${name}-id`, { byteLength: 4 }, { parent: this });
    this.bucket = this.createBucket(args, args.bucketName ?? pulumi.interpolate`${args.bucketPrefix}-${this.bucketId!.hex}`);
    if (args.lifecycle) this.lifecycle = this.createLifecycle(args, args.lifecycle);
    this.operator = this.createUser(
      args,
      "operator-",
      pulumi.interpolate`S3 access to ${this.bucket.name} for its operators`,
      operatorPolicy,
    );
    // The names are those of the one user that there was before: the keys that tasks have had stay theirs, and lose what tasks may not do.
    this.tasks = this.createUser(args, "", pulumi.interpolate`S3 access to ${this.bucket.name}`, taskPolicy);
    this.bucketName = this.bucket.name;
    this.region = pulumi.output(args.region).apply((region) => region.toLowerCase());
    this.endpoint = args.endpoint ? pulumi.output(args.endpoint) : pulumi.output(args.region).apply(storageEndpoint);
    this.registerOutputs({ bucketName: this.bucketName, endpoint: this.endpoint, region: this.region });
  }

  private createBucket(args: ObjectStorageArgs, bucketName: pulumi.Input<string>): ovh.cloudproject.Storage {
    return new ovh.cloudproject.Storage(
      `${this.name}-bucket`,
      {
        serviceName: args.serviceName,
        regionName: args.region,
        name: bucketName,
        versioning: { status: args.versioning ? "enabled" : "disabled" },
        encryption: { sseAlgorithm: args.encryption ?? "AES256" },
        // The state would otherwise hold a list of the first 1,000 objects and differ after each batch.
        hideObjects: true,
        ...(args.objectLock && {
          objectLock: { status: "enabled", rule: { mode: args.objectLock.mode, period: `P${args.objectLock.days}D` } },
        }),
      },
      { parent: this, protect: args.protected, retainOnDelete: args.protected },
    );
  }

  private createLifecycle(args: ObjectStorageArgs, lifecycle: LifecycleArgs): ovh.CloudProjectStorageObjectBucketLifecycleConfiguration {
    const { noncurrentDays, incompleteUploadDays } = lifecycle;
    return new ovh.CloudProjectStorageObjectBucketLifecycleConfiguration(
      `${this.name}-lifecycle`,
      {
        serviceName: args.serviceName,
        regionName: args.region,
        containerName: this.bucket.name,
        rules: [
          ...(noncurrentDays ? [{ id: "expire-old-versions", status: "enabled", noncurrentVersionExpiration: { noncurrentDays } }] : []),
          ...(incompleteUploadDays
            ? [{ id: "abort-uploads", status: "enabled", abortIncompleteMultipartUpload: { daysAfterInitiation: incompleteUploadDays } }]
            : []),
        ],
      },
      { parent: this },
    );
  }

  private createUser(
    { serviceName }: ObjectStorageArgs,
    prefix: string,
    description: pulumi.Input<string>,
    policyOf: (bucket: string) => S3PolicyDocument,
  ): S3User {
    const opts = { parent: this };
    const named = (suffix: string): string => `${this.name}-${prefix}${suffix}`;
    const user = new ovh.cloudproject.User(named("user"), { serviceName, description, roleName: "objectstore_operator" }, opts);
    const owner = { serviceName, userId: user.id };
    const document = this.bucket.name.apply((bucket) => JSON.stringify(policyOf(bucket)));
    const policy = new ovh.cloudproject.S3Policy(named("policy"), { ...owner, policy: document }, opts);
    const credential = new ovh.cloudproject.S3Credential(named("credential"), owner, opts);
    const keys = pulumi.all([credential.accessKeyId, credential.secretAccessKey, policy.id]);
    const credentials = pulumi.secret(keys.apply(([accessKeyId, secretAccessKey]) => ({ accessKeyId, secretAccessKey })));
    return { user, policy, credential, credentials };
  }
}

function faultsOf({ bucketName, bucketPrefix, objectLock, versioning }: ObjectStorageArgs): Fault[] {
  const faults: Fault[] = [];
  if (!bucketName && !/^[a-z0-9][a-z0-9-]{0,53}$/.test(bucketPrefix)) {
    faults.push({
      property: "bucketPrefix",
      value: bucketPrefix,
      rule: "must have up to 54 characters of a-z, 0-9 and '-' to start a bucket's name: give bucketName instead",
    });
  }
  if (objectLock && !versioning) faults.push({ property: "versioning", value: versioning, rule: "must be true with objectLock" });
  return faults;
}
