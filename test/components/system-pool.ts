/** What a pool of operators may have: no pod goes there that does not tolerate it. */
export const poolTaints = [{ key: "team", value: "ops", effect: "NoExecute" }] as const;

/** What the pods of every controller must have on a system pool with these taints. */
export const restrictedOnSystemPool = {
  priorityClassName: "system-cluster-critical",
  nodeSelector: { nodepool: "system" },
  tolerations: [
    { key: "pool.ovh-mks-batch/dedicated", operator: "Exists" },
    { key: "team", operator: "Equal", value: "ops", effect: "NoExecute" },
  ],
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
};
