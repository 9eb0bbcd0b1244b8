import { type JobRef, type Node, type Pod, type PodRef, type Pool } from "./model";

/** A decision. `reason` is for the log, for Events and for metrics' readers; `jobs` are those that it concerns. */
export type Action =
  /** `since`: when the oldest of the pods was made that it is for, in milliseconds since 1970. */
  | {
      readonly type: "resize";
      readonly pool: Pool;
      readonly desired: number;
      readonly reason: string;
      readonly jobs: readonly JobRef[];
      readonly since?: number;
    }
  | { readonly type: "cordon" | "uncordon"; readonly node: string; readonly pool: Pool; readonly reason: string }
  /** Makes the scheduler prefer other nodes, or not any more. */
  | { readonly type: "taint" | "untaint"; readonly node: string; readonly pool: Pool; readonly reason: string }
  /** `pods`: those that are to be moved off a cordoned node. */
  | { readonly type: "evict"; readonly node: string; readonly pool: Pool; readonly pods: readonly Pod[]; readonly reason: string }
  /** `failed`: provider ids of nodes that never joined the cluster. */
  | {
      readonly type: "remove";
      readonly pool: Pool;
      readonly desired: number;
      readonly nodes: readonly Node[];
      readonly failed?: readonly string[];
      /** The nodes are broken: pods that are being deleted keep them no more. */
      readonly broken?: boolean;
      readonly reason: string;
    }
  /** `blocked`: what the pool's condition has to say; undefined when OVHcloud refuses it nothing. */
  | { readonly type: "condition"; readonly pool: Pool; readonly blocked: string | undefined; readonly reason: string }
  | {
      readonly type: "report";
      readonly code: ReportCode;
      readonly pool: Pool | undefined;
      readonly reason: string;
      readonly jobs: readonly JobRef[];
      /** Pods of no Job that it concerns. @default none */
      readonly pods?: readonly PodRef[];
    };

export type ReportCode =
  "StandingBy" | "PoolBlocked" | "PoolAtMaximum" | "NoPoolFits" | "GangTooLarge" | "BrokenNodesKept" | "NotPlaced" | "NodeHeld";
