/**
 * What the OVHcloud API emulator asks of the machinery behind it. Every call is idempotent: the emulator calls
 * again after a restart or a failure, and a call for something that already is as asked does nothing.
 */

export interface ClusterSpec {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  /** Kubernetes minor version, e.g. "1.34". */
  readonly version: string;
}

export interface NodeSpec {
  readonly id: string;
  /** `<pool>-node-<6 hex>` */
  readonly name: string;
  /** The node's OpenStack id; the node's provider id is `openstack:///<instanceId>`. */
  readonly instanceId: string;
  readonly poolName: string;
  readonly flavor: FlavorSpec;
  readonly region: string;
  /** e.g. "nova" in regions with one availability zone. */
  readonly zone: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly taints: readonly { key: string; value?: string; effect: string }[];
  readonly unschedulable: boolean;
}

export interface FlavorSpec {
  readonly name: string;
  readonly vCPUs: number;
  /** GB */
  readonly ram: number;
  /** GB */
  readonly disk: number;
  readonly gpus: number;
}

export interface ClusterBackend {
  /** Boots the control plane; resolves when the API server is ready and the NodePool CRD is served. Its DNS needs a node. */
  createCluster(cluster: ClusterSpec): Promise<void>;
  /** Stops the control plane and every node, and deletes their data. */
  deleteCluster(clusterId: string): Promise<void>;
  /** Admin kubeconfig (YAML), usable from the host and from pods. */
  kubeconfig(clusterId: string): Promise<string>;
  /** Makes the kubeconfig anew; what the old one held is soon not let in any more. */
  resetKubeconfig(clusterId: string): Promise<void>;
  /**
   * Boots a node and resolves once it is Ready; rejects when the node is stopped meanwhile. Of a node that runs already, brings
   * labels, annotations, taints and schedulability in line with the spec; after a restart of the daemon, adopts it.
   * A node beyond the real ones that the settings allow is a kwok node; none left: rejects with {@link OutOfNodesError}.
   */
  startNode(clusterId: string, node: NodeSpec): Promise<void>;
  /** Stops a node, deletes its data and its Node object. */
  stopNode(clusterId: string, nodeName: string): Promise<void>;
  /** Bytes that etcd holds. */
  etcdUsage(clusterId: string, of: EtcdQuota["of"]): Promise<number>;
}

/** How much a cluster's etcd may hold. */
export interface EtcdQuota {
  readonly bytes: number;
  /** The objects as they are now, where several clusters share an etcd; or all that one of its own holds, which is the objects' past, too. */
  readonly of: "objects" | "file";
}

/** What the API lets the etcd of each cluster hold. The backend has etcd refuse writes above it. */
export interface EtcdQuotas {
  /** Bytes of its file, whatever is in it. */
  fileOf(clusterId: string): number;
  /** It grows with the cluster's nodes. */
  now(clusterId: string): EtcdQuota;
}

/** The machine has no more room for nodes; the emulator shows the node as FLAVOR_OUT_OF_STOCK_ERROR. */
export class OutOfNodesError extends Error {
  override readonly name = "OutOfNodesError";
}

/** One S3 credential, and what its user's policy says. */
export interface S3Account {
  readonly access: string;
  readonly secret: string;
  readonly userId: string;
  readonly statements: readonly PolicyStatement[];
}

/** Who may do what on the S3 server; what it does not name must not be possible. */
export interface S3Access {
  readonly accounts: readonly S3Account[];
  /** A bucket's owner may do everything in it, with each of their credentials. */
  readonly owners: readonly { readonly bucket: string; readonly userId: string }[];
}

export interface StorageBackend {
  /** URL of the S3 server, reachable from the host and from pods. */
  readonly endpoint: string;
  /** Makes the accounts and the policies of all buckets as `access` says. */
  apply(access: S3Access): Promise<void>;
  /** Creates the bucket unless it exists. */
  createBucket(bucket: { name: string; versioning: boolean; objectLock: boolean }): Promise<void>;
  setVersioning(name: string, enabled: boolean): Promise<void>;
  /** Sets how long a new object of a bucket with object lock is kept; without a rule, not at all. */
  setRetention(name: string, rule: RetentionRule | undefined): Promise<void>;
  /** @throws when the bucket is not empty */
  deleteBucket(name: string): Promise<void>;
  /** All objects, ordered by key; with `withVersions`, all versions and delete markers, a key's newest first. */
  listObjects(name: string, withVersions: boolean): Promise<readonly StoredObject[]>;
  deleteObjects(name: string, objects: readonly { key: string; versionId?: string }[]): Promise<void>;
  /** The multipart uploads that were begun and neither completed nor aborted. */
  listUploads(name: string): Promise<readonly StoredUpload[]>;
  /** Gives up uploads and the parts that they have stored. */
  abortUploads(name: string, uploads: readonly StoredUpload[]): Promise<void>;
}

export interface StoredUpload {
  readonly key: string;
  readonly uploadId: string;
  /** ISO 8601 */
  readonly startedAt: string;
}

export interface RetentionRule {
  readonly mode: "compliance" | "governance";
  /** ISO 8601: a number of days or years, e.g. "P30D" or "P1Y". */
  readonly period: string;
}

/** The S3 server will not do what it is asked, e.g. because an object is locked. */
export class StorageRefusal extends Error {
  override readonly name = "StorageRefusal";
}

export interface PolicyStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

export interface StoredObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly lastModified: string;
  readonly versionId?: string;
  readonly isDeleteMarker: boolean;
  readonly isLatest: boolean;
}
