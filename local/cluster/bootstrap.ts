import type { Sandbox } from "../sandbox";
import { nodePoolCrd } from "./nodepool-crd";
import { kubeletClientUser } from "./identities";
import type { KubeApi } from "./kube-api";
import { waitUntil } from "../sandbox";

interface Manifest {
  readonly path: string;
  readonly body: { apiVersion: string; kind: string; metadata: { name: string; [field: string]: unknown }; [field: string]: unknown };
}

const rbac = "/apis/rbac.authorization.k8s.io/v1";

function clusterRole(name: string, rules: readonly object[]): Manifest {
  return {
    path: `${rbac}/clusterroles/${name}`,
    body: { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name }, rules },
  };
}

function bindUser(user: string, role: string): Manifest {
  const name = user.replace(":", "-");
  return {
    path: `${rbac}/clusterrolebindings/${name}`,
    body: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
    },
  };
}

const dnsPorts = [
  { name: "dns", port: 53, protocol: "UDP" },
  { name: "dns-tcp", port: 53, protocol: "TCP" },
];

/** What a new cluster holds: rights of its parts, the Service of its DNS, and the NodePool resource. */
function manifests(addresses: Sandbox["addresses"]): Manifest[] {
  const read = ["get", "list", "watch"];
  return [
    bindUser(kubeletClientUser, "system:kubelet-api-admin"),
    clusterRole("ovh-mks-batch-coredns", [
      { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: ["list", "watch"] },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
    ]),
    bindUser("ovh-mks-batch:coredns", "ovh-mks-batch-coredns"),
    clusterRole("ovh-mks-batch-kwok", [
      { apiGroups: [""], resources: ["nodes"], verbs: read },
      { apiGroups: [""], resources: ["pods"], verbs: [...read, "patch", "update", "delete"] },
      { apiGroups: [""], resources: ["nodes/status", "pods/status"], verbs: ["get", "patch", "update"] },
      { apiGroups: [""], resources: ["events"], verbs: ["create", "patch", "update"] },
    ]),
    bindUser("ovh-mks-batch:kwok", "ovh-mks-batch-kwok"),
    {
      path: "/api/v1/namespaces/kube-system/services/kube-dns",
      body: {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "kube-dns", namespace: "kube-system", labels: { "k8s-app": "kube-dns", "kubernetes.io/name": "CoreDNS" } },
        spec: { clusterIP: addresses.dnsService, ports: dnsPorts.map((port) => ({ ...port, targetPort: port.port })) },
      },
    },
    {
      path: "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/kube-dns-coredns",
      body: {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { name: "kube-dns-coredns", namespace: "kube-system", labels: { "kubernetes.io/service-name": "kube-dns" } },
        addressType: "IPv4",
        endpoints: [{ addresses: [addresses.controlPlane], conditions: { ready: true } }],
        ports: dnsPorts,
      },
    },
    { path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${nodePoolCrd.metadata.name}`, body: nodePoolCrd },
  ];
}

/** Puts into a cluster what it needs; resolves when the NodePool resource is served. Changes nothing when it is there already. */
export async function bootstrap(api: KubeApi, addresses: Sandbox["addresses"], abort: AbortSignal): Promise<void> {
  // The API server makes this namespace shortly after it says that it is ready.
  const namespace = async (): Promise<boolean> => (await api.find("/api/v1/namespaces/kube-system")) !== undefined;
  if (!(await waitUntil(namespace, 30_000, 25, abort))) throw new Error("The API server does not make the namespace kube-system.");
  await Promise.all(manifests(addresses).map(({ path, body }) => api.apply(path, body)));
  const served = async (): Promise<boolean> => (await api.find(nodePoolsPath)) !== undefined;
  if (!(await waitUntil(served, 30_000, 50, abort))) throw new Error("The API server does not serve the NodePool resource.");
}

export const nodePoolsPath = `/apis/${nodePoolCrd.spec.group}/v1alpha1/nodepools`;
