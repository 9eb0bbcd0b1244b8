import { parseQuantity } from "../../../common/quantity";
import { type KubeObject } from "../api/kube-api";
import { driver, volumeTypes, zoneLabel } from "./classes";
import { type Claim, type StorageClass } from "./objects";

/** What makes a volume of a claim: until it is gone, so is not the volume. */
export const provisionerFinalizer = "external-provisioner.volume.kubernetes.io/finalizer";

const selectedNode = "volume.kubernetes.io/selected-node";
const provisioner = "volume.kubernetes.io/storage-provisioner";

const gibibyte = 1024 ** 3;

/** Cinder's volumes have whole GiB: a claim gets as many as hold what it asks for. */
export function gibibytes(quantity: string | undefined): number {
  return Math.max(1, Math.ceil((parseQuantity(quantity ?? "")?.value ?? 0) / gibibyte));
}

export type Provisioning =
  | { readonly kind: "create"; readonly handle: string; readonly volume: VolumeObject }
  /** The node for which the volume was to be made is gone: the scheduler chooses another. */
  | { readonly kind: "reschedule" }
  | { readonly kind: "refuse"; readonly message: string };

type VolumeObject = KubeObject & { readonly spec: Readonly<Record<string, unknown>> };

export interface Cluster {
  readonly id: string;
  readonly nodes: readonly KubeObject[];
}

/** The node for which the scheduler wants a claim's volume. */
export const nodeOf = ({ metadata }: Claim): string | undefined => metadata.annotations?.[selectedNode];

/** What undoes the scheduler's choice, as a merge patch. */
export const withoutNode = { metadata: { annotations: { [selectedNode]: null } } };

/**
 * Decides what a claim needs of Cinder. Undefined: nothing, or nothing yet.
 *
 * @see https://github.com/kubernetes-csi/external-provisioner
 */
export function provisioning(claim: Claim, storageClass: StorageClass | undefined, cluster: Cluster): Provisioning | undefined {
  const { metadata, spec } = claim;
  if (metadata.deletionTimestamp !== undefined || spec.volumeName || metadata.annotations?.[provisioner] !== driver) return undefined;
  if (storageClass?.provisioner !== driver) return undefined;
  const node = nodeOf(claim);
  const waits = storageClass.volumeBindingMode === "WaitForFirstConsumer";
  if (waits && node === undefined) return undefined;
  const chosen = cluster.nodes.find(({ metadata: { name } }) => name === node);
  if (waits && !chosen) return { kind: "reschedule" };
  const fault = faultOf(claim, storageClass);
  if (fault) return { kind: "refuse", message: `failed to provision volume with StorageClass "${storageClass.metadata.name}": ${fault}` };
  const { uid: handle = "" } = metadata;
  return { kind: "create", handle, volume: volumeOf(claim, storageClass, zoneOf(storageClass, chosen ?? cluster.nodes[0]), cluster.id) };
}

function faultOf({ spec }: Claim, { parameters = {} }: StorageClass): string | undefined {
  const { type } = parameters;
  if (spec.volumeMode === "Block") return "the local cloud has no volumes of the mode Block";
  if (type !== undefined && !volumeTypes.some((known) => known === type))
    return `rpc error: code = Internal desc = CreateVolume failed with error: Volume type with name ${type} could not be found.`;
  return undefined;
}

/** The zone that a class names, or that of the node; a region with one zone calls it so. */
function zoneOf({ parameters = {}, allowedTopologies = [] }: StorageClass, node: KubeObject | undefined): string {
  const allowed = allowedTopologies.flatMap(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.flatMap(({ key, values }) => (key === zoneLabel ? values : [])),
  );
  const ofNode = node?.metadata.labels?.[zoneLabel];
  const preferred = ofNode !== undefined && (allowed.length === 0 || allowed.includes(ofNode)) ? ofNode : allowed[0];
  return parameters.availability ?? preferred ?? "nova";
}

function volumeOf(claim: Claim, storageClass: StorageClass, zone: string, clusterId: string): VolumeObject {
  const { name, namespace = "", uid = "", resourceVersion } = claim.metadata;
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: {
      name: `ovh-managed-kubernetes-${clusterId.slice(0, 6)}-pvc-${uid}`,
      annotations: { "pv.kubernetes.io/provisioned-by": driver },
      finalizers: [provisionerFinalizer],
    },
    spec: {
      capacity: { storage: `${gibibytes(claim.spec.resources?.requests?.storage)}Gi` },
      // Cinder's driver takes any; only one node at a time can have the volume nevertheless.
      accessModes: claim.spec.accessModes,
      volumeMode: "Filesystem",
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? "Delete",
      storageClassName: storageClass.metadata.name,
      mountOptions: storageClass.mountOptions,
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid, resourceVersion },
      csi: { driver, volumeHandle: uid, fsType: storageClass.parameters?.fsType ?? "ext4" },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: zoneLabel, operator: "In", values: [zone] }] }] } },
    },
  };
}
