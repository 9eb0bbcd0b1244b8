/** Who orders nodes for pods: this project's autoscaler, or Karpenter. Never both for the same pods. */
export const provisioners = ["autoscaler", "karpenter"] as const;
export type Provisioner = (typeof provisioners)[number];

/** Label of a node with the name of its pool, by who orders nodes for the pool. Pods choose their pool by it, and with it who orders their nodes. */
export const poolLabels = { autoscaler: "nodepool", karpenter: "karpenter.sh/nodepool" } as const satisfies Record<Provisioner, string>;

/** Annotation of a pod: with `true` Karpenter does not evict it, and does not remove its node while it runs. */
export const doNotDisrupt = "karpenter.sh/do-not-disrupt";

/** Annotation of the template of a pool of OVHcloud's that the provider in karpenter/ has made. */
export const karpenterPoolAnnotation = "karpenter.ovhcloud.sh/managed-by";

interface PoolTemplate {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
}

/** Whether a pool of OVHcloud's is Karpenter's: made by the provider in karpenter/, or by the public one, which puts Karpenter's labels into the template. */
export const isKarpenterTemplate = ({ metadata: { labels = {}, annotations = {} } = {} }: PoolTemplate = {}): boolean =>
  karpenterPoolAnnotation in annotations || poolLabels.karpenter in labels;
