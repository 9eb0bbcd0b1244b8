import type { input } from "@pulumi/kubernetes/types";

type Rule = input.rbac.v1.PolicyRule;

/** What the autoscaler does in the whole cluster; docs/autoscaler.md gives the reason of each, and a test compares the two. */
export const clusterRules: Rule[] = [
  { apiGroups: ["kube.cloud.ovh.com"], resources: ["nodepools"], verbs: ["list", "watch", "patch"] },
  { apiGroups: ["kube.cloud.ovh.com"], resources: ["nodepools/status"], verbs: ["patch"] },
  { apiGroups: [""], resources: ["nodes"], verbs: ["list", "watch", "patch"] },
  { apiGroups: [""], resources: ["pods"], verbs: ["list", "watch"] },
  { apiGroups: [""], resources: ["pods/eviction"], verbs: ["create"] },
  { apiGroups: ["apps"], resources: ["daemonsets"], verbs: ["list", "watch"] },
  { apiGroups: ["batch"], resources: ["jobs", "cronjobs"], verbs: ["list", "watch"] },
  { apiGroups: [""], resources: ["persistentvolumeclaims", "persistentvolumes"], verbs: ["list", "watch"] },
  { apiGroups: ["storage.k8s.io"], resources: ["storageclasses"], verbs: ["list", "watch"] },
  { apiGroups: [""], resources: ["events"], verbs: ["create"] },
];

/** What it does in its own namespace: elect a leader. */
export const namespaceRules: Rule[] = [{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update"] }];
