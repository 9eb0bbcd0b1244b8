import { type Labels, type Taint, type Toleration } from "./model";
import { type NodeSelectorTerm, type Requirement } from "./node-selector";

/** Kubernetes objects as the API server answers them, as far as they are read. */

type Quantities = Readonly<Record<string, string>>;

export interface RawMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly {
    readonly kind: string;
    readonly name: string;
    readonly uid: string;
    readonly controller?: boolean;
  }[];
}

export interface RawContainer {
  readonly ports?: readonly { readonly hostPort?: number; readonly protocol?: string }[];
  readonly resources?: { readonly requests?: Quantities };
  readonly restartPolicy?: string;
}

export interface RawSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly Requirement[];
}

export interface RawPodTerm {
  readonly topologyKey: string;
  readonly labelSelector?: RawSelector;
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: RawSelector;
}

interface RawPodAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly RawPodTerm[];
}

export interface RawPodSpec {
  readonly nodeName?: string;
  readonly priority?: number;
  readonly containers: readonly RawContainer[];
  readonly initContainers?: readonly RawContainer[];
  readonly overhead?: Quantities;
  readonly resources?: { readonly requests?: Quantities };
  readonly nodeSelector?: Labels;
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms: readonly NodeSelectorTerm[] };
    };
    readonly podAffinity?: RawPodAffinity;
    readonly podAntiAffinity?: RawPodAffinity;
  };
  readonly topologySpreadConstraints?: readonly {
    readonly topologyKey: string;
    readonly maxSkew: number;
    readonly whenUnsatisfiable: string;
    readonly labelSelector?: RawSelector;
    readonly matchLabelKeys?: readonly string[];
    readonly minDomains?: number;
    readonly nodeAffinityPolicy?: string;
    readonly nodeTaintsPolicy?: string;
  }[];
  readonly tolerations?: readonly Toleration[];
  readonly schedulingGates?: readonly unknown[];
  readonly volumes?: readonly {
    readonly name: string;
    readonly persistentVolumeClaim?: { readonly claimName: string };
    readonly ephemeral?: object;
  }[];
}

export interface RawPod {
  readonly metadata: RawMeta;
  readonly spec: RawPodSpec;
  readonly status?: {
    readonly phase?: string;
    readonly nominatedNodeName?: string;
    readonly startTime?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly containerStatuses?: readonly {
      readonly state?: { readonly terminated?: { readonly finishedAt?: string; readonly reason?: string } };
    }[];
  };
}

interface RawJobSpec {
  readonly completions?: number;
  readonly parallelism?: number;
  readonly suspend?: boolean;
  readonly template?: { readonly metadata?: { readonly labels?: Labels }; readonly spec: RawPodSpec };
}

export interface RawCronJob {
  readonly metadata: RawMeta;
  readonly spec?: {
    readonly schedule?: string;
    readonly timeZone?: string;
    readonly suspend?: boolean;
    readonly jobTemplate?: { readonly metadata?: { readonly annotations?: Labels }; readonly spec?: RawJobSpec };
  };
  readonly status?: { readonly lastScheduleTime?: string };
}

export interface RawJob {
  readonly metadata: RawMeta;
  readonly spec?: RawJobSpec;
  readonly status?: {
    readonly succeeded?: number;
    /** Indexes such as "1,3-5". */
    readonly failedIndexes?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export interface RawNode {
  readonly metadata: RawMeta;
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly Taint[]; readonly providerID?: string };
  readonly status?: {
    readonly allocatable?: Quantities;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly lastTransitionTime?: string }[];
  };
}

export interface RawPool {
  readonly metadata: RawMeta;
  readonly spec: {
    readonly flavor: string;
    readonly desiredNodes?: number;
    readonly minNodes?: number;
    readonly maxNodes?: number;
    readonly autoscale?: boolean;
    readonly availabilityZones?: readonly string[];
    readonly antiAffinity?: boolean;
    readonly monthlyBilled?: boolean;
    readonly template?: {
      readonly metadata?: { readonly labels?: Labels; readonly annotations?: Labels };
      readonly spec?: { readonly taints?: readonly Taint[]; readonly unschedulable?: boolean };
    };
  };
  readonly status?: {
    readonly currentNodes?: number;
    readonly conditions?: readonly RawCondition[];
  };
}

export interface RawCondition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

export interface RawClaim {
  readonly metadata: RawMeta;
  readonly spec?: { readonly volumeName?: string; readonly storageClassName?: string };
}

export interface RawVolume {
  readonly metadata: RawMeta;
  readonly spec?: { readonly nodeAffinity?: { readonly required?: { readonly nodeSelectorTerms: readonly NodeSelectorTerm[] } } };
}

export interface RawStorageClass {
  readonly metadata: RawMeta;
  readonly volumeBindingMode?: string;
  readonly allowedTopologies?: readonly {
    readonly matchLabelExpressions?: readonly { readonly key: string; readonly values: readonly string[] }[];
  }[];
}

export interface RawDaemonSet {
  readonly metadata: RawMeta;
  readonly spec: { readonly template: { readonly metadata?: { readonly labels?: Labels }; readonly spec: RawPodSpec } };
}
