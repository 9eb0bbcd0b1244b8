import { empty, type Method, Refusal } from "./server";
import { encode, encodeMap, type Message } from "./wire";

/** A node as the driver sees it. */
export interface CsiNode {
  /** The driver's name. */
  readonly driver: string;
  readonly instanceId: string;
  /** How many volumes it can have. */
  readonly mostVolumes: number;
  /** From where it can use volumes, by the node's labels. */
  readonly topology: Readonly<Record<string, string>>;
  /** Where its kubelet finds the socket. */
  readonly endpoint: string;
}

/** What the node does with folders and mounts; paths are the kubelet's. */
export interface Mounts {
  /** Folder of a volume's files. Undefined: there is no such volume. */
  folder(handle: string): string | undefined;
  /** Shows a folder at another path, which is made; does nothing where one is shown already. */
  bind(source: string, target: string, readOnly: boolean): Promise<void>;
  /** Undoes {@link bind}, and removes the path. */
  unbind(target: string): Promise<void>;
}

/** Capabilities of a node, by their numbers in CSI. */
const stageUnstage = 1;
const expandVolume = 3;

/**
 * The part of a driver that runs on each node: shows volumes to pods. A volume is a folder of this machine.
 *
 * @see https://github.com/container-storage-interface/spec/blob/v1.11.0/csi.proto
 * @see https://github.com/kubernetes/kubelet/blob/v0.34.3/pkg/apis/pluginregistration/v1/api.proto
 */
export function nodeService({ driver, instanceId, mostVolumes, topology, endpoint }: CsiNode, mounts: Mounts): Record<string, Method> {
  const required = (request: Message, number: number, name: string): string => {
    const value = request.text(number);
    if (!value) throw new Refusal("INVALID_ARGUMENT", `${name} must be provided`);
    return value;
  };
  return {
    "/pluginregistration.Registration/GetInfo": () => encode({ 1: "CSIPlugin", 2: driver, 3: endpoint, 4: ["1.0.0"] }),
    "/pluginregistration.Registration/NotifyRegistrationStatus": () => empty,
    "/csi.v1.Node/NodeGetInfo": () => encode({ 1: instanceId, 2: mostVolumes, 3: encode({ 1: encodeMap(topology) }) }),
    "/csi.v1.Node/NodeGetCapabilities": () => encode({ 1: [stageUnstage, expandVolume].map((type) => encode({ 1: encode({ 1: type }) })) }),
    "/csi.v1.Node/NodeStageVolume": async (request) => {
      const handle = required(request, 1, "Volume Id");
      const folder = mounts.folder(handle);
      if (folder === undefined) throw new Refusal("NOT_FOUND", `Unable to find Device path for volume: ${handle}`);
      await mounts.bind(folder, required(request, 3, "Staging target"), false);
      return empty;
    },
    "/csi.v1.Node/NodeUnstageVolume": async (request) => {
      await mounts.unbind(required(request, 2, "Staging target path"));
      return empty;
    },
    "/csi.v1.Node/NodePublishVolume": async (request) => {
      await mounts.bind(required(request, 3, "Staging target path"), required(request, 4, "Target path"), request.number(6) === 1);
      return empty;
    },
    "/csi.v1.Node/NodeUnpublishVolume": async (request) => {
      await mounts.unbind(required(request, 2, "Target path"));
      return empty;
    },
    "/csi.v1.Node/NodeExpandVolume": (request) => encode({ 1: request.message(3)?.number(1) ?? 0 }),
  };
}
