import * as rbac from "@pulumi/kubernetes/rbac/v1";
import type { input } from "@pulumi/kubernetes/types";
import type * as pulumi from "@pulumi/pulumi";
import { bindClusterRole, grantClusterRole } from "../kubernetes/cluster-role";
import { managedBy } from "../kubernetes/pod-security";
import type { PlaceArgs } from "../kubernetes/pod";

/** The rights around an aggregated API server: its own, and those of its readers. */

type Subject = input.rbac.v1.Subject;

export interface GrantArgs extends Pick<PlaceArgs, "namespace"> {
  /** Name of its objects, and value of its pods' label `app.kubernetes.io/name`. */
  readonly appName: string;
  /** What it may do in the whole cluster, beside asking who may do what. */
  readonly rules: readonly input.rbac.v1.PolicyRule[];
  /** Who may read what it serves, beside those with rights on everything. @default nobody */
  readonly readers?: readonly { readonly group: string; readonly serviceAccount: { readonly name: string; readonly namespace: string } }[];
}

const labelsOf = (appName: string) => ({ ...managedBy, "app.kubernetes.io/name": appName });

/** Its own rules; to ask the API server who a caller is and what that one may do; to read whom the API server calls it as. */
export function createGrants(parent: pulumi.Resource, name: string, { appName, namespace, rules }: GrantArgs): pulumi.Resource[] {
  const metadata = { name: `ovh-mks-batch-${appName}`, labels: labelsOf(appName) };
  const subjects: Subject[] = [{ kind: "ServiceAccount", name: appName, namespace }];
  const delegator = { metadata: { ...metadata, name: `${metadata.name}-delegator` }, subjects, role: "system:auth-delegator" };
  return [
    ...grantClusterRole(parent, `${name}-role`, { metadata, rules: [...rules], subjects }),
    bindClusterRole(parent, `${name}-delegator`, delegator),
    new rbac.RoleBinding(
      `${name}-auth-reader`,
      {
        metadata: { ...metadata, namespace: "kube-system" },
        subjects,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "extension-apiserver-authentication-reader" },
      },
      { parent },
    ),
  ];
}

/** Lets each reader read what the server serves. */
export function createReaders(parent: pulumi.Resource, name: string, { appName, readers = [] }: GrantArgs): void {
  for (const { group, serviceAccount } of readers) {
    const metadata = { name: `ovh-mks-batch-${appName}-${serviceAccount.name}`, labels: labelsOf(appName) };
    const rules = [{ apiGroups: [group], resources: ["*"], verbs: ["get", "list"] }];
    grantClusterRole(parent, `${name}-${serviceAccount.name}`, {
      metadata,
      rules,
      subjects: [{ kind: "ServiceAccount", ...serviceAccount }],
    });
  }
}
