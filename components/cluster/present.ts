/** What of a cluster that is there cannot become what the program asks for. Pure. */

export interface Wanted {
  readonly plan: string;
  /** Kubernetes minor version. */
  readonly version: string;
}

/** The cluster as OVHcloud's API tells of it. */
export interface Present {
  readonly id: string;
  readonly plan?: string;
  readonly version?: string;
  /** e.g. READY, or UPDATING while an upgrade is under way. */
  readonly status?: string;
  /** Versions that OVHcloud upgrades it to now. */
  readonly nextUpgradeVersions?: readonly string[];
}

export interface Difference {
  /** An update would fail by it. */
  readonly fatal: boolean;
  readonly text: string;
}

export function differences(wanted: Wanted, present: Present): Difference[] {
  return [...planDifference(wanted, present), ...versionDifference(wanted, present)];
}

function planDifference({ plan }: Wanted, { id, plan: present }: Present): Difference[] {
  if (!present || present === plan) return [];
  const text =
    `plan (${plan}) cannot be changed: the cluster ${id} has the plan ${present}, and OVHcloud moves no cluster from one plan to another. ` +
    `Set it back to ${present}, or make a new cluster in a new stack: docs/operations.md, "Another plan"`;
  return [{ fatal: true, text }];
}

function versionDifference({ version }: Wanted, { id, version: full, status = "READY", nextUpgradeVersions = [] }: Present): Difference[] {
  const present = full && minorOf(full);
  // What it can be upgraded to is told once it is READY again.
  if (!present || present === version || status !== "READY") return [];
  if (numberOf(version) < numberOf(present)) {
    // Pulumi sees none until a refresh: its state still has the version that it asked for.
    const text = `the cluster ${id} has Kubernetes ${present}, and none goes down to version (${version}): set cluster.version to ${present}`;
    return [{ fatal: false, text }];
  }
  const next = [...new Set(nextUpgradeVersions.map(minorOf))];
  if (next.includes(version)) return [];
  const there = next.length > 0 ? `OVHcloud upgrades it to ${next.join(" or ")} now` : "OVHcloud has no upgrade for it now";
  return [{ fatal: true, text: `version (${version}) cannot be had yet: the cluster ${id} has Kubernetes ${present}, and ${there}` }];
}

/** `1.34` of `1.34.3-0`: the API tells patches, too. */
const minorOf = (version: string): string => version.split(".").slice(0, 2).join(".");

const numberOf = (version: string): number => Number(version.split(".")[1]);
