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
  readonly gpus: number;
}

export interface ClusterBackend {
  /** Boots the control plane; resolves when the API server is ready, CoreDNS answers and the NodePool CRD is served. */
  createCluster(cluster: ClusterSpec): Promise<void>;
  /** Stops the control plane and every node, and deletes their data. */
  deleteCluster(clusterId: string): Promise<void>;
  /** Admin kubeconfig (YAML), usable from the host and from pods. */
  kubeconfig(clusterId: string): Promise<string>;
  /** Boots a node and resolves once it is Ready. A node beyond the real ones that the settings allow is a kwok node; none left: rejects with {@link OutOfNodesError}. */
  startNode(clusterId: string, node: NodeSpec): Promise<void>;
  /** Stops a node, deletes its data and its Node object. */
  stopNode(clusterId: string, nodeName: string): Promise<void>;
}

/** The machine has no more room for nodes; the emulator shows the node as FLAVOR_OUT_OF_STOCK_ERROR. */
export class OutOfNodesError extends Error {
  override readonly name = "OutOfNodesError";
}

/** An S3 statement of a user's policy, as OVHcloud's users carry it. */
export interface S3Account {
  readonly access: string;
  readonly secret: string;
  readonly userId: string;
}

export interface StorageBackend {
  /** Starts the S3 server if it does not run. Resolves when it answers. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** URL of the S3 server, reachable from the host and from pods. */
  readonly endpoint: string;
  putAccount(account: S3Account): Promise<void>;
  deleteAccount(access: string): Promise<void>;
  /**
   * Sets who may do what, for all buckets at once: `grants` says for each credential which statements its user's
   * policy has; a bucket's owner may do everything in it.
   */
  applyPolicies(grants: readonly { access: string; statements: readonly PolicyStatement[] }[]): Promise<void>;
  createBucket(bucket: { name: string; ownerAccess?: string; versioning: boolean; objectLock: boolean }): Promise<void>;
  setVersioning(name: string, enabled: boolean): Promise<void>;
  /** @throws when the bucket is not empty */
  deleteBucket(name: string): Promise<void>;
  listObjects(name: string, withVersions: boolean): Promise<readonly StoredObject[]>;
  deleteObjects(name: string, objects: readonly { key: string; versionId?: string }[]): Promise<void>;
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
}
