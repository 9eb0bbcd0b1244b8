import { exec } from "../lib/exec";

/** Major, minor and patch. */
export type Version = readonly [number, number, number];

/** The first version number in a text, e.g. of `Client Version: v1.34.3`. */
export function parseVersion(text: string): Version | undefined {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] : undefined;
}

export const formatVersion = (version: Version): string => version.join(".");

export function atLeast(version: Version, minimum: Version): boolean {
  const difference = version.map((part, i) => part - minimum[i]!).find((part) => part !== 0) ?? 0;
  return difference >= 0;
}

/**
 * Which versions other than the pinned one will do: any patch of the same `minor` version, or any later one of the same
 * `major` version.
 */
export type Tolerance = "minor" | "major";

export function accepts(found: Version, pinned: Version, tolerance: Tolerance): boolean {
  if (found[0] !== pinned[0]) return false;
  return tolerance === "minor" ? found[1] === pinned[1] : atLeast(found, pinned);
}

/** The version that a command reports, or undefined when it does not run or reports none within 20 s. */
export async function versionOf(command: string, args: readonly string[]): Promise<Version | undefined> {
  try {
    return parseVersion(await exec(command, args, { timeout: 20_000, env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" } }));
  } catch {
    return undefined;
  }
}
