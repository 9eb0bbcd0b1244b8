import {
  OutOfNodesError,
  type ClusterBackend,
  type ClusterSpec,
  type NodeSpec,
  type RetentionRule,
  type S3Access,
  type StorageBackend,
  type StoredObject,
  type StoredUpload,
} from "../../../local/api/state/backends";

/** A cluster backend that records what it is asked, and that a test can make slow or fail. */
export class FakeCluster implements ClusterBackend {
  readonly calls: string[] = [];
  readonly clusters = new Map<string, ClusterSpec>();
  /** The nodes that run, by name. */
  readonly nodes = new Map<string, NodeSpec>();
  /** Nodes that the machine has room for. */
  room = Infinity;
  /** Bytes that etcd holds. */
  etcd = { objects: 0, file: 0 };
  /** Called before each operation; a test makes it wait or throw. */
  before: (operation: string, name: string) => Promise<void> | void = () => undefined;

  async createCluster(cluster: ClusterSpec): Promise<void> {
    await this.enter("createCluster", cluster.id);
    this.clusters.set(cluster.id, cluster);
  }

  async deleteCluster(clusterId: string): Promise<void> {
    await this.enter("deleteCluster", clusterId);
    this.clusters.delete(clusterId);
    this.nodes.clear();
  }

  async kubeconfig(clusterId: string): Promise<string> {
    await this.enter("kubeconfig", clusterId);
    return "clusters:\n- cluster:\n    server: https://10.250.0.2:6443\n";
  }

  async resetKubeconfig(clusterId: string): Promise<void> {
    await this.enter("resetKubeconfig", clusterId);
  }

  async startNode(_clusterId: string, node: NodeSpec): Promise<void> {
    await this.enter("startNode", node.name);
    if (!this.nodes.has(node.name) && this.nodes.size >= this.room) throw new OutOfNodesError("no room");
    this.nodes.set(node.name, node);
  }

  async stopNode(_clusterId: string, nodeName: string): Promise<void> {
    await this.enter("stopNode", nodeName);
    this.nodes.delete(nodeName);
  }

  async etcdUsage(clusterId: string, of: "objects" | "file"): Promise<number> {
    await this.enter("etcdUsage", clusterId);
    return this.etcd[of];
  }

  /** How often an operation was asked for. */
  count(operation: string): number {
    return this.calls.filter((call) => call.startsWith(`${operation} `)).length;
  }

  private async enter(operation: string, name: string): Promise<void> {
    this.calls.push(`${operation} ${name}`);
    await this.before(operation, name);
  }
}

/** Buckets in memory. */
export class FakeStorage implements StorageBackend {
  readonly endpoint = "http://s3.test:9000";
  readonly buckets = new Map<string, { versioning: boolean; objectLock: boolean; retention?: RetentionRule; objects: StoredObject[] }>();
  access: S3Access = { accounts: [], owners: [] };
  fault: Error | undefined;

  async apply(access: S3Access): Promise<void> {
    await this.enter();
    this.access = access;
  }

  async createBucket({ name, versioning, objectLock }: { name: string; versioning: boolean; objectLock: boolean }): Promise<void> {
    await this.enter();
    if (!this.buckets.has(name)) this.buckets.set(name, { versioning, objectLock, objects: [] });
  }

  async setVersioning(name: string, enabled: boolean): Promise<void> {
    await this.enter();
    this.bucket(name).versioning = enabled;
  }

  async setRetention(name: string, rule: RetentionRule | undefined): Promise<void> {
    await this.enter();
    this.bucket(name).retention = rule;
  }

  async deleteBucket(name: string): Promise<void> {
    await this.enter();
    this.buckets.delete(name);
  }

  async listObjects(name: string, withVersions: boolean): Promise<readonly StoredObject[]> {
    await this.enter();
    return this.bucket(name).objects.filter((object) => withVersions || (object.isLatest && !object.isDeleteMarker));
  }

  async deleteObjects(name: string, objects: readonly { key: string; versionId?: string }[]): Promise<void> {
    await this.enter();
    const bucket = this.bucket(name);
    bucket.objects = bucket.objects.filter(
      (stored) => !objects.some(({ key, versionId }) => key === stored.key && (versionId === undefined || versionId === stored.versionId)),
    );
  }

  readonly uploads: StoredUpload[] = [];

  async listUploads(): Promise<readonly StoredUpload[]> {
    await this.enter();
    return [...this.uploads];
  }

  async abortUploads(_name: string, uploads: readonly StoredUpload[]): Promise<void> {
    await this.enter();
    for (const upload of uploads) this.uploads.splice(this.uploads.indexOf(upload), 1);
  }

  put(name: string, key: string, size = 1, rest: Partial<StoredObject> = {}): void {
    const object = { key, size, etag: '"e"', lastModified: "2026-03-01T00:00:00.000Z", isDeleteMarker: false, isLatest: true, ...rest };
    this.bucket(name).objects.push(object);
  }

  private bucket(name: string) {
    const bucket = this.buckets.get(name);
    if (!bucket) throw new Error(`the test's storage has no bucket ${name}`);
    return bucket;
  }

  private enter(): Promise<void> {
    return this.fault ? Promise.reject(this.fault) : Promise.resolve();
  }
}
