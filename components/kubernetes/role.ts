import * as rbac from "@pulumi/kubernetes/rbac/v1";
import type { input } from "@pulumi/kubernetes/types";
import type * as pulumi from "@pulumi/pulumi";

/** A Role of these rules and its binding, which have the same metadata. @param resource Pulumi's name of the role; the binding's ends in `-binding` */
export function grantRole(
  parent: pulumi.Resource,
  resource: string,
  {
    metadata,
    rules,
    subjects,
  }: { metadata: input.meta.v1.ObjectMeta; rules: input.rbac.v1.PolicyRule[]; subjects: input.rbac.v1.Subject[] },
): pulumi.Resource[] {
  const role = new rbac.Role(resource, { metadata, rules }, { parent });
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name };
  return [role, new rbac.RoleBinding(`${resource}-binding`, { metadata, subjects, roleRef }, { parent })];
}
