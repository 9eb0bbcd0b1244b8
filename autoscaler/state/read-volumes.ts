import { type RawClaim, type RawPod, type RawStorageClass, type RawVolume } from "./raw";
import { type Claim, type StorageClass, type Volume } from "./storage";

/** The claims of a pod's volumes; those of its generic ephemeral volumes are called after the pod. Undefined when it has none. */
export function claimsOf({ metadata: { name, namespace }, spec: { volumes = [] } }: RawPod): string[] | undefined {
  const claims = volumes.flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral ? `${name}-${volume.name}` : []));
  return claims.length > 0 ? claims.map((claim) => `${namespace}/${claim}`) : undefined;
}

export function readClaim({ metadata: { name, namespace }, spec: { volumeName, storageClassName } = {} }: RawClaim): Claim {
  return {
    id: `${namespace}/${name}`,
    ...(volumeName && { volume: volumeName }),
    ...(storageClassName && { storageClass: storageClassName }),
  };
}

export function readVolume({ metadata, spec }: RawVolume): Volume {
  return { name: metadata.name, affinity: spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [] };
}

export function readStorageClass({ metadata, volumeBindingMode, allowedTopologies = [] }: RawStorageClass): StorageClass {
  const topologies = allowedTopologies.map(({ matchLabelExpressions = [] }) => ({
    matchExpressions: matchLabelExpressions.map(({ key, values }) => ({ key, operator: "In", values })),
  }));
  return { name: metadata.name, waits: volumeBindingMode === "WaitForFirstConsumer", topologies };
}
