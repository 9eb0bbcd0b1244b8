/**
 * The programs that the local cloud runs. The ones that are released as Go programs are found on PATH, else in the cache,
 * else downloaded, else built; the others are packages of the distribution.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../lib/errors";
import type { Progress } from "../lib/progress";
import { build, type Platform } from "./build";
import { cached, fillCache } from "./cache";
import {
  families,
  familyNames,
  systemToolNames,
  systemTools,
  toolsOf,
  versionArgs,
  type BuiltTool,
  type Family,
  type FamilyName,
  type SystemTool,
  type SystemToolName,
  type ToolName,
} from "./catalog";
import { download, DownloadError } from "./download";
import { Countdown } from "./estimate";
import { findSystemTool, installMissing } from "./packages";
import { releaseOf, type Release } from "./releases";
import { findCommand } from "./search";
import { accepts, atLeast, formatVersion, parseVersion, versionOf } from "./version";

export type { Platform } from "./build";
export type { ToolName } from "./catalog";

/**
 * Needed only by some: kwok for nodes beyond the real ones, the registry for images of one's own, Chromium for the tests that look at a report,
 * the others for the images of the metrics, of KEDA and of Karpenter.
 */
const optional = [
  "kwok",
  "registry",
  "chromium",
  "metrics-server",
  "adapter",
  "podinfo",
  "hey",
  "keda-operator",
  "keda-adapter",
  "keda-webhooks",
  "karpenter",
] as const satisfies readonly ToolName[];

type OptionalTool = (typeof optional)[number];
type DefaultTool = Exclude<ToolName, OptionalTool>;

/** Absolute paths: of programs, and of the folders `cniDir` and `debianKeyrings`. */
export type Tools<Name extends ToolName = DefaultTool> = Readonly<Record<Name, string>>;

export interface FoundTool {
  readonly name: ToolName;
  readonly path: string;
  readonly origin: "PATH" | "cache" | "downloaded" | "built";
}

export const defaultTools = [...familyNames.flatMap(toolsOf), ...systemToolNames].filter(
  (name): name is DefaultTool => !optional.includes(name as OptionalTool),
);

/**
 * Finds the wanted tools, and installs, downloads or builds the ones that are missing. When nothing is missing it takes
 * some milliseconds and says nothing.
 *
 * @param wanted @default all but the optional ones
 * @throws {UserError} when one cannot be had, with what the user can do
 */
export async function ensureTools<Name extends ToolName = DefaultTool>(
  progress: Progress,
  wanted: readonly Name[] = defaultTools as unknown as readonly Name[],
): Promise<Tools<Name>> {
  const found = await locateTools(progress, wanted);
  return Object.fromEntries(found.map(({ name, path }) => [name, path])) as Tools<Name>;
}

/** Whether this machine runs what is built for the platform. */
const isOwn = ({ os, arch }: Platform): boolean => os === process.platform && arch === (process.arch === "x64" ? "amd64" : process.arch);

/**
 * Programs for machines of another platform, such as the nodes of a cluster: they are always built, for this machine cannot try them.
 *
 * @throws {UserError} when there is no Go that can build them
 */
export async function ensureToolsFor<Name extends BuiltTool>(
  platform: Platform,
  progress: Progress,
  wanted: readonly Name[],
): Promise<Readonly<Record<Name, string>>> {
  if (isOwn(platform)) return ensureTools(progress, wanted);
  for (const family of familyNames) {
    if (!toolsOf(family).some((name) => wanted.includes(name as Name) && !cached(family, name, platform))) continue;
    await fillCache(family, (bin) => build(family, bin, progress, { platform }), progress, platform);
  }
  const familyOf = (tool: BuiltTool): FamilyName => familyNames.find((family) => toolsOf(family).includes(tool))!;
  return Object.fromEntries(wanted.map((tool) => [tool, cached(familyOf(tool), tool, platform)!])) as Record<Name, string>;
}

/** As {@link ensureTools}, and tells where each tool comes from. */
export async function locateTools(progress: Progress, wanted: readonly ToolName[]): Promise<FoundTool[]> {
  const system = systemToolNames.filter((name) => wanted.includes(name));
  await installMissing(system, progress);
  const found: FoundTool[] = system.map((name) => ({ name, path: findSystemTool(name)!, origin: "PATH" }));
  await checkMinimums(found);
  const sought = await searchFamilies(wanted);
  const countdown = new Countdown(sought.filter(isIncomplete).map(({ family }) => family));
  // One family after the other: each build uses every core.
  for (const search of sought) found.push(...(await ensureFamily(search, progress, countdown)));
  return found;
}

/** The families that {@link ensureTools} would have to download or build. */
export async function missingFamilies(wanted: readonly ToolName[] = defaultTools): Promise<FamilyName[]> {
  return (await searchFamilies(wanted)).filter(isIncomplete).map(({ family }) => family);
}

interface Search {
  readonly family: FamilyName;
  readonly wanted: readonly BuiltTool[];
  /** Of each wanted tool; undefined for one that is neither on PATH nor in the cache. */
  readonly found: readonly (FoundTool | undefined)[];
}

const isIncomplete = ({ found }: Search): boolean => found.includes(undefined);

const searchFamilies = (names: readonly ToolName[]): Promise<Search[]> =>
  Promise.all(
    familyNames.map(async (family) => {
      const wanted = toolsOf(family).filter((name) => names.includes(name));
      return { family, wanted, found: await Promise.all(wanted.map((name) => findBuilt(family, name))) };
    }),
  );

async function checkMinimums(found: readonly FoundTool[]): Promise<void> {
  const faults = await Promise.all(
    found.map(async ({ name, path }) => {
      const { minimum }: SystemTool = systemTools[name as SystemToolName];
      if (!minimum) return [];
      const version = await versionOf(path, ["--version"]);
      if (version && atLeast(version, parseVersion(minimum.version)!)) return [];
      return [
        `${path} has version ${version ? formatVersion(version) : "unknown"}, but ${name} must be ${minimum.version} or later: ${minimum.reason}.`,
      ];
    }),
  );
  if (faults.flat().length > 0) throw new UserError(faults.flat().join("\n"));
}

async function ensureFamily({ family, wanted, found }: Search, progress: Progress, countdown: Countdown): Promise<FoundTool[]> {
  const tools = found.filter((tool) => tool !== undefined);
  if (tools.length === wanted.length) return tools;
  const origin = await fillCache(family, (bin) => make(family, bin, progress, countdown), progress);
  countdown.note(family, 1);
  return wanted.map((name, i) => found[i] ?? { name, path: cached(family, name)!, origin });
}

async function findBuilt(family: FamilyName, name: BuiltTool): Promise<FoundTool | undefined> {
  const onPath = versionArgs(name) && findCommand(name);
  if (onPath && (await isRightVersion(family, name, onPath))) return { name, path: onPath, origin: "PATH" };
  const path = cached(family, name);
  return path ? { name, path, origin: "cache" } : undefined;
}

async function isRightVersion(family: FamilyName, name: BuiltTool, path: string): Promise<boolean> {
  const { version, tolerance }: Family = families[family];
  const reported = await versionOf(path, versionArgs(name) ?? []);
  return reported !== undefined && accepts(reported, parseVersion(version)!, tolerance);
}

export const downloadsAllowed = (): boolean => process.env.MKS_BATCH_DOWNLOADS !== "off";

/** MKS_BATCH_DOWNLOADS=off goes straight to the build, e.g. where only package registries may be asked. */
async function make(family: FamilyName, bin: string, progress: Progress, countdown: Countdown): Promise<"downloaded" | "built"> {
  const release = downloadsAllowed() ? releaseOf(family) : undefined;
  if (release && (await tryDownload(family, release, bin, progress))) return "downloaded";
  await build(family, bin, progress, { countdown });
  await requireRightVersions(family, bin);
  return "built";
}

async function tryDownload(family: FamilyName, release: Release, bin: string, progress: Progress): Promise<boolean> {
  try {
    await download(release, bin, family, progress);
    await requireRightVersions(family, bin);
    return true;
  } catch (error) {
    if (!(error instanceof DownloadError || error instanceof WrongVersionError)) throw error;
    progress.say(`${family} is built, because its download failed: ${error.message}`);
    await rm(bin, { recursive: true, force: true });
    return false;
  }
}

/** A fresh program does not run here (e.g. for want of a library), or is not what it should be. */
class WrongVersionError extends Error {
  override readonly name = "WrongVersionError";
}

async function requireRightVersions(family: FamilyName, bin: string): Promise<void> {
  for (const name of toolsOf(family).filter(versionArgs)) {
    const path = join(bin, name);
    if (await isRightVersion(family, name, path)) continue;
    throw new WrongVersionError(`${path} does not run or has another version than ${families[family].version}`);
  }
}
