/**
 * What the emulator keeps (model, store), and what it and the machinery behind it know of each other (backends, pools).
 * Imports nothing of the emulator.
 */
import type { PolicyStatement, RetentionRule } from "./backends";
import type { PoolAutoscaling, PoolTemplate } from "./pools";

/** What the emulator keeps on disk. Statuses that follow from others (a pool's, from its nodes') are not kept. */
export interface State {
  clusters: Record<string, ClusterRecord>;
  pools: Record<string, PoolRecord>;
  nodes: Record<string, NodeRecord>;
  users: Record<string, UserRecord>;
  buckets: Record<string, BucketRecord>;
  networks: Record<string, NetworkRecord>;
  gateways: Record<string, GatewayRecord>;
  operations: Record<string, OperationRecord>;
  nextUserId: number;
  /** API keys beside the local cloud's own, by their consumer key. */
  keys?: Record<string, ApiKey>;
  serviceAccounts?: readonly ServiceAccountRecord[];
  /** IAM policies. */
  policies?: readonly PolicyRecord[];
}

export const emptyState = (): State => ({
  clusters: {},
  pools: {},
  nodes: {},
  users: {},
  buckets: {},
  networks: {},
  gateways: {},
  operations: {},
  nextUserId: 1,
});

export type ClusterStatus = "INSTALLING" | "READY" | "UPDATING" | "REDEPLOYING" | "RESETTING" | "DELETING" | "ERROR";

export interface ClusterRecord {
  readonly id: string;
  name: string;
  readonly region: string;
  /** Minor version, e.g. "1.34". */
  readonly version: string;
  readonly plan: "free" | "standard";
  readonly kubeProxyMode: "iptables" | "ipvs";
  readonly createdAt: string;
  readonly nodesSubnetId?: string;
  readonly ipAllocationPolicy?: { podsIpv4Cidr: string; servicesIpv4Cidr: string };
  updatedAt: string;
  status: ClusterStatus;
  updatePolicy: string;
  /** Host and port of the Kubernetes API server; empty until the cluster is READY for the first time. */
  url: string;
  customization: Record<string, unknown>;
  privateNetworkId?: string;
  privateNetworkConfiguration?: { defaultVrackGateway: string; privateNetworkRoutingAsDefault: boolean };
  loadBalancersSubnetId?: string;
  ipRestrictions: string[];
  openIdConnect?: Record<string, unknown>;
  /** Most nodes that it has had at a time: etcd's quota grows with them and never shrinks. */
  mostNodes?: number;
}

export interface PoolRecord {
  readonly id: string;
  readonly clusterId: string;
  readonly name: string;
  readonly flavor: string;
  readonly monthlyBilled: boolean;
  readonly antiAffinity: boolean;
  readonly availabilityZones: readonly string[];
  readonly createdAt: string;
  updatedAt: string;
  desiredNodes: number;
  minNodes: number;
  maxNodes: number;
  autoscale: boolean;
  autoscaling: PoolAutoscaling;
  template: PoolTemplate;
  attachFloatingIps: { enabled: boolean };
  revision: number;
  /** Grows by one with each change of the template; nodes with an older one are brought up to date. */
  templateRevision: number;
  /** The pool has been READY once: from then on more nodes are an UPSCALING, not an INSTALLING. */
  installed: boolean;
  deleting: boolean;
}

export type NodeStatus = "INSTALLING" | "READY" | "UPDATING" | "REDEPLOYING" | "DELETING" | "ERROR" | "FLAVOR_OUT_OF_STOCK_ERROR";

export interface NodeRecord {
  readonly id: string;
  /** Empty until the instance exists. */
  instanceId: string;
  readonly poolId: string;
  readonly name: string;
  readonly zone: string;
  readonly createdAt: string;
  updatedAt: string;
  deployedAt?: string;
  status: NodeStatus;
  templateRevision: number;
}

export interface UserRecord {
  readonly id: number;
  readonly username: string;
  readonly openstackId: string;
  readonly description: string;
  readonly creationDate: string;
  password: string;
  status: "creating" | "ok" | "deleting";
  /** Ids of the user's roles. */
  roles: string[];
  /** The policy document as it was given, and its statements. */
  policy?: { text: string; statements: PolicyStatement[] };
  credentials: { access: string; secret: string }[];
}

export interface NetworkRecord {
  readonly id: string;
  name: string;
  readonly vlanId: number;
  readonly regions: readonly { readonly region: string; readonly openstackId: string }[];
  readonly subnets: SubnetRecord[];
  /** When it is ACTIVE, in milliseconds since 1970. */
  readonly readyAt: number;
}

export interface SubnetRecord {
  readonly id: string;
  readonly region: string;
  readonly cidr: string;
  /** null: no gateway can be made for it. */
  readonly gatewayIp: string | null;
  readonly dhcp: boolean;
  readonly start: string;
  readonly end: string;
}

export interface GatewayRecord {
  readonly id: string;
  readonly region: string;
  name: string;
  model: string;
  /** OpenStack id of the network in the region. */
  readonly networkId: string;
  readonly subnetId: string;
  /** Its address in the subnet. */
  readonly ip: string;
  readonly publicIp: string;
  /** When it is active, in milliseconds since 1970. */
  readonly readyAt: number;
  /** When its deletion is done, in milliseconds since 1970; undefined as long as nobody asks for it. */
  goneAt?: number;
}

/** Work that the API has taken on. Its status follows from the time. */
export interface OperationRecord {
  readonly id: string;
  readonly action: string;
  readonly regions: readonly string[];
  readonly resourceId: string;
  readonly createdAt: string;
  readonly readyAt: number;
}

export interface BucketRecord {
  readonly name: string;
  readonly region: string;
  readonly ownerId: number;
  readonly createdAt: string;
  encryption: { sseAlgorithm: string };
  versioning: { status: "enabled" | "disabled" | "suspended" };
  objectLock: { status: "enabled" | "disabled"; rule?: RetentionRule };
  tags: Record<string, string>;
  lifecycle?: { rules: LifecycleRule[] };
}

export interface AccessRule {
  readonly method: string;
  /** Path without the API's version; `*` stands for any text. */
  readonly path: string;
}

/** An application and a consumer key. */
export interface Identity {
  readonly applicationKey: string;
  readonly applicationSecret: string;
  readonly consumerKey: string;
}

/** A key, and the requests that it is good for. */
export interface ApiKey extends Identity {
  readonly rules: readonly AccessRule[];
}

/** A service account of the account, with the policies that hold for it. */
export interface ServiceAccountRecord {
  readonly clientId: string;
  readonly clientSecret: string;
  /** URN by which policies name it. */
  readonly identity: string;
}

/** A policy of IAM, as `POST /v2/iam/policy` takes it. */
export interface PolicyRecord {
  readonly name: string;
  readonly description?: string | undefined;
  readonly identities: readonly string[];
  readonly resources: readonly { readonly urn: string }[];
  readonly permissions: { readonly allow: readonly { readonly action: string }[] };
}

export interface LifecycleRule {
  id: string;
  status: "enabled" | "disabled";
  filter?: { prefix?: string; objectSizeGreaterThan?: number; objectSizeLessThan?: number };
  expiration?: { days?: number; date?: string; expiredObjectDeleteMarker?: boolean };
  abortIncompleteMultipartUpload?: { daysAfterInitiation: number };
  noncurrentVersionExpiration?: { noncurrentDays?: number; newerNoncurrentVersions?: number };
}
