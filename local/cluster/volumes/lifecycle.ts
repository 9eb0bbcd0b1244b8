/** What becomes of volumes that are there: reclaimed, expanded, attached. */
import { type KubeObject } from "../api/kube-api";
import { driver } from "./classes";
import { type Attachment, type Claim, type Volume } from "./objects";
import { gibibytes, provisionerFinalizer } from "./provisioning";

export const attacherFinalizer = "external-attacher/cinder-csi-openstack-org";

export const without = ({ metadata }: KubeObject, finalizer: string): object => ({
  metadata: { finalizers: (metadata.finalizers ?? []).filter((one) => one !== finalizer), resourceVersion: metadata.resourceVersion },
});

/** `delete`: the volume and what is in it; `forget`: only Kubernetes' object, for the volume is to be kept. */
export function reclaiming(volume: Volume, attachments: readonly Attachment[]): "delete" | "forget" | undefined {
  const { metadata, spec, status } = volume;
  if (spec.csi?.driver !== driver || attachments.some(({ spec: { source } }) => source.persistentVolumeName === metadata.name))
    return undefined;
  const deleted = metadata.deletionTimestamp !== undefined;
  const isOurs = metadata.finalizers?.includes(provisionerFinalizer) ?? false;
  // A volume in use has a finalizer of Kubernetes' own, too.
  const isUsed = metadata.finalizers?.includes("kubernetes.io/pv-protection") === true && status?.phase === "Bound";
  if (spec.persistentVolumeReclaimPolicy === "Delete" && (status?.phase === "Released" || (deleted && isOurs && !isUsed))) return "delete";
  return deleted && isOurs && !isUsed ? "forget" : undefined;
}

export interface Expansion {
  /** The volume's new size. */
  readonly capacity?: string;
  /** Merge patch of the claim's status: the kubelet of the node that mounts the volume finishes the expansion. */
  readonly status?: object;
}

/** What a claim that asks for more than it has needs. Undefined: nothing. */
export function expansion({ spec, status }: Claim, volume: Volume | undefined): Expansion | undefined {
  const storage = spec.resources?.requests?.storage;
  if (status?.phase !== "Bound" || volume?.spec.csi?.driver !== driver) return undefined;
  const wanted = gibibytes(storage);
  const has = gibibytes(volume.spec.capacity.storage);
  const told = gibibytes(status.capacity?.storage);
  if (wanted <= told) return undefined;
  const pending = status.allocatedResources?.storage === storage;
  return {
    ...(wanted > has && { capacity: `${wanted}Gi` }),
    ...(!pending && {
      status: {
        status: {
          allocatedResources: { storage },
          allocatedResourceStatuses: { storage: "NodeResizePending" },
          conditions: [
            {
              type: "FileSystemResizePending",
              status: "True",
              lastTransitionTime: new Date().toISOString(),
              message: "Waiting for user to (re-)start a pod to finish file system resize of volume on node.",
            },
          ],
        },
      },
    }),
  };
}

export type Attaching =
  | { readonly kind: "attach" }
  | { readonly kind: "detach" }
  /** In the words of Cinder's driver. */
  | { readonly kind: "refuse"; readonly message: string };

/** Decides about one attachment. Undefined: it is as it should be. @param held all attachments that are made @param volumes the one that it is of, if there is one */
export function attaching(
  attachment: Attachment,
  held: readonly Attachment[],
  volumes: readonly Volume[],
  instanceOf: (node: string) => string,
): Attaching | undefined {
  const { metadata, spec, status } = attachment;
  if (spec.attacher !== driver) return undefined;
  const isOurs = metadata.finalizers?.includes(attacherFinalizer) ?? false;
  if (metadata.deletionTimestamp !== undefined) return isOurs ? { kind: "detach" } : undefined;
  if (status?.attached) return undefined;
  const volume = volumes.find(({ metadata: { name } }) => name === spec.source.persistentVolumeName);
  const handle = volume?.spec.csi?.volumeHandle;
  const refuse = (code: string, text: string): Attaching => ({
    kind: "refuse",
    message: `rpc error: code = ${code} desc = [ControllerPublishVolume] ${text}`,
  });
  if (handle === undefined) return refuse("NotFound", `Volume ${spec.source.persistentVolumeName ?? ""} not found`);
  const other = held.find(
    (one) => one.spec.source.persistentVolumeName === spec.source.persistentVolumeName && one.spec.nodeName !== spec.nodeName,
  );
  if (!other) return { kind: "attach" };
  return refuse(
    "Internal",
    `Attach Volume failed with error disk ${handle} is attached to a different instance (${instanceOf(other.spec.nodeName)})`,
  );
}
