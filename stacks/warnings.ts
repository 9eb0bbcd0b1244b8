import { endpointName } from "../common/endpoints";
import type { Settings } from "./config";

/**
 * What is allowed and costs more than most users expect: told at each preview and update.
 * @param endpoint of the OVHcloud provider: a name or a URL. Nodes of an API that is not OVHcloud's cost nothing
 */
export function warningsOf({ pools, autoscaler: { enabled, api } }: Settings, endpoint = "ovh-eu"): string[] {
  if (!enabled || api || endpointName(endpoint) === undefined) return [];
  const shrinking = Object.entries(pools).filter(
    ([, { minNodes, maxNodes, monthlyBilled }]) => maxNodes > Math.max(1, minNodes) && !monthlyBilled,
  );
  return shrinking.map(
    ([name, { maxNodes }]) =>
      `pools.${name} shrinks only when all of its nodes are idle: one long task keeps up to ${maxNodes} nodes paid. ` +
      'Set autoscaler.api, with which each idle node is removed by its name: docs/deploy.md, "Removal of idle nodes by name".',
  );
}
