import * as rbac from "@pulumi/kubernetes/rbac/v1";
import type { input } from "@pulumi/kubernetes/types";
import type * as pulumi from "@pulumi/pulumi";

type Subject = input.rbac.v1.Subject;

/** A ClusterRole of these rules and its binding, which have the same metadata. @param resource Pulumi's name of the role; the binding's ends in `-binding` */
export function grantClusterRole(
  parent: pulumi.Resource,
  resource: string,
  { metadata, rules, subjects }: { metadata: input.meta.v1.ObjectMeta; rules: input.rbac.v1.PolicyRule[]; subjects: Subject[] },
): pulumi.Resource[] {
  const role = new rbac.ClusterRole(resource, { metadata, rules }, { parent });
  return [role, bindClusterRole(parent, `${resource}-binding`, { metadata, subjects, role: role.metadata.name })];
}

/** Binds a ClusterRole that is there. */
export function bindClusterRole(
  parent: pulumi.Resource,
  resource: string,
  { metadata, subjects, role }: { metadata: input.meta.v1.ObjectMeta; subjects: Subject[]; role: pulumi.Input<string> },
): pulumi.Resource {
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role };
  return new rbac.ClusterRoleBinding(resource, { metadata, subjects, roleRef }, { parent });
}
