import * as pulumi from "@pulumi/pulumi";
import type { MksCluster } from "../components/cluster";
import { differences } from "../components/cluster/present";
import type { Settings } from "./config";
import { valueIfKnown } from "./known";

/**
 * Checks in a preview that the cluster which is there can become what is asked for: the provider shows any change, and refuses what OVHcloud does not do
 * only when it is made. What is there is read anyway, for its kubeconfig.
 *
 * @throws {pulumi.RunError} with all that cannot be, and the ways out. An error that is only logged would not fail the preview.
 */
export async function checkPresent({ cluster: wanted }: Settings, { present: output }: MksCluster): Promise<void> {
  const present = await valueIfKnown(output);
  const found = present ? differences(wanted, present) : [];
  for (const { text } of found.filter(({ fatal }) => !fatal)) void pulumi.log.warn(text);
  const faults = found.filter(({ fatal }) => fatal).map(({ text }) => `  - cluster.${text}`);
  if (faults.length > 0 && pulumi.runtime.isDryRun())
    throw new pulumi.RunError(["The cluster cannot be changed so; nothing was changed:", ...faults].join("\n"));
}
