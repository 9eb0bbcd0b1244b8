import type { input } from "@pulumi/kubernetes/types";

type Rule = input.rbac.v1.PolicyRule;

/**
 * What KEDA may do; docs/keda.md gives the reason of each rule, and a test compares the two. Its own manifests let it read everything in the cluster,
 * every Secret included, for ScaledObjects that scale objects of any kind.
 */

/** The operator, in each namespace with ScaledJobs. It reads through caches: it lists and watches what others would get. */
export const namespaceRules: Rule[] = [
  { apiGroups: ["keda.sh"], resources: ["scaledjobs", "triggerauthentications"], verbs: ["list", "watch", "update"] },
  { apiGroups: ["keda.sh"], resources: ["scaledjobs/status", "triggerauthentications/status"], verbs: ["patch"] },
  { apiGroups: ["keda.sh"], resources: ["scaledjobs/finalizers"], verbs: ["update"] },
  { apiGroups: ["batch"], resources: ["jobs"], verbs: ["list", "watch", "create", "delete"] },
  { apiGroups: [""], resources: ["pods", "secrets", "configmaps"], verbs: ["list", "watch"] },
  { apiGroups: ["", "events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
  { apiGroups: ["keda.sh"], resources: ["scaledobjects"], verbs: ["list", "watch"] },
  { apiGroups: ["autoscaling"], resources: ["horizontalpodautoscalers"], verbs: ["list", "watch"] },
  { apiGroups: ["eventing.keda.sh"], resources: ["cloudeventsources"], verbs: ["list", "watch"] },
];

/** Besides, in each of these namespaces, where ScaledObjects are wanted: of Deployments and StatefulSets. */
export const scaledObjectRules: Rule[] = [
  { apiGroups: ["keda.sh"], resources: ["scaledobjects"], verbs: ["update"] },
  { apiGroups: ["keda.sh"], resources: ["scaledobjects/status"], verbs: ["patch"] },
  { apiGroups: ["keda.sh"], resources: ["scaledobjects/finalizers"], verbs: ["update"] },
  { apiGroups: ["autoscaling"], resources: ["horizontalpodautoscalers"], verbs: ["create", "update", "delete"] },
  { apiGroups: ["apps"], resources: ["deployments", "statefulsets"], verbs: ["list", "watch"] },
  { apiGroups: ["apps"], resources: ["deployments/scale", "statefulsets/scale"], verbs: ["get", "update"] },
];

/** The operator, with KEDA's objects of no namespace. */
export const clusterRules: Rule[] = [
  { apiGroups: ["keda.sh"], resources: ["clustertriggerauthentications"], verbs: ["list", "watch", "update"] },
  { apiGroups: ["keda.sh"], resources: ["clustertriggerauthentications/status"], verbs: ["patch"] },
  { apiGroups: ["eventing.keda.sh"], resources: ["clustercloudeventsources"], verbs: ["list", "watch"] },
];

/** The operator, in its own namespace: the Secrets of ClusterTriggerAuthentications, and its Lease. */
export const ownRules: Rule[] = [
  { apiGroups: [""], resources: ["secrets"], verbs: ["list", "watch"] },
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update"] },
  { apiGroups: ["", "events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
];

/** The webhooks, which compare a new ScaledObject with the others, in the whole cluster. */
export const webhookRules: Rule[] = [
  { apiGroups: ["keda.sh"], resources: ["scaledobjects"], verbs: ["list", "watch"] },
  { apiGroups: ["autoscaling"], resources: ["horizontalpodautoscalers"], verbs: ["list", "watch"] },
  { apiGroups: ["apps"], resources: ["deployments", "statefulsets"], verbs: ["list", "watch"] },
  { apiGroups: [""], resources: ["limitranges"], verbs: ["list", "watch"] },
];
