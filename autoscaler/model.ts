/** What the autoscaler knows about the cluster, cut down to what decisions need. */

/** Amounts by resource name: `cpu` in millicores, `memory` and `ephemeral-storage` in bytes, everything else (`pods`, `nvidia.com/gpu`) in pieces. */
export type Resources = Readonly<Record<string, number>>;

export type Labels = Readonly<Record<string, string>>;

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

export interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** One alternative of a node affinity; all of its requirements must hold. */
export interface NodeSelectorTerm {
  readonly matchExpressions?: readonly Requirement[];
  readonly matchFields?: readonly Requirement[];
}

/** Everything about a pod that decides where it fits. Pods with the same `key` fit the same nodes. */
export interface Shape {
  readonly key: string;
  readonly requests: Resources;
  readonly nodeSelector: Labels;
  /** Alternatives; an empty list asks for nothing. */
  readonly affinity: readonly NodeSelectorTerm[];
  readonly tolerations: readonly Toleration[];
}

export interface JobRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** A pod that has not finished. */
export interface Pod {
  readonly id: string;
  readonly shape: Shape;
  /** Name of its node; undefined while it waits for one. */
  readonly node: string | undefined;
  /** False for pods of DaemonSets and mirror pods: they come with a node and go with it. */
  readonly ofValue: boolean;
  /** True when the scheduler may place it: not gated, not being deleted. */
  readonly schedulable: boolean;
  readonly job: JobRef | undefined;
}

export interface Node {
  readonly name: string;
  /** Name of its pool; undefined for a node that belongs to none. */
  readonly pool: string | undefined;
  readonly flavor: string | undefined;
  readonly providerId: string | undefined;
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  readonly allocatable: Resources;
  readonly ready: boolean;
  readonly cordoned: boolean;
  /** When this autoscaler cordoned it to remove it, in milliseconds since 1970; undefined when it did not. */
  readonly drainingSince: number | undefined;
  readonly createdAt: number;
  readonly deleting: boolean;
}

export interface Pool {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly flavor: string;
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  /** OVHcloud's own autoscaler is switched on for this pool. */
  readonly autoscale: boolean;
  /** Labels and taints that its new nodes get. */
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  /** What OVHcloud says keeps the pool from its size, e.g. an exceeded quota. */
  readonly problem: string | undefined;
  readonly deleting: boolean;
}

export interface Snapshot {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly pods: readonly Pod[];
  readonly nodes: readonly Node[];
  readonly pools: readonly Pool[];
  /** Shapes of the pods that every fitting node gets from a DaemonSet. */
  readonly daemons: readonly Shape[];
}

/** What earlier snapshots taught. Lost at a restart, which costs waiting time but never work. */
export interface History {
  /** Since when a node (`node/NAME`) or a whole pool (`pool/NAME`) has had nothing to do, in milliseconds since 1970. */
  readonly idleSince: ReadonlyMap<string, number>;
  /** What nodes of a flavor really offer to pods. */
  readonly allocatable: ReadonlyMap<string, Resources>;
  /** When OVHcloud was last asked to remove a node by name, in milliseconds since 1970. */
  readonly removalAsked: ReadonlyMap<string, number>;
}

export const emptyHistory: History = { idleSince: new Map(), allocatable: new Map(), removalAsked: new Map() };

/** A decision. `reason` is for the log, for Events and for metrics' readers; `jobs` are those that it concerns. */
export type Action =
  | { readonly type: "resize"; readonly pool: Pool; readonly desired: number; readonly reason: string; readonly jobs: readonly JobRef[] }
  | { readonly type: "cordon"; readonly node: string; readonly pool: Pool; readonly reason: string }
  | { readonly type: "uncordon"; readonly node: string; readonly reason: string }
  | { readonly type: "remove"; readonly pool: Pool; readonly desired: number; readonly nodes: readonly Node[]; readonly reason: string }
  | {
      readonly type: "report";
      readonly code: ReportCode;
      readonly pool: Pool | undefined;
      readonly reason: string;
      readonly jobs: readonly JobRef[];
    };

export type ReportCode = "StandingBy" | "PoolBlocked" | "PoolAtMaximum" | "NoPoolFits";
