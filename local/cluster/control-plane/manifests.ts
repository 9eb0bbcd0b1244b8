/** An object that the local cloud puts into a new cluster, and its path in the API. */
export interface Manifest {
  readonly path: string;
  readonly body: { apiVersion: string; kind: string; metadata: { name: string; [field: string]: unknown }; [field: string]: unknown };
}

const group = "rbac.authorization.k8s.io";

export function clusterRole(name: string, rules: readonly object[]): Manifest {
  return {
    path: `/apis/${group}/v1/clusterroles/${name}`,
    body: { apiVersion: `${group}/v1`, kind: "ClusterRole", metadata: { name }, rules },
  };
}

/** Who gets a role: a user of the API server, or a service account of kube-system. */
export type Grantee = { readonly user: string } | { readonly account: string };

export function bind(grantee: Grantee, role: string): Manifest {
  const subject =
    "user" in grantee
      ? { apiGroup: group, kind: "User", name: grantee.user }
      : { kind: "ServiceAccount", namespace: "kube-system", name: grantee.account };
  const name = subject.name.replace(":", "-");
  return {
    path: `/apis/${group}/v1/clusterrolebindings/${name}`,
    body: {
      apiVersion: `${group}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: group, kind: "ClusterRole", name: role },
      subjects: [subject],
    },
  };
}

/** An object of the namespace kube-system. @param api the path of its group and version, e.g. /api/v1 */
export function systemObject(api: string, plural: string, kind: string, name: string, rest: object, labels = {}): Manifest {
  return {
    path: `${api}/namespaces/kube-system/${plural}/${name}`,
    body: { apiVersion: api.replace(/^\/apis?\//, ""), kind, metadata: { name, namespace: "kube-system", labels }, ...rest },
  };
}
