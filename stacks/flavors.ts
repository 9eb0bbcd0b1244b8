import * as ovh from "@ovhcloud/pulumi-ovh";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "./config";
import { nearest } from "../common/nearest";

/**
 * Asks OVHcloud which flavors the region offers, so that a pool with another one fails before a cluster is created for it. The flavors and families of
 * Karpenter's node pools must be among them as well.
 *
 * @throws {pulumi.RunError} naming each such pool and the flavors there are, or that OVHcloud did not answer
 */
export async function checkFlavors(settings: Settings, provider: ovh.Provider): Promise<void> {
  const { region, pools, karpenter } = settings;
  const nodePools = karpenter.enabled ? karpenter.nodePools : {};
  const named = [...Object.values(pools).map(({ flavor }) => flavor), ...Object.values(nodePools).flatMap(({ flavors = [] }) => flavors)];
  // All of a region's flavors are thousands of values, which take Pulumi longer than the rest of an update without changes.
  if (Object.values(nodePools).every(({ families = [] }) => families.length === 0) && (await areOffered(named, settings, provider))) return;
  const offered = await listFlavors(settings, provider);
  const missing = (setting: string, flavor: string): string[] => {
    if (offered.includes(flavor)) return [];
    const guess = nearest(flavor, offered);
    return [`  - ${setting} (${flavor}) must be one that ${region} offers${guess ? `; did you mean ${guess}?` : ""}`];
  };
  const faults = [
    ...Object.entries(pools).flatMap(([name, { flavor }]) => missing(`pools.${name}.flavor`, flavor)),
    ...Object.entries(nodePools).flatMap(([name, { flavors = [], families = [] }]) => [
      ...flavors.flatMap((flavor, n) => missing(`karpenter.nodePools.${name}.flavors.${n}`, flavor)),
      ...families
        .filter((family) => !offered.some((flavor) => flavor.startsWith(`${family}-`)))
        .map((family) => `  - karpenter.nodePools.${name}.families (${family}) must be families of flavors that ${region} offers`),
    ]),
  ];
  if (faults.length === 0) return;
  const list =
    offered.length > 0 ? `${region} offers ${offered.join(", ")}.` : `${region} offers no flavor: is it a region of your project?`;
  throw new pulumi.RunError(["The node pools cannot be made; nothing was changed:", ...faults, list].join("\n"));
}

async function areOffered(names: readonly string[], settings: Settings, provider: ovh.Provider): Promise<boolean> {
  const found = await Promise.all([...new Set(names)].map((name) => listFlavors(settings, provider, name)));
  return found.every((flavors) => flavors.length > 0);
}

/** Names of the flavors on which nodes can run: MKS has Linux nodes only. @param nameFilter asks for this one only */
async function listFlavors({ serviceName, region }: Settings, provider: ovh.Provider, nameFilter?: string): Promise<string[]> {
  try {
    const { flavors } = await ovh.cloudproject.getFlavors({ serviceName, region, nameFilter }, { provider });
    return [...new Set(flavors.filter((flavor) => flavor.osType === "linux").map((flavor) => flavor.name))].sort();
  } catch (error) {
    throw new pulumi.RunError(
      `OVHcloud did not say which flavors ${region} offers; nothing was changed. Check region, serviceName and the credentials.\n${(error as Error).message}`,
    );
  }
}
