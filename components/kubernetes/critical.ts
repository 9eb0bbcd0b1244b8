import * as core from "@pulumi/kubernetes/core/v1";
import type { input } from "@pulumi/kubernetes/types";
import type * as pulumi from "@pulumi/pulumi";

/** Kubernetes' own, of what a cluster cannot work without. */
export const criticalPriority = "system-cluster-critical";

/** Some clusters let a namespace have pods of this priority only if a quota of it says so. @param resource Pulumi's name of the quota */
export function allowCritical(parent: pulumi.Resource, resource: string, metadata: input.meta.v1.ObjectMeta): core.ResourceQuota {
  const scope = { scopeName: "PriorityClass", operator: "In", values: [criticalPriority] };
  return new core.ResourceQuota(
    resource,
    { metadata, spec: { hard: { pods: "10" }, scopeSelector: { matchExpressions: [scope] } } },
    { parent },
  );
}
