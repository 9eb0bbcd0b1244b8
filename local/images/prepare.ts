import { availableParallelism } from "node:os";
import { plural, verb } from "../../common/text";
import { UserError } from "../lib/errors";
import type { Progress } from "../lib/progress";
import { downloadsAllowed, ensureTools, missingFamilies, type Tools } from "../tools";
import type { FamilyName } from "../tools/catalog";
import { Countdown, inMinutes } from "../tools/estimate";
import { type ImageGroup, type ImageSet } from "./definitions";
import { ensureImages } from "./index";

/** Gets the tools. Where some are missing, the images are made beside them. */
export async function prepareTools(groups: readonly ImageGroup[], progress: Progress): Promise<Tools> {
  const missing = await missingFamilies();
  return missing.length === 0 ? ensureTools(progress) : (await prepareBoth(missing, groups, progress)).tools;
}

/** What the first start has to do, and how long that takes. */
export function firstStart(missing: readonly FamilyName[], downloads: boolean, cores = availableParallelism()): string {
  const builds = `${inMinutes(new Countdown(missing, cores).seconds())} on ${plural(cores, "core")} that do nothing else`;
  const how = downloads
    ? `What can be downloaded is; what cannot, Go builds, all of it in ${builds}.`
    : `Go builds all of it, in ${builds}, after its modules were fetched.`;
  return `First start: ${missing.join(", ")} ${verb(missing.length, "are")} missing. ${how} The images of the nodes are made beside that. The next start needs none of this.`;
}

/**
 * Gets the tools and the images at the same time: images wait for Debian's mirror while Go builds use the cores. When
 * both fail, both reasons are in the error.
 */
export async function prepare(groups: readonly ImageGroup[], progress: Progress): Promise<{ tools: Tools; images: ImageSet }> {
  return prepareBoth(await missingFamilies(), groups, progress);
}

async function prepareBoth(
  missing: readonly FamilyName[],
  groups: readonly ImageGroup[],
  progress: Progress,
): Promise<{ tools: Tools; images: ImageSet }> {
  if (missing.length > 0) progress.say(firstStart(missing, downloadsAllowed()));
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
