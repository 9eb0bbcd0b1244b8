import type * as z from "zod";
import { isMonthlyFlavor, monthlyRule } from "../common/monthly";
import { nodesOfPlan, nodesWithAntiAffinity } from "../common/plans";
import { rangeFault } from "../components/network";
import { checkAccess } from "./api-access";
import { checkKarpenter } from "./karpenter-rules";
import { checkQueues } from "./queue-rules";
import { checkRegion } from "./region-rules";
import { type Fault, object, type Values } from "./rule";

/** The rules that tie one setting to another. They also run on settings that are wrong elsewhere, so that all faults are told at once. */

export function checkRules(settings: unknown, context: z.core.$RefinementCtx<unknown>): void {
  const fault: Fault = (path, input, message) => context.addIssue({ code: "custom", path: [...path], input, message });
  const { region, cluster, network, pools, storage, thumbnails, autoscaler } = object(settings);
  const { plan, privateNetwork } = object(cluster);
  const limit = plan === "free" || plan === "standard" ? nodesOfPlan[plan] : undefined;

  checkRegion(
    {
      region,
      plan,
      hasNetwork: network !== undefined || privateNetwork !== undefined,
      storageRegion: object(storage).region,
      storageEndpoint: object(storage).endpoint,
      zones: Object.fromEntries(Object.entries(object(pools)).map(([name, pool]) => [name, object(pool).availabilityZones])),
    },
    fault,
  );
  if (network !== undefined && privateNetwork !== undefined) {
    fault(["network"], undefined, "must not be set with cluster.privateNetwork: the nodes are in one private network");
  }
  const { range } = object(network);
  const wrongRange = typeof range === "string" ? rangeFault(range) : undefined;
  if (wrongRange !== undefined) fault(["network", "range"], range, wrongRange);

  for (const [name, pool] of Object.entries(object(pools))) {
    const path = ["pools", name];
    const { flavor, minNodes, maxNodes, desiredNodes, antiAffinity, monthlyBilled } = object(pool);
    const atMost = (property: string, value: unknown, bound: unknown, boundName: string): void => {
      if (typeof value === "number" && typeof bound === "number" && value > bound) {
        fault([...path, property], value, `must be at most ${boundName} (${bound})`);
      }
    };
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
      fault(path, undefined, "must have a name of up to 63 lower-case letters, digits and '-'");
    }
    atMost("minNodes", minNodes, maxNodes, "maxNodes");
    if (typeof minNodes === "number" && typeof maxNodes === "number" && typeof desiredNodes === "number" && minNodes <= maxNodes) {
      atMost("desiredNodes", desiredNodes, maxNodes, "maxNodes");
      if (desiredNodes < minNodes) fault([...path, "desiredNodes"], desiredNodes, `must be at least minNodes (${minNodes})`);
    }
    atMost("maxNodes", maxNodes, limit, `the nodes of a cluster with the ${String(plan)} plan`);
    if (monthlyBilled === true && typeof flavor === "string" && !isMonthlyFlavor(flavor))
      fault([...path, "monthlyBilled"], monthlyBilled, monthlyRule(flavor));
    if (antiAffinity === true) atMost("maxNodes", maxNodes, nodesWithAntiAffinity, "the nodes of a pool with antiAffinity");
  }

  const least = Object.values(object(pools)).reduce<number>((sum, pool) => {
    const { minNodes } = object(pool);
    return sum + (typeof minNodes === "number" ? minNodes : 0);
  }, 0);
  if (limit !== undefined && least > limit) {
    fault(
      ["pools"],
      undefined,
      `must have at most ${limit} minNodes together (${least}), the nodes of a cluster with the ${String(plan)} plan`,
    );
  }

  const { extendedResources, api } = object(autoscaler);
  if (api !== undefined) checkAccess(["autoscaler", "api"], object(api), fault);
  checkKarpenter(object(settings), fault);
  const known = ["system", "compute", ...Object.keys(object(pools))];
  for (const name of Object.keys(object(extendedResources))) {
    if (!known.includes(name)) {
      const there = [...new Set(known)].join(", ");
      fault(["autoscaler", "extendedResources", name], undefined, `must be the name of a pool; there are ${there}`);
    }
  }

  checkManaged(object(settings), fault);
  checkQueues(object(settings), [...new Set(known)], fault);

  const { objectLock, versioning, lifecycle } = object(storage);
  if (objectLock !== undefined && versioning === false) fault(["storage", "versioning"], versioning, "must be true when objectLock is set");
  if (lifecycle !== undefined && Object.keys(object(lifecycle)).length === 0) {
    fault(["storage", "lifecycle"], lifecycle, "must have noncurrentDays, incompleteUploadDays or both");
  }

  const { prefix, outputPrefix } = object(thumbnails);
  if (typeof prefix === "string" && typeof outputPrefix === "string" && outputPrefix.startsWith(prefix)) {
    fault(["thumbnails", "outputPrefix"], outputPrefix, `must not be under prefix (${prefix}), or thumbnails would be made of thumbnails`);
  }
}

/** OVHcloud lets nobody connect to a managed service without a range. The gateway of `network` is one. */
function checkManaged(settings: Values, fault: Fault): void {
  if (settings.network !== undefined) return;
  for (const service of ["database", "kafka"]) {
    const { enabled, kind, managed } = object(settings[service]);
    const { ipRestrictions } = object(managed);
    if (enabled === true && kind === "managed" && Array.isArray(ipRestrictions) && ipRestrictions.length === 0)
      fault(
        [service, "managed", "ipRestrictions"],
        ipRestrictions,
        "must have a range, with the addresses of the nodes: OVHcloud lets nobody else connect, and without `network` there is no gateway",
      );
  }
}
