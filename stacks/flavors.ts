import * as ovh from "@ovhcloud/pulumi-ovh";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "./config";
import { nearest } from "../common/nearest";

/**
 * Asks OVHcloud which flavors the region offers, so that a pool with another one fails before a cluster is created for it.
 *
 * @throws {pulumi.RunError} naming each such pool and the flavors there are, or that OVHcloud did not answer
 */
export async function checkFlavors(settings: Settings, provider: ovh.Provider): Promise<void> {
  const { region, pools } = settings;
  const offered = await listFlavors(settings, provider);
  const faults = Object.entries(pools)
    .filter(([, pool]) => !offered.includes(pool.flavor))
    .map(([name, pool]) => {
      const guess = nearest(pool.flavor, offered);
      return `  - pools.${name}.flavor (${pool.flavor}) must be one that ${region} offers${guess ? `; did you mean ${guess}?` : ""}`;
    });
  if (faults.length === 0) return;
  const list =
    offered.length > 0 ? `${region} offers ${offered.join(", ")}.` : `${region} offers no flavor: is it a region of your project?`;
  throw new pulumi.RunError(["The node pools cannot be made; nothing was changed:", ...faults, list].join("\n"));
}

/** Names of the flavors on which nodes can run: MKS has Linux nodes only. */
async function listFlavors({ serviceName, region }: Settings, provider: ovh.Provider): Promise<string[]> {
  try {
    const { flavors } = await ovh.cloudproject.getFlavors({ serviceName, region }, { provider });
    return [...new Set(flavors.filter((flavor) => flavor.osType === "linux").map((flavor) => flavor.name))].sort();
  } catch (error) {
    throw new pulumi.RunError(
      `OVHcloud did not say which flavors ${region} offers; nothing was changed. Check region, serviceName and the credentials.\n${(error as Error).message}`,
    );
  }
}
