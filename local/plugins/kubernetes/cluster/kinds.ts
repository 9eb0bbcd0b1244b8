import { owner } from "./settings";

/** What a type token says, e.g. `kubernetes:apps/v1:Deployment`. */
export interface Kind {
  /** As in manifests: "v1", "apps/v1". */
  readonly apiVersion: string;
  readonly kind: string;
  /** The resource is no object, but some fields of one that somebody else has made. @default false */
  readonly patch?: boolean;
}

/** Modules of the SDK that are no kinds of a cluster. */
const notKinds = ["yaml", "helm.sh", "kustomize"];

/** @throws for types that the stand-in does not know: Helm, Kustomize and YAML files, lists, and patches of built-in kinds */
export function kindOf(type: string): Kind {
  const [, groupVersion = "", kind = ""] = type.split(":");
  const [group = "", version] = groupVersion.split("/");
  const builtin = !group.includes(".") || group.endsWith(".k8s.io");
  const unknown = notKinds.includes(group) || !version || (builtin && /(List|Patch)$/.test(kind));
  if (unknown) throw new Error(`${type} is not known to ${owner}: it knows single objects of a cluster only`);
  const patched = builtin ? undefined : /^(.+)Patch$/.exec(kind)?.[1];
  if (patched !== undefined) return { apiVersion: groupVersion, kind: patched, patch: true };
  return { apiVersion: group === "core" ? version : groupVersion, kind };
}

/** The built-in kinds that live outside of namespaces. Those of custom resources are asked of the cluster. */
const clusterScoped = new Set(
  (
    "Namespace Node PersistentVolume ComponentStatus MutatingWebhookConfiguration ValidatingWebhookConfiguration ValidatingAdmissionPolicy " +
    "ValidatingAdmissionPolicyBinding MutatingAdmissionPolicy MutatingAdmissionPolicyBinding CustomResourceDefinition APIService TokenReview " +
    "SelfSubjectReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview CertificateSigningRequest ClusterTrustBundle FlowSchema " +
    "PriorityLevelConfiguration IngressClass IPAddress ServiceCIDR RuntimeClass ClusterRole ClusterRoleBinding PriorityClass CSIDriver CSINode " +
    "StorageClass VolumeAttachment VolumeAttributesClass DeviceClass ResourceSlice StorageVersion"
  ).split(" "),
);

/** Whether a kind lives in namespaces; undefined for custom resources. */
export function namespaced({ apiVersion, kind }: Kind): boolean | undefined {
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
  const builtin = !group.includes(".") || group.endsWith(".k8s.io");
  return builtin ? !clusterScoped.has(kind) : undefined;
}

const selector = ["spec.selector"];
const roleBinding = ["roleRef"];

/** Fields that cannot change while the object lives, as in the official plugin. Others are found by a dry run. */
const immutable: Readonly<Record<string, readonly string[]>> = {
  "apps/DaemonSet": selector,
  "apps/Deployment": selector,
  "apps/StatefulSet": [
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
  ],
  "batch/Job": ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"],
  "/ConfigMap": ["binaryData", "data"],
  "/Secret": ["type", "stringData", "data"],
  "/PersistentVolumeClaim": ["spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"],
  "/ResourceQuota": ["spec.scopes"],
  "/Service": ["spec.clusterIP"],
  "rbac.authorization.k8s.io/ClusterRoleBinding": roleBinding,
  "rbac.authorization.k8s.io/RoleBinding": roleBinding,
  "storage.k8s.io/StorageClass": ["parameters", "provisioner"],
};

export function immutableFields({ apiVersion, kind }: Kind, mutable: { configMaps: boolean; secrets: boolean }): string[][] {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  const key = `${group}/${kind}`;
  const exempt = (key === "/ConfigMap" && mutable.configMaps) || (key === "/Secret" && mutable.secrets);
  const fields = exempt ? [] : (immutable[key] ?? []);
  return [...fields, "kind", "metadata.name", "metadata.namespace"].map((path) => path.split("."));
}
