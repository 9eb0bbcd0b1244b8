/** Metrics that dashboards and alerts take from Karpenter. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Those of Karpenter's core, as its version 1.13 has them at `/metrics`. */
export const ofKarpenter: readonly string[] = [
  "karpenter_cloudprovider_errors_total",
  "karpenter_nodeclaims_created_total",
  "karpenter_nodeclaims_disrupted_total",
  "karpenter_nodeclaims_terminated_total",
  "karpenter_nodepools_limit",
  "karpenter_nodepools_usage",
  "karpenter_nodes_allocatable",
  "karpenter_nodes_total_pod_requests",
  "karpenter_pods_state",
  "karpenter_scheduler_unschedulable_pods_count",
  "karpenter_voluntary_disruption_decisions_total",
  "operator_nodeclaim_status_condition_transition_seconds_bucket",
];

const folder = join(__dirname, "..", "..", "karpenter");
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".go"))
  .map((file) => readFileSync(join(folder, file), "utf8"));

/** Those of the provider in karpenter/: kinds by name, as its source has them. */
export const ofProvider: ReadonlyMap<string, string> = new Map(
  sources.flatMap((text) =>
    [...text.matchAll(/prometheus\.(\w+)Opts\{\s*Namespace: "karpenter", Subsystem: "ovhcloud", Name: "(\w+)"/g)].map(
      ([, kind = "", name = ""]) => [`karpenter_ovhcloud_${name}`, kind.toLowerCase()] as const,
    ),
  ),
);
