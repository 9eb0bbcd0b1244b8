import { existsSync } from "node:fs";
import { type Sandbox } from "../../sandbox";
import { driver, volumesPerNode, zoneLabel } from "./classes";
import { nodeService } from "./csi/node-service";
import { serve } from "./csi/server";
import { volumeFolder } from "./folder";

/** A node that is to have volumes. */
export interface VolumeNode {
  readonly name: string;
  readonly instanceId: string;
  readonly zone: string;
  /** The kubelet's folder inside the sandbox. */
  readonly kubeletRoot: string;
}

const bindScript = `set -e
mkdir -p "$2"
mountpoint -q "$2" || mount --bind "$1" "$2"
if [ "$3" = ro ]; then mount -o remount,bind,ro "$2"; fi`;

const unbindScript = `set -e
if mountpoint -q "$1"; then umount "$1"; fi
if [ -d "$1" ]; then rmdir "$1"; fi`;

/** Cinder's driver on each node: a socket that the node's kubelet finds by itself. */
export class VolumePlugins {
  private readonly ends = new Map<string, () => void>();

  constructor(
    private readonly sandbox: Pick<Sandbox, "run" | "outside">,
    /** Folder of the volumes' folders. */
    private readonly folder: string,
    abort: AbortSignal,
  ) {
    abort.addEventListener("abort", () => {
      for (const name of this.ends.keys()) this.stop(name);
    });
  }

  /** Serves a node from now on; begins anew for one that is served already, whose socket may have gone. */
  async start({ name, instanceId, zone, kubeletRoot }: VolumeNode): Promise<void> {
    this.stop(name);
    const endpoint = `${kubeletRoot}/plugins_registry/${driver}.sock`;
    const script = (text: string, ...args: string[]) => this.sandbox.run(["bash", "--norc", "-c", text, "-", ...args]);
    const methods = nodeService(
      { driver, instanceId, mostVolumes: volumesPerNode, topology: { [zoneLabel]: zone }, endpoint },
      {
        folder: (handle) => {
          const folder = volumeFolder(this.folder, handle);
          return folder !== undefined && existsSync(folder) ? folder : undefined;
        },
        bind: async (source, target, readOnly) => void (await script(bindScript, source, target, readOnly ? "ro" : "rw")),
        unbind: async (target) => void (await script(unbindScript, target)),
      },
    );
    this.ends.set(name, await serve(this.sandbox.outside(endpoint), methods));
  }

  stop(name: string): void {
    this.ends.get(name)?.();
    this.ends.delete(name);
  }
}
