/** What a pod asks of its node's labels and fields. @see https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/ */

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
