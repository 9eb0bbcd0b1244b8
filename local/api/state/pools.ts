/**
 * The node pools of the emulated cloud as the rest of the local cloud sees them. The emulator's service layer is the
 * source of truth; `local/cluster/node-pools/sync.ts` keeps the NodePool custom resources in step through this interface.
 */

/** What a pool gives to each of its nodes. All fields are required by the API once a template is given. */
export interface PoolTemplate {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly finalizers: readonly string[];
  };
  readonly spec: {
    readonly taints: readonly Taint[];
    readonly unschedulable: boolean;
  };
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  /** NoSchedule, PreferNoSchedule or NoExecute. */
  readonly effect: string;
}

/** Tuning of OVHcloud's own autoscaler; kept and answered, but no hosted autoscaler runs in the local cloud. */
export interface PoolAutoscaling {
  /** Seconds that a node must be unneeded before it is removed. @default 600 */
  readonly scaleDownUnneededTimeSeconds: number;
  /** Seconds that a node must be unready before it is removed. @default 1200 */
  readonly scaleDownUnreadyTimeSeconds: number;
  /** Share of the requests under which a node counts as unneeded, 0..1. @default 0.5 */
  readonly scaleDownUtilizationThreshold: number;
}

export type PoolStatus =
  | "INSTALLING"
  | "READY"
  | "UPSCALING"
  | "DOWNSCALING"
  | "UPDATING"
  | "REDEPLOYING"
  | "RESETTING"
  | "DELETING"
  | "ERROR"
  | "USER_QUOTA_ERROR";

export interface PoolView {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  /** Name of the instance flavor, e.g. "c2-15". Immutable. */
  readonly flavor: string;
  readonly status: PoolStatus;
  readonly sizeStatus: "CAPACITY_OK" | "UNDER_CAPACITY" | "OVER_CAPACITY";
  readonly autoscale: boolean;
  readonly monthlyBilled: boolean;
  readonly antiAffinity: boolean;
  readonly desiredNodes: number;
  readonly minNodes: number;
  readonly maxNodes: number;
  /** Nodes that exist, booted or not. */
  readonly currentNodes: number;
  /** Nodes that are READY. */
  readonly availableNodes: number;
  /** Nodes that have the pool's newest template and version, booted or not. */
  readonly upToDateNodes: number;
  readonly autoscaling: PoolAutoscaling;
  readonly template: PoolTemplate;
  /** Those that were asked for; in a region with one zone mostly none. */
  readonly availabilityZones: readonly string[];
  readonly attachFloatingIps: { readonly enabled: boolean };
  /** ISO 8601 */
  readonly createdAt: string;
  /** ISO 8601 */
  readonly updatedAt: string;
  /** Grows by one at each change of the spec (not of the status); never sent over HTTP. */
  readonly revision: number;
}

/** Body of `POST …/nodepool`. */
export interface CreatePoolBody {
  readonly flavorName: string;
  /** @default a generated name, "nodepool-<uuid>" */
  readonly name?: string;
  /** @default minNodes, or 1 when that is 0 or not given */
  readonly desiredNodes?: number;
  /** @default 0 */
  readonly minNodes?: number;
  /** @default 100 */
  readonly maxNodes?: number;
  /** @default false */
  readonly autoscale?: boolean;
  /** @default false */
  readonly monthlyBilled?: boolean;
  /** At most 5 nodes, each on another hypervisor. @default false */
  readonly antiAffinity?: boolean;
  readonly autoscaling?: Partial<PoolAutoscaling>;
  readonly template?: PoolTemplate;
  readonly availabilityZones?: readonly string[];
  readonly attachFloatingIps?: { readonly enabled: boolean };
}

/** Body of `PUT …/nodepool/{id}`: what is absent stays as it is. */
export interface UpdatePoolBody {
  readonly desiredNodes?: number;
  readonly minNodes?: number;
  readonly maxNodes?: number;
  readonly autoscale?: boolean;
  readonly autoscaling?: Partial<PoolAutoscaling>;
  readonly template?: PoolTemplate;
  readonly attachFloatingIps?: { readonly enabled: boolean };
  /** Nodes to remove first when the pool shrinks, each by id, name, instance id or `openstack:///<instance id>`. */
  readonly nodesToRemove?: readonly string[];
}

export interface PoolService {
  /** All pools of a cluster, also those being deleted; an unknown cluster has none. */
  list(clusterId: string): PoolView[];
  /** As `POST`: same validation. @throws {ApiError} */
  create(clusterId: string, body: CreatePoolBody): PoolView;
  /** As `PUT`. A body that changes nothing leaves the revision alone. @throws {ApiError} */
  update(clusterId: string, poolId: string, body: UpdatePoolBody): void;
  /** As `DELETE`: the pool is DELETING until its nodes are gone. Removing it again does nothing. @throws {ApiError} */
  remove(clusterId: string, poolId: string): void;
  /** Calls `listener` after each change of a cluster's pools or of their status. Answers how to stop that. */
  onChange(listener: (clusterId: string) => void): () => void;
}
