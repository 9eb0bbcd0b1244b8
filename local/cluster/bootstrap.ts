import type { Sandbox } from "../sandbox";
import { dnsManifests } from "./dns/dns";
import { nodePoolCrd, nodePoolsPath } from "./node-pools/crd";
import { kubeletClientUser } from "./control-plane/identities";
import type { KubeApi } from "./api/kube-api";
import { bind, clusterRole, type Manifest } from "./control-plane/manifests";
import { waitUntil } from "../lib/wait";
import { storageManifests } from "./volumes";

/** What a new cluster holds: rights of its parts, its DNS, and the NodePool resource. */
function manifests(addresses: Sandbox["addresses"], dnsImage: string): Manifest[] {
  const read = ["get", "list", "watch"];
  return [
    bind({ user: kubeletClientUser }, "system:kubelet-api-admin"),
    clusterRole("ovh-mks-batch-kwok", [
      { apiGroups: [""], resources: ["nodes"], verbs: read },
      { apiGroups: [""], resources: ["pods"], verbs: [...read, "patch", "update", "delete"] },
      { apiGroups: [""], resources: ["nodes/status", "pods/status"], verbs: ["get", "patch", "update"] },
      { apiGroups: [""], resources: ["events"], verbs: ["create", "patch", "update"] },
    ]),
    bind({ user: "ovh-mks-batch:kwok" }, "ovh-mks-batch-kwok"),
    ...dnsManifests(dnsImage, addresses.dnsService),
    ...storageManifests(),
    { path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${nodePoolCrd.metadata.name}`, body: nodePoolCrd },
  ];
}

/** Puts into a cluster what it needs; resolves when the NodePool resource is served. Changes nothing when it is there already. */
export async function bootstrap(api: KubeApi, addresses: Sandbox["addresses"], dnsImage: string, abort: AbortSignal): Promise<void> {
  // The API server makes this namespace shortly after it says that it is ready.
  const namespace = async (): Promise<boolean> => (await api.find("/api/v1/namespaces/kube-system")) !== undefined;
  if (!(await waitUntil(namespace, 30_000, 25, abort))) throw new Error("The API server does not make the namespace kube-system.");
  await Promise.all(manifests(addresses, dnsImage).map(({ path, body }) => api.apply(path, body)));
  const served = async (): Promise<boolean> => (await api.find(nodePoolsPath)) !== undefined;
  if (!(await waitUntil(served, 30_000, 50, abort))) throw new Error("The API server does not serve the NodePool resource.");
}
