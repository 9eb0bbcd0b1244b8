import type { input } from "@pulumi/kubernetes/types";

type Rule = input.rbac.v1.PolicyRule;

/** What Karpenter may do in the whole cluster; docs/karpenter.md gives the reason of each rule, and a test compares the two. */
export const clusterRules: Rule[] = [
  { apiGroups: ["karpenter.sh"], resources: ["nodepools", "nodeclaims", "nodeoverlays"], verbs: ["get", "list", "watch"] },
  {
    apiGroups: ["karpenter.sh"],
    resources: ["nodeclaims", "nodeclaims/status", "nodeclaims/finalizers"],
    verbs: ["create", "delete", "update", "patch"],
  },
  {
    apiGroups: ["karpenter.sh"],
    resources: ["nodepools", "nodepools/status", "nodepools/finalizers", "nodeoverlays/status"],
    verbs: ["update", "patch"],
  },
  { apiGroups: ["karpenter.ovhcloud.sh"], resources: ["ovhnodeclasses"], verbs: ["get", "list", "watch"] },
  {
    apiGroups: ["karpenter.ovhcloud.sh"],
    resources: ["ovhnodeclasses", "ovhnodeclasses/status", "ovhnodeclasses/finalizers"],
    verbs: ["update", "patch"],
  },
  {
    apiGroups: [""],
    resources: ["pods", "nodes", "persistentvolumes", "persistentvolumeclaims", "replicationcontrollers", "namespaces"],
    verbs: ["get", "list", "watch"],
  },
  { apiGroups: [""], resources: ["nodes"], verbs: ["create", "update", "patch", "delete"] },
  { apiGroups: [""], resources: ["pods/eviction"], verbs: ["create"] },
  { apiGroups: [""], resources: ["pods"], verbs: ["delete"] },
  { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
  { apiGroups: ["storage.k8s.io"], resources: ["storageclasses", "csinodes", "volumeattachments"], verbs: ["get", "list", "watch"] },
  { apiGroups: ["apps"], resources: ["daemonsets", "deployments", "replicasets", "statefulsets"], verbs: ["list", "watch"] },
  { apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: ["list", "watch"] },
  { apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: ["get", "list", "watch"] },
];

/** In its own namespace: elect a leader. */
export const namespaceRules: Rule[] = [
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create", "get", "watch"] },
  {
    apiGroups: ["coordination.k8s.io"],
    resources: ["leases"],
    resourceNames: ["karpenter-leader-election"],
    verbs: ["update", "patch"],
  },
];

/** In kube-node-lease: the Leases of nodes that are gone. */
export const nodeLeaseRules: Rule[] = [
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "list", "watch", "delete"] },
];
