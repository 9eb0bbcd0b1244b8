/** What the autoscaler knows about the cluster, cut down to what decisions need. */

import { type NodeSelectorTerm, type Requirement } from "./node-selector";
import { type Storage } from "./storage";

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

/** A rule about the pods that share a domain: the nodes with the same value of the label `key`. */
export interface TopologyRule {
  /** `affinity`: a selected pod must be there; `antiAffinity`: none may; `spread`: no domain has over `maxSkew` selected pods more than another. */
  readonly kind: "affinity" | "antiAffinity" | "spread";
  readonly key: string;
  /** All must hold for a pod's labels; an empty list selects every pod. */
  readonly selector: readonly Requirement[];
  /** Undefined selects pods of every namespace. */
  readonly namespaces: readonly string[] | undefined;
  readonly maxSkew: number;
  /** Of a spread: with fewer domains than this, the least that one has counts as none. @default 1 */
  readonly minDomains?: number;
  /** Of a spread: nodes that the pod's node selector and affinity do not choose are domains too (`nodeAffinityPolicy: Ignore`). @default false */
  readonly anyNode?: boolean;
  /** Of a spread: nodes whose taints the pod does not tolerate are no domains (`nodeTaintsPolicy: Honor`). @default false */
  readonly honorsTaints?: boolean;
}

/** Everything about a pod that decides where it fits. Pods with the same `key` fit the same nodes. */
export interface Shape {
  readonly key: string;
  readonly requests: Resources;
  readonly nodeSelector: Labels;
  /** Alternatives; an empty list asks for nothing. */
  readonly affinity: readonly NodeSelectorTerm[];
  /** Where its volumes are: alternatives for each, of all of which one must hold. @default it has none that matter */
  readonly volumes?: readonly (readonly NodeSelectorTerm[])[];
  readonly tolerations: readonly Toleration[];
  /** @default none */
  readonly topology?: readonly TopologyRule[];
}

export interface JobRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** A pod that Events can be about. */
export type PodRef = JobRef;

/** Times that were observed, in milliseconds. */
export interface Times {
  readonly count: number;
  readonly mean: number;
  /** Standard deviation. */
  readonly deviation: number;
}

/** A Job that has not finished. */
export interface Job {
  readonly uid: string;
  /** Completions that it still needs; undefined when it has no fixed number. */
  readonly left?: number;
  /** Most pods that it may have at once: for a batch Job what its user allows, for others what their spec says. @default not known */
  readonly parallelism?: number;
  /** Of a batch Job: the most pods that it makes for now, by its spec. Its tasks that have no pod count as pending pods. @default none of them do */
  readonly window?: number;
  /** How long its finished pods ran. */
  readonly durations?: Times;
  /** Of its pods. @default not known */
  readonly shape?: Shape;
  /** It makes no pods for now. @default false */
  readonly suspended?: boolean;
}

/** When a CronJob makes its next Job. */
export interface Schedule {
  /** Milliseconds since 1970. */
  readonly next: number;
  /** Of the Job's pods. */
  readonly shape: Shape;
  /** How many the Job has at once. */
  readonly pods: number;
}

/** A pod that has not finished. */
export interface Pod {
  /** `NAMESPACE/NAME` */
  readonly id: string;
  /** @default not known: nothing can be told about it */
  readonly uid?: string;
  readonly shape: Shape;
  /** Name of its node; undefined while it waits for one. */
  readonly node: string | undefined;
  /** False for pods of DaemonSets and mirror pods: they come with a node and go with it. */
  readonly isWorkload: boolean;
  /** Name of the node for which the scheduler has removed others for its sake. @default none */
  readonly nominated?: string;
  /** True when the scheduler may place it: not gated, not being deleted. */
  readonly schedulable: boolean;
  readonly job: JobRef | undefined;
  /** Those by which affinities and spreads select it. @default none */
  readonly labels?: Labels;
  /** When it was made, in milliseconds since 1970; for the metrics. */
  readonly createdAt?: number;
  /** When its node took it up, in milliseconds since 1970. */
  readonly startedAt?: number;
  /** PersistentVolumeClaims of its volumes, as `NAMESPACE/NAME`. @default none */
  readonly claims?: readonly string[];
  /** It belongs to a Deployment and may be evicted when there is room for it elsewhere: it says so, or is of kube-system and says nothing. @default false */
  readonly movable?: boolean;
  /** Why the scheduler found no node for it when it last tried. @default it has not */
  readonly refusal?: string;
  /** Its Job needs so many of its pods at once, or none (annotation `batch.ovh-mks/min-available`). */
  readonly gang?: number;
  /** It is no pod, but stands for a task of its Job that has none yet. @default false */
  readonly podless?: boolean;
}

/** A pod that has ended, for as long as somebody has not taken note of it. */
export interface EndedPod {
  /** Uid of its Job, which has not counted the end yet, or keeps it until it tries again. @default it is counted */
  readonly jobUid?: string;
  /** Name of its node, which a batch controller needs to record the end, and until when, in milliseconds since 1970. @default the node may go */
  readonly holds?: { readonly node: string; readonly until: number };
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
  /** Since when it is not Ready, in milliseconds since 1970. @default since createdAt */
  readonly notReadySince?: number;
  readonly cordoned: boolean;
  /** When this autoscaler cordoned it to remove it, in milliseconds since 1970; undefined when it did not. */
  readonly drainingSince: number | undefined;
  /** It has this autoscaler's mark of draining and is not cordoned: somebody has uncordoned it. @default false */
  readonly reopened?: boolean;
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
  /** Its new nodes are cordoned. @default false */
  readonly unschedulable?: boolean;
  /** Availability zones that its new nodes come up in. @default not known */
  readonly zones?: readonly string[];
  /** Karpenter has made it, and alone orders and removes its nodes. @default false */
  readonly karpenter?: boolean;
  /** Its nodes are billed by the month. @default false */
  readonly monthly?: boolean;
  /** What OVHcloud says keeps the pool from its size, e.g. an exceeded quota. */
  readonly problem: string | undefined;
  /** Why OVHcloud refuses it nodes, as this autoscaler's condition on it says. @default it does not */
  readonly blocked?: string;
  /** Nodes that OVHcloud has made for it, whether they have joined the cluster or not. @default not known */
  readonly granted?: number;
  /** When this autoscaler last asked for more nodes, in milliseconds since 1970; for a restart. */
  readonly orderedAt?: number;
  /** Nodes that OVHcloud could not bring up, by their provider ids; known only with access to its API. @default none */
  readonly failed?: readonly string[];
  readonly deleting: boolean;
}

export interface Snapshot {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly pods: readonly Pod[];
  readonly nodes: readonly Node[];
  readonly pools: readonly Pool[];
  /** Nodes of pools that are not among these, which count for the plan of the cluster. @default 0 */
  readonly foreignNodes?: number;
  /** Shapes of the pods that every fitting node gets from a DaemonSet. */
  readonly daemons: readonly Shape[];
  /** @default none are known */
  readonly ended?: readonly EndedPod[];
  /** @default none are known */
  readonly jobs?: readonly Job[];
  /** @default none are known */
  readonly schedules?: readonly Schedule[];
  /** How long finished pods ran, by the key of their shape: for Jobs of which none has finished. @default none are known */
  readonly durations?: ReadonlyMap<string, Times>;
  /** @default volumes do not count */
  readonly storage?: Storage;
}
