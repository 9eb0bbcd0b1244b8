import type { input } from "@pulumi/kubernetes/types";

type Rule = input.rbac.v1.PolicyRule;

/** What the batch controller does in the namespace of the Jobs; docs/batch-controller.md gives the reason of each, and a test compares the two. */
export const namespaceRules: Rule[] = [
  { apiGroups: ["batch"], resources: ["jobs"], verbs: ["get", "list", "watch", "create", "patch", "delete"] },
  { apiGroups: ["batch"], resources: ["cronjobs"], verbs: ["get", "list", "watch", "patch", "delete"] },
  { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch", "create", "patch", "delete"] },
  { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch", "delete"] },
  { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
  { apiGroups: [""], resources: ["events"], verbs: ["list", "watch", "create"] },
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update"] },
];

/** Besides, where Karpenter is: the taints of its node pools, which batch Jobs tolerate. */
export const karpenterRules: Rule[] = [{ apiGroups: ["karpenter.sh"], resources: ["nodepools"], verbs: ["list"] }];

/** What it does with objects of no namespace. */
export const clusterRules: Rule[] = [
  { apiGroups: [""], resources: ["nodes"], verbs: ["list", "watch"] },
  { apiGroups: ["kube.cloud.ovh.com"], resources: ["nodepools"], verbs: ["list", "watch"] },
];
