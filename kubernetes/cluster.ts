/** What batch/ needs of a Kubernetes cluster, and as much of Kubernetes' objects as it looks at. `kubernetes/` is the real one. */

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly { readonly uid: string; readonly kind?: string }[];
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

export interface Job {
  readonly metadata: Metadata;
  readonly spec: {
    readonly completions?: number;
    readonly parallelism?: number;
    readonly suspend?: boolean;
    readonly template?: { readonly metadata?: Partial<Metadata>; readonly spec?: PodSpec };
  };
  readonly status?: {
    readonly completedIndexes?: string;
    readonly failedIndexes?: string;
    readonly conditions?: readonly Condition[];
  };
}

export interface PodSpec {
  readonly nodeName?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly containers?: readonly {
    readonly image?: string;
    readonly resources?: { readonly limits?: Readonly<Record<string, string>>; readonly requests?: Readonly<Record<string, string>> };
  }[];
}

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly reason?: string;
    readonly message?: string;
    readonly startedAt?: string;
    readonly finishedAt?: string;
  };
}

export interface Pod {
  readonly metadata: Metadata;
  readonly spec?: PodSpec;
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly startTime?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly { readonly state?: ContainerState; readonly imageID?: string }[];
  };
}

export interface ConfigMap {
  readonly metadata: Metadata;
  readonly data?: Readonly<Record<string, string>>;
}

/** Values in base64. */
export interface Secret {
  readonly metadata: Metadata;
  readonly data?: Readonly<Record<string, string>>;
}

export interface CronJob {
  readonly metadata: Metadata;
  readonly spec: {
    readonly schedule?: string;
    readonly timeZone?: string;
    readonly suspend?: boolean;
    readonly jobTemplate?: { readonly metadata?: Partial<Metadata> };
  };
  readonly status?: {
    readonly lastScheduleTime?: string;
    readonly lastSuccessfulTime?: string;
    /** Its Jobs that are at work. */
    readonly active?: readonly { readonly name?: string }[];
  };
}

export interface Event {
  readonly metadata: Metadata;
  readonly involvedObject?: { readonly uid?: string };
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string;
  /** Of one that was written by the newer API. */
  readonly eventTime?: string | null;
  readonly series?: { readonly lastObservedTime?: string };
}

export interface Node {
  readonly metadata: Metadata;
  readonly status?: { readonly allocatable?: Readonly<Record<string, string>> };
}

export interface NodePool {
  readonly metadata: Metadata;
  readonly spec: {
    readonly flavor?: string;
    readonly desiredNodes?: number;
    readonly maxNodes?: number;
    readonly autoscale?: boolean;
    /** Named in regions that have several. */
    readonly availabilityZones?: readonly string[];
    readonly template?: { readonly spec?: { readonly taints?: readonly Taint[] } };
  };
}

/** Karpenter's NodePool, which shares its plural with OVHcloud's. */
export interface KarpenterNodePool {
  readonly metadata: Metadata;
  readonly spec: { readonly template?: { readonly spec?: { readonly taints?: readonly Taint[] } } };
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

export interface Lease {
  readonly metadata: Metadata;
  readonly spec?: { readonly holderIdentity?: string; readonly renewTime?: string };
}

/** What KEDA makes Jobs of. */
export interface ScaledJob {
  readonly metadata: Metadata;
  readonly spec: {
    readonly maxReplicaCount?: number;
    readonly pollingInterval?: number;
    readonly triggers?: readonly { readonly type?: string; readonly name?: string }[];
  };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** Of which only the presence matters. */
export interface Named {
  readonly metadata: Metadata;
}

export interface Kinds {
  jobs: Job;
  cronjobs: CronJob;
  pods: Pod;
  configmaps: ConfigMap;
  secrets: Secret;
  events: Event;
  persistentvolumeclaims: Named;
  serviceaccounts: Named;
  priorityclasses: Named;
  nodes: Node;
  nodepools: NodePool;
  karpenternodepools: KarpenterNodePool;
  leases: Lease;
  scaledjobs: ScaledJob;
}
export type Kind = keyof Kinds;

export interface Selector {
  /** e.g. `app=a,tier in (b)` */
  readonly labels?: string;
  /** e.g. `involvedObject.name=a` */
  readonly fields?: string;
}

export interface Listed<T> {
  readonly items: readonly T[];
  /** To watch from. */
  readonly version: string;
}

export type WatchEvent<T> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK"; readonly object: T }
  /** The watch cannot go on from the given version: list again. */
  | { readonly type: "EXPIRED" };

/**
 * Every call but {@link watch} tries again for a while when the API server does not answer.
 * @throws {ClusterError} when the API server refuses or stays away.
 */
export interface Cluster {
  /** Creates an object. Answers undefined when one of that name is there. */
  create<K extends Kind>(kind: K, manifest: Kinds[K]): Promise<Kinds[K] | undefined>;
  /** Answers undefined without such an object. Without a namespace: the kind has none. */
  get<K extends Kind>(kind: K, namespace: string | undefined, name: string): Promise<Kinds[K] | undefined>;
  /**
   * Lists objects as what `pick` makes of each, as thousands of whole ones would not fit into memory; what it makes nothing of is left out. Begins anew when
   * the list has expired half-way. Without a namespace: the kind has none.
   */
  list<K extends Kind, T>(
    kind: K,
    namespace: string | undefined,
    selector: Selector,
    pick: (object: Kinds[K]) => T | undefined,
  ): Promise<Listed<T>>;
  /** Applies a JSON merge patch. Answers undefined without such an object, or when it has another uid or resourceVersion than the patch names. */
  patch<K extends Kind>(kind: K, namespace: string, name: string, patch: object): Promise<Kinds[K] | undefined>;
  /**
   * Deletes the object with that name and uid, dependents first. Does nothing without one.
   * @param version deletes it only if this is still its resourceVersion. Answers false when it is not
   */
  remove(kind: Kind, namespace: string, name: string, uid: string, version?: string): Promise<boolean>;
  /** Changes since `version`. Ends when the server ends it, throws when the connection breaks, waits for nothing. */
  watch<K extends Kind>(
    kind: K,
    namespace: string,
    selector: Selector,
    version: string,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<Kinds[K]>>;
  /**
   * The last `limit` bytes of a pod's log. The kubelet that has it may be gone with its node, so that this gives up within seconds.
   */
  log(namespace: string, pod: string, limit: number): Promise<Buffer>;
  /** The lines of a pod's log as they come, each with its time in front. Ends with the container, throws when the connection breaks. */
  logLines(namespace: string, pod: string, since: string | undefined, signal: AbortSignal): AsyncIterable<string>;
}

/** What the API server says of a request that it refuses. */
export interface Status {
  readonly code?: number;
  readonly message?: string;
  /** e.g. "AlreadyExists", "Conflict", "Invalid" */
  readonly reason?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[] };
}

/** The API server refused a request, or did not answer. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
  /** Milliseconds that the server asks to wait. */
  readonly retryAfter: number | undefined;

  constructor(
    message: string,
    /** HTTP status; undefined when there was no answer. */
    readonly status?: number,
    readonly body: Status = {},
    { cause, retryAfter }: { readonly cause?: unknown; readonly retryAfter?: number } = {},
  ) {
    super(message, { cause });
    this.retryAfter = retryAfter;
  }

  get reason(): string {
    return this.body.reason ?? "";
  }

  /** Whether the same request may succeed later. */
  get transient(): boolean {
    return this.status === undefined || this.status === 429 || this.status >= 500;
  }
}

/** The server was silent for too long in the middle of an answer. */
export class SilenceError extends ClusterError {}

/** Returns undefined in place of an error of one of these statuses. */
export async function unless<T>(statuses: readonly number[], answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ClusterError && error.status !== undefined && statuses.includes(error.status)) return undefined;
    throw error;
  }
}
