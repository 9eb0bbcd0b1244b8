import { regionFacts, standardRegions } from "../common/regions";
import { computeRegion } from "./types";

/** What a region has, and what the plan of the cluster asks for: OVHcloud refuses the rest, some of it only after the cluster exists. */

type Fault = (path: readonly string[], input: unknown, rule: string) => void;

/** The settings as far as these rules look at them; anything may be wrong in them. */
export interface Placed {
  readonly region?: unknown;
  readonly plan?: unknown;
  readonly hasNetwork: boolean;
  readonly storageRegion?: unknown;
  readonly storageEndpoint?: unknown;
  /** Availability zones by pool. */
  readonly zones: Readonly<Record<string, unknown>>;
}

export function checkRegion({ region, plan, hasNetwork, storageRegion, storageEndpoint, zones }: Placed, fault: Fault): void {
  if (plan === "standard" && !hasNetwork) {
    fault(
      ["network"],
      undefined,
      "must be set for the plan standard (`{}` will do), or cluster.privateNetwork: its nodes have no public address",
    );
  }
  // What is no region's name has a fault of its own, and may be a secret.
  if (!computeRegion.safeParse(region).success) return;
  const facts = regionFacts(String(region));
  if (!facts) {
    if (storageRegion === undefined && storageEndpoint === undefined) {
      fault(
        ["storage", "region"],
        undefined,
        `must be set: the Object Storage region beside ${String(region)} is not known to this program`,
      );
    }
    return;
  }
  if (plan === "standard" && !facts.plans.includes(plan)) {
    fault(["cluster", "plan"], plan, `must be free in ${String(region)}; OVHcloud has standard in ${standardRegions.join(", ")}`);
  }
  for (const [pool, given] of Object.entries(zones)) {
    const chosen: readonly unknown[] = Array.isArray(given) ? given : [];
    const path = ["pools", pool, "availabilityZones"];
    if (facts.zones.length === 0 && chosen.length > 0) fault(path, given, `must not be set in ${String(region)}, which has one zone`);
    if (facts.zones.length > 0 && chosen.length === 0)
      fault(path, undefined, `must be set in ${String(region)}: one of ${facts.zones.join(", ")}`);
    const wrong = chosen.find((zone) => facts.zones.length > 0 && !facts.zones.includes(String(zone)));
    if (wrong !== undefined) fault(path, given, `must be one of ${facts.zones.join(", ")}`);
  }
}
