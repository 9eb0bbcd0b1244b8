import { UserError } from "../lib/errors";
import type { Progress } from "../lib/progress";
import { ensureTools, type Tools } from "../tools";
import type { ImageGroup } from "./definitions";
import { ensureImages } from "./index";
import { type ImageSet } from "./definitions";

/**
 * Gets the tools and the images at the same time: images wait for Debian's mirror while Go builds use the cores. When
 * both fail, both reasons are in the error.
 */
export async function prepare(groups: readonly ImageGroup[], progress: Progress): Promise<{ tools: Tools; images: ImageSet }> {
  const building = ensureTools(progress, ["buildah", "mmdebstrap", "debianKeyrings", "setpriv", "unshare"]);
  const [tools, images] = await Promise.allSettled([
    ensureTools(progress),
    building.then((needed) => ensureImages(needed, groups, progress)),
  ]);
  if (tools.status === "fulfilled" && images.status === "fulfilled") return { tools: tools.value, images: images.value };
  const reasons = [tools, images].flatMap((result): Error[] => (result.status === "rejected" ? [result.reason as Error] : []));
  const fault = reasons.find((reason) => !(reason instanceof UserError));
  if (fault) throw fault;
  throw new UserError([...new Set(reasons.map((reason) => reason.message))].join("\n"));
}
