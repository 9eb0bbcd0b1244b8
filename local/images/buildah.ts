import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { exec, ExecError } from "../lib/exec";
import type { Tools } from "../tools";

export type BuildTools = Tools<"buildah" | "mmdebstrap" | "debianKeyrings" | "setpriv" | "unshare">;

/** Runs a command in a mount namespace of its own and ends it with this process: nothing that it mounts outlives it. */
export function contained(
  tools: Tools<"setpriv" | "unshare">,
  command: string,
  args: readonly string[],
): [command: string, args: string[]] {
  return [tools.setpriv, ["--pdeathsig", "KILL", tools.unshare, "--mount", command, ...args]];
}

/** Half an hour: a slow mirror needs some minutes for ffmpeg's packages. */
const patience = 1_800_000;

/** buildah with a storage of its own, so that the user's images and containers are never touched. */
export class Buildah {
  private readonly temporary: string;

  constructor(
    private readonly tools: BuildTools,
    private readonly storage: string,
  ) {
    this.temporary = join(storage, "tmp");
  }

  /**
   * Runs one buildah command. What a killed one has left half-done is forgotten: its files first, and an image without its manifest, at which every later
   * command would fail, when it is met. The caller holds the storage's lock.
   */
  async run(args: readonly string[], onOutput?: (text: string) => void): Promise<string> {
    const removed = new Set<string>();
    for (;;) {
      try {
        return await this.call(args, onOutput);
      } catch (error) {
        const image = brokenImage(error);
        if (image === undefined || removed.has(image)) throw error;
        removed.add(image);
        await this.call(["rmi", "--force", image]);
      }
    }
  }

  private async call(args: readonly string[], onOutput?: (text: string) => void): Promise<string> {
    await rm(this.temporary, { recursive: true, force: true });
    await mkdir(this.temporary, { recursive: true });
    const global = ["--root", join(this.storage, "root"), "--runroot", join(this.temporary, "run"), "--storage-driver", "overlay"];
    return exec(...contained(this.tools, this.tools.buildah, [...global, ...args]), {
      env: { ...process.env, TMPDIR: this.temporary, BUILDAH_ISOLATION: "chroot" },
      timeout: patience,
      onOutput,
    });
  }

  /** Builds `folder`'s Dockerfile as image `reference`; steps that were built before are taken from the storage. */
  async build(folder: string, reference: string, onOutput?: (text: string) => void): Promise<void> {
    await this.run(
      ["bud", "--isolation", "chroot", "--pull=never", "--layers", "--format", "docker", "--tag", reference, folder],
      onOutput,
    );
  }

  async has(reference: string): Promise<boolean> {
    const known = await this.run(["images", "--quiet", "--no-trunc", "--filter", `reference=${reference}`]);
    return known.trim() !== "";
  }

  /** Writes an image as an archive that `docker load` and containerd read. */
  async save(reference: string, archive: string): Promise<void> {
    await rm(archive, { force: true });
    await this.run(["push", reference, `docker-archive:${archive}:${reference}`]);
  }

  /** Forgets containers of killed builds, and images that a newer build has replaced. */
  async prune(): Promise<void> {
    await this.run(["rm", "--all"]);
    await this.run(["rmi", "--prune"]);
  }
}

/** The id of the image that a command failed at as a killed build has left it without its manifest. */
export function brokenImage(error: unknown): string | undefined {
  if (!(error instanceof ExecError)) return undefined;
  const [, id] = /locating item named "manifest" for image with ID "([0-9a-f]{64})"/.exec(error.stderr) ?? [];
  return id;
}
