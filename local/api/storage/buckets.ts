/**
 * `/cloud/project/{id}/region/{region}/storage`: Object Storage buckets.
 * Imports `catalog/`, `context/`, `request/` and `state/`.
 */
import { plural, verb } from "../../../common/text";
import { StorageRefusal, type StoredObject } from "../state/backends";
import { bulkDeleteSchema, createBucketSchema, updateBucketSchema } from "./schemas";
import { roles } from "../catalog/catalog";
import { nowText, type Context } from "../context/context";
import { badRequest, conflict, notFound, notSupported } from "../request/errors";
import { expired, lifecycleSchema, staleUploads } from "./lifecycle";
import type { BucketRecord } from "../state/model";
import { invalid, parseBody } from "../request/validate";

export interface ListQuery {
  readonly prefix?: string;
  /** Keys up to and including this one are left out. */
  readonly marker?: string;
  /** @default 1000 */
  readonly limit?: number;
  readonly withVersions?: boolean;
}

/** The buckets of the project, over a real S3 server. */
export class Buckets {
  constructor(private readonly context: Context) {}

  async list(region: string): Promise<Record<string, unknown>[]> {
    this.checkRegion(region);
    const buckets = Object.values(this.context.store.state.buckets).filter((bucket) => bucket.region === region);
    return Promise.all(buckets.map((bucket) => this.view(bucket)));
  }

  async get(region: string, name: string, query: ListQuery = {}): Promise<Record<string, unknown>> {
    const bucket = this.record(region, name);
    const view = await this.view(bucket);
    return { ...view, objects: await this.objects(region, name, query) };
  }

  async create(region: string, input: unknown): Promise<Record<string, unknown>> {
    this.checkRegion(region);
    const body = parseBody(createBucketSchema, input);
    if (body.replication?.rules?.length) throw notSupported("bucket replication");
    if (body.objectLock?.rule && body.objectLock.status !== "enabled") throw invalid({ "objectLock.rule": "needs the status enabled" });
    const { state } = this.context.store;
    if (state.buckets[body.name]) throw conflict(`Bucket name ${body.name} is already in use`);
    if (body.ownerId && !state.users[body.ownerId]) throw invalid({ ownerId: `no such user: ${body.ownerId}` });
    const objectLock = body.objectLock ?? { status: "disabled" as const };
    const bucket: BucketRecord = {
      name: body.name,
      region,
      ownerId: body.ownerId ?? 0,
      createdAt: nowText(this.context),
      encryption: body.encryption ?? { sseAlgorithm: "plaintext" },
      versioning: objectLock.status === "enabled" ? { status: "enabled" } : (body.versioning ?? { status: "disabled" }),
      objectLock,
      tags: body.tags ?? {},
    };
    state.buckets[bucket.name] = bucket;
    try {
      await this.ensure(bucket);
      await this.applyPolicies();
    } catch (error) {
      delete state.buckets[bucket.name];
      throw error;
    }
    this.context.store.changed();
    return this.view(bucket);
  }

  async update(region: string, name: string, input: unknown): Promise<void> {
    const bucket = this.record(region, name);
    const { replication, objectLock, ...changes } = parseBody(updateBucketSchema, input);
    if (replication?.rules?.length) throw notSupported("bucket replication");
    if (objectLock && objectLock.status !== bucket.objectLock.status) {
      throw invalid({ "objectLock.status": "can be set only when the bucket is created" });
    }
    if (bucket.objectLock.status === "enabled" && changes.versioning && changes.versioning.status !== "enabled") {
      throw invalid({ "versioning.status": "must stay enabled, since the bucket has object lock" });
    }
    if (changes.versioning?.status === "disabled" && bucket.versioning.status !== "disabled") changes.versioning.status = "suspended";
    if (changes.versioning && changes.versioning.status !== bucket.versioning.status) {
      await this.context.storage.setVersioning(name, changes.versioning.status === "enabled");
    }
    if (objectLock?.status === "enabled") {
      await this.context.storage.setRetention(name, objectLock.rule);
      bucket.objectLock = objectLock;
    }
    Object.assign(bucket, changes);
    this.context.store.changed();
  }

  async remove(region: string, name: string): Promise<void> {
    this.record(region, name);
    if ((await this.context.storage.listObjects(name, true)).length > 0)
      throw badRequest("BucketNotEmpty: The bucket you tried to delete is not empty");
    await this.context.storage.deleteBucket(name);
    delete this.context.store.state.buckets[name];
    this.context.store.changed();
  }

  async objects(
    region: string,
    name: string,
    { prefix = "", marker = "", limit = 1000, withVersions = false }: ListQuery,
  ): Promise<Record<string, unknown>[]> {
    this.record(region, name);
    const objects = await this.context.storage.listObjects(name, withVersions);
    return objects
      .filter((object) => object.key.startsWith(prefix) && object.key > marker)
      .slice(0, limit)
      .map((object) => ({ ...object, storageClass: "STANDARD" }));
  }

  async bulkDelete(region: string, name: string, input: unknown): Promise<void> {
    this.record(region, name);
    const { objects } = parseBody(bulkDeleteSchema, input);
    try {
      await this.context.storage.deleteObjects(
        name,
        // Clients send an empty version id for an object without versions.
        objects.map(({ key, versionId }) => ({ key, versionId: versionId || undefined })),
      );
    } catch (error) {
      throw error instanceof StorageRefusal ? conflict(error.message) : error;
    }
  }

  lifecycle(region: string, name: string): unknown {
    const { lifecycle } = this.record(region, name);
    if (!lifecycle) throw notFound(`Bucket ${name} has no lifecycle configuration`);
    return lifecycle;
  }

  setLifecycle(region: string, name: string, input: unknown): unknown {
    const bucket = this.record(region, name);
    const { rules } = parseBody(lifecycleSchema, input);
    bucket.lifecycle = { rules: rules.map((rule, index) => ({ ...rule, id: rule.id ?? `rule-${index + 1}` })) };
    this.context.store.changed();
    return bucket.lifecycle;
  }

  deleteLifecycle(region: string, name: string): void {
    this.lifecycle(region, name);
    this.record(region, name).lifecycle = undefined;
    this.context.store.changed();
  }

  /** Deletes what the buckets' lifecycle rules let expire by now, and gives up the uploads that they do. */
  async expire(): Promise<void> {
    const { storage, clock, log } = this.context;
    for (const { name, lifecycle } of Object.values(this.context.store.state.buckets)) {
      if (!lifecycle) continue;
      const objects = expired(lifecycle.rules, await storage.listObjects(name, true), clock.now());
      if (objects.length > 0) {
        log(`lifecycle: ${plural(objects.length, "object")} of bucket ${name} ${verb(objects.length, "expire")}`);
        await storage.deleteObjects(name, objects);
      }
      const uploads = staleUploads(lifecycle.rules, await storage.listUploads(name), clock.now());
      if (uploads.length > 0) {
        log(`lifecycle: ${plural(uploads.length, "upload")} to bucket ${name} ${verb(uploads.length, "end")} unfinished`);
        await storage.abortUploads(name, uploads);
      }
    }
  }

  /** Brings the S3 server in line with the state, whatever was interrupted before. */
  async resume(): Promise<void> {
    for (const bucket of Object.values(this.context.store.state.buckets)) await this.ensure(bucket);
    await this.applyPolicies();
  }

  /** Sets on the S3 server which credential may do what. */
  async applyPolicies(): Promise<void> {
    const users = Object.values(this.context.store.state.users);
    const s3Roles = roles.filter((role) => role.name === "administrator" || role.name === "objectstore_operator");
    await this.context.storage.apply({
      accounts: users.flatMap((user) => {
        const mayUseS3 = user.status !== "deleting" && s3Roles.some((role) => user.roles.includes(role.id));
        const statements = mayUseS3 ? (user.policy?.statements ?? []) : [];
        return user.credentials.map((credential) => ({ ...credential, userId: String(user.id), statements }));
      }),
      owners: Object.values(this.context.store.state.buckets).map(({ name, ownerId }) => ({ bucket: name, userId: String(ownerId) })),
    });
  }

  private async ensure(bucket: BucketRecord): Promise<void> {
    await this.context.storage.createBucket({
      name: bucket.name,
      versioning: bucket.versioning.status === "enabled",
      objectLock: bucket.objectLock.status === "enabled",
    });
    if (bucket.objectLock.rule) await this.context.storage.setRetention(bucket.name, bucket.objectLock.rule);
  }

  private async view(bucket: BucketRecord): Promise<Record<string, unknown>> {
    const objects: readonly StoredObject[] = await this.context.storage.listObjects(bucket.name, false);
    return {
      name: bucket.name,
      region: bucket.region,
      ownerId: bucket.ownerId,
      createdAt: bucket.createdAt,
      encryption: bucket.encryption,
      versioning: bucket.versioning,
      objectLock: bucket.objectLock,
      tags: bucket.tags,
      virtualHost: `${this.context.storage.endpoint}/${bucket.name}`,
      objects: [],
      objectsCount: objects.length,
      objectsSize: objects.reduce((sum, object) => sum + object.size, 0),
      replication: { rules: [] },
    };
  }

  private record(region: string, name: string): BucketRecord {
    this.checkRegion(region);
    const bucket = this.context.store.state.buckets[name];
    if (bucket?.region !== region) throw notFound(`Container ${name} not found in region ${region}`);
    return bucket;
  }

  private checkRegion(region: string): void {
    const { storageRegion } = this.context;
    if (region !== storageRegion) throw notFound(`Region ${region} has no Object Storage; ${storageRegion} has`);
  }
}
