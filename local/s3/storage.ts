import type * as AwsS3 from "@aws-sdk/client-s3";
import { portable } from "../../common/s3";
import { plural } from "../../common/text";
import {
  StorageRefusal,
  type RetentionRule,
  type S3Access,
  type StorageBackend,
  type StoredObject,
  type StoredUpload,
} from "../api/state/backends";
import { Accounts } from "./accounts";
import { bucketPolicy } from "./policies";
import type { Credentials } from "./sigv4";

type Sdk = typeof AwsS3;

/** Objects that one DeleteObjects call may name. */
const batchSize = 1000;

/** The S3 server as the OVHcloud API drives it. */
export class LocalStorage implements StorageBackend {
  private readonly accounts: Accounts;
  /** The policies that the server has, as far as this process knows. */
  private readonly applied = new Map<string, string | undefined>();
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly endpoint: string,
    root: Credentials,
    region: string,
    private readonly sdk: Sdk,
    private readonly client: AwsS3.S3Client,
  ) {
    this.accounts = new Accounts(endpoint, root, region);
  }

  /** @param region its name in S3: lower case */
  static async connect(endpoint: string, root: Credentials, region: string): Promise<LocalStorage> {
    const sdk = await import("@aws-sdk/client-s3");
    const client = new sdk.S3Client({
      endpoint,
      region,
      ...portable,
      credentials: { accessKeyId: root.access, secretAccessKey: root.secret },
      requestHandler: { connectionTimeout: 5_000, socketTimeout: 60_000 },
    });
    return new LocalStorage(endpoint, root, region, sdk, client);
  }

  /** Calls are carried out one after the other: the last one says how it is to be. */
  apply(access: S3Access): Promise<void> {
    const result = this.queue.then(() => this.applyNow(access));
    this.queue = result.catch(() => undefined);
    return result;
  }

  async createBucket(bucket: { name: string; versioning: boolean; objectLock: boolean }): Promise<void> {
    try {
      await this.client.send(new this.sdk.CreateBucketCommand({ Bucket: bucket.name, ObjectLockEnabledForBucket: bucket.objectLock }));
    } catch (error) {
      if ((error as Error).name !== "BucketAlreadyOwnedByYou" && (error as Error).name !== "BucketAlreadyExists") throw error;
    }
    if (bucket.versioning) await this.setVersioning(bucket.name, true);
  }

  async setVersioning(name: string, enabled: boolean): Promise<void> {
    const Status = enabled ? "Enabled" : "Suspended";
    await this.client.send(new this.sdk.PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: { Status } }));
  }

  async setRetention(name: string, rule: RetentionRule | undefined): Promise<void> {
    const [, number = "", unit] = /^P(\d+)([DY])$/.exec(rule?.period ?? "") ?? [];
    const Mode = rule?.mode === "compliance" ? "COMPLIANCE" : "GOVERNANCE";
    const Rule = rule && { DefaultRetention: { Mode, [unit === "Y" ? "Years" : "Days"]: Number(number) } as const };
    const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled" as const, Rule };
    await this.client.send(new this.sdk.PutObjectLockConfigurationCommand({ Bucket: name, ObjectLockConfiguration }));
  }

  async deleteBucket(name: string): Promise<void> {
    try {
      await this.client.send(new this.sdk.DeleteBucketCommand({ Bucket: name }));
    } catch (error) {
      if ((error as Error).name !== "NoSuchBucket") throw error;
    }
    this.applied.delete(name);
  }

  async listObjects(name: string, withVersions: boolean): Promise<readonly StoredObject[]> {
    return withVersions ? this.listVersions(name) : this.listCurrent(name);
  }

  async deleteObjects(name: string, objects: readonly { key: string; versionId?: string }[]): Promise<void> {
    for (let start = 0; start < objects.length; start += batchSize) {
      const Objects = objects.slice(start, start + batchSize).map(({ key, versionId }) => ({ Key: key, VersionId: versionId }));
      const { Errors = [] } = await this.client.send(new this.sdk.DeleteObjectsCommand({ Bucket: name, Delete: { Objects, Quiet: true } }));
      const [first] = Errors;
      if (first)
        throw new StorageRefusal(
          `${Errors.length} of ${plural(Objects.length, "object")} could not be deleted; ${first.Key}: ${first.Message}`,
        );
    }
  }

  async listUploads(name: string): Promise<readonly StoredUpload[]> {
    const uploads: StoredUpload[] = [];
    for (let next: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {}; next;) {
      const page: AwsS3.ListMultipartUploadsCommandOutput = await this.client.send(
        new this.sdk.ListMultipartUploadsCommand({ Bucket: name, ...next }),
      );
      for (const { Key = "", UploadId = "", Initiated } of page.Uploads ?? [])
        uploads.push({ key: Key, uploadId: UploadId, startedAt: time(Initiated) });
      next = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined;
    }
    return uploads;
  }

  async abortUploads(name: string, uploads: readonly StoredUpload[]): Promise<void> {
    for (const { key, uploadId } of uploads) {
      const abort = new this.sdk.AbortMultipartUploadCommand({ Bucket: name, Key: key, UploadId: uploadId });
      await this.client.send(abort).catch((error: Error) => {
        // It was completed or aborted meanwhile.
        if (error.name !== "NoSuchUpload") throw error;
      });
    }
  }

  private async applyNow(access: S3Access): Promise<void> {
    await this.accounts.set(access.accounts);
    for (const { bucket } of access.owners) {
      const policy = bucketPolicy(bucket, access);
      if (this.applied.has(bucket) && this.applied.get(bucket) === policy) continue;
      if (policy === undefined) await this.client.send(new this.sdk.DeleteBucketPolicyCommand({ Bucket: bucket }));
      else await this.client.send(new this.sdk.PutBucketPolicyCommand({ Bucket: bucket, Policy: policy }));
      this.applied.set(bucket, policy);
    }
  }

  private async listCurrent(name: string): Promise<StoredObject[]> {
    const objects: StoredObject[] = [];
    for await (const page of this.sdk.paginateListObjectsV2({ client: this.client }, { Bucket: name })) {
      for (const { Key = "", Size = 0, ETag = "", LastModified } of page.Contents ?? []) {
        objects.push({ key: Key, size: Size, etag: ETag, lastModified: time(LastModified), isDeleteMarker: false, isLatest: true });
      }
    }
    return objects;
  }

  private async listVersions(name: string): Promise<StoredObject[]> {
    const objects: StoredObject[] = [];
    for (let next: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {}; next;) {
      const page = await this.versionsPage(name, next);
      for (const { Key = "", Size = 0, ETag = "", LastModified, VersionId, IsLatest = false } of page.Versions ?? []) {
        objects.push({
          key: Key,
          size: Size,
          etag: ETag,
          lastModified: time(LastModified),
          versionId: VersionId,
          isDeleteMarker: false,
          isLatest: IsLatest,
        });
      }
      for (const { Key = "", LastModified, VersionId, IsLatest = false } of page.DeleteMarkers ?? []) {
        objects.push({
          key: Key,
          size: 0,
          etag: "",
          lastModified: time(LastModified),
          versionId: VersionId,
          isDeleteMarker: true,
          isLatest: IsLatest,
        });
      }
      next = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined;
    }
    const order = (object: StoredObject): number => (object.isLatest ? Infinity : Date.parse(object.lastModified));
    return objects.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : order(b) - order(a) || 0));
  }

  private versionsPage(name: string, marker: { KeyMarker?: string; VersionIdMarker?: string }) {
    return this.client.send(new this.sdk.ListObjectVersionsCommand({ Bucket: name, ...marker }));
  }
}

const time = (date: Date | undefined): string => (date ?? new Date(0)).toISOString();
