import { readFileSync } from "node:fs";
import { ensureGoldenRoot } from "../images";
import { groupsOf } from "../images/definitions";
import { prepare } from "../images/prepare";
import { writeAtomic } from "../lib/files";
import { paths } from "../lib/paths";
import type { Progress } from "../lib/progress";
import type { Settings } from "../lib/settings";
import { ensureTools } from "../tools";

/** The programs and images that the daemon works with. */
export interface Machinery {
  readonly tools: Readonly<Record<string, string>>;
  readonly pauseImage: string;
  readonly dnsImage: string;
  /** Folder that the containerd root of each new node is copied from. */
  readonly goldenRoot: string;
}

/** Finds or makes all programs and images, with progress shown, and writes down for the daemon where they are. */
export async function prepareMachinery(progress: Progress, settings: Settings): Promise<void> {
  const { tools, images } = await prepare(groupsOf(settings), progress);
  const simulated = settings.kwokNodes > 0 ? await ensureTools(progress, ["kwok"]) : {};
  const goldenRoot = await ensureGoldenRoot(images, tools, paths.images, progress);
  const machinery: Machinery = { tools: { ...tools, ...simulated }, pauseImage: images.pause, dnsImage: images.dns, goldenRoot };
  await writeAtomic(paths.machinery, JSON.stringify(machinery, null, 2));
}

export const readMachinery = (): Machinery => JSON.parse(readFileSync(paths.machinery, "utf8")) as Machinery;
