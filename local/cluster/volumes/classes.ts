import { type Manifest } from "../control-plane/manifests";

/** Whose volumes these are, as on OVHcloud. */
export const driver = "cinder.csi.openstack.org";

/** The label of nodes that says from where they can use a volume. */
export const zoneLabel = "topology.cinder.csi.openstack.org/zone";

/** Types of Cinder volumes, which the parameter `type` of a storage class names. */
export const volumeTypes = ["high-speed", "high-speed-gen2", "classic"] as const;

/** Volumes that one node can have. OVHcloud's known limits say 100 since 2025, and said 254 before. */
export const volumesPerNode = 100;

/**
 * OVHcloud's storage classes for volumes that are not encrypted, and the driver behind them.
 *
 * @see https://github.com/ovh/docs/blob/develop/pages/public_cloud/containers_orchestration/managed_kubernetes/setting-up-a-persistent-volume/guide.en-gb.md
 */
export function storageManifests(): Manifest[] {
  return [
    {
      path: `/apis/storage.k8s.io/v1/csidrivers/${driver}`,
      body: {
        apiVersion: "storage.k8s.io/v1",
        kind: "CSIDriver",
        metadata: { name: driver },
        spec: { attachRequired: true, podInfoOnMount: true, volumeLifecycleModes: ["Persistent"] },
      },
    },
    ...volumeTypes.map((type) => storageClass(type)),
  ];
}

function storageClass(type: (typeof volumeTypes)[number]): Manifest {
  const name = `csi-cinder-${type}`;
  const isDefault = { "storageclass.kubernetes.io/is-default-class": "true" };
  return {
    path: `/apis/storage.k8s.io/v1/storageclasses/${name}`,
    body: {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name, annotations: type === "high-speed" ? isDefault : {} },
      provisioner: driver,
      parameters: { fsType: "ext4", type },
      reclaimPolicy: "Delete",
      volumeBindingMode: "WaitForFirstConsumer",
      allowVolumeExpansion: true,
    },
  };
}
