import { type NodeSelectorTerm } from "./node-selector";

/** A PersistentVolumeClaim, named `NAMESPACE/NAME` as pods name theirs. */
export interface Claim {
  readonly id: string;
  /** Name of the volume that it is bound to. */
  readonly volume?: string;
  readonly storageClass?: string;
}

/** A PersistentVolume. */
export interface Volume {
  readonly name: string;
  /** Alternatives; an empty list: it can be used from every node. */
  readonly affinity: readonly NodeSelectorTerm[];
}

export interface StorageClass {
  readonly name: string;
  /** Its volumes are made where the first pod runs (WaitForFirstConsumer). */
  readonly waits: boolean;
  /** Where they can be made: alternatives; an empty list: everywhere. */
  readonly topologies: readonly NodeSelectorTerm[];
}

/** What the cluster has of storage, as far as it decides where pods can run. */
export interface Storage {
  readonly claims: readonly Claim[];
  readonly volumes: readonly Volume[];
  readonly classes: readonly StorageClass[];
}
