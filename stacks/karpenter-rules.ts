import { faultsOf } from "../components/karpenter/node-pool/faults";
import { checkAccess } from "./api-access";
import { karpenterNodePool } from "./karpenter-settings";
import { type Fault, object, type Values } from "./rule";

/** The rules of Karpenter's settings, against the region, the plan and the other settings: what the API or Karpenter would refuse once all is made. */

/** Most node pools of a cluster; Karpenter makes them as it needs them. */
const poolsOfCluster = 100;

/** @param settings anything may be wrong in them */
export function checkKarpenter(settings: Values, fault: Fault): void {
  const { karpenter: given, cluster, region, pools, autoscaler } = settings;
  const karpenter = object(given);
  const { api, nodePools, provisioner } = karpenter;
  if (api !== undefined) checkAccess(["karpenter", "api"], object(api), fault);
  const names = Object.keys(object(nodePools));
  if (karpenter.enabled !== true) {
    if (provisioner === "karpenter")
      fault(["karpenter", "provisioner"], provisioner, "must be autoscaler while karpenter.enabled is false");
    return;
  }
  if (api === undefined) fault(["karpenter", "api"], undefined, "must be set: Karpenter orders nodes through the OVHcloud API");
  if (provisioner === "karpenter" && names.length === 0)
    fault(["karpenter", "nodePools"], undefined, "must have a pool: with provisioner karpenter batch Jobs get their nodes from one");
  const { minNodes } = object(object(pools).system);
  if (minNodes === 0) fault(["pools", "system", "minNodes"], minNodes, "must be at least 1 with karpenter.enabled: Karpenter runs there");
  const all = names.length + Object.keys(object(pools)).length;
  if (all > poolsOfCluster)
    fault(["karpenter", "nodePools"], undefined, `must leave room: a cluster has at most ${poolsOfCluster} node pools`);
  for (const name of names) {
    const pool = object(object(nodePools)[name]);
    checkPool(name, pool, { region, plan: object(cluster).plan }, fault);
    // Pods without a pool of their own are the autoscaler's.
    if (object(autoscaler).enabled === true && typeof pool.dedicated === "string" && pool.dedicated !== "NoSchedule") {
      const rule = "must be NoSchedule with autoscaler.enabled: else both would order nodes for pods that name no pool";
      fault(["karpenter", "nodePools", name, "dedicated"], pool.dedicated, rule);
    }
  }
}

/** The component's own rules, of a pool whose settings are right one by one. */
function checkPool(name: string, given: Values, { region, plan }: { region: unknown; plan: unknown }, fault: Fault): void {
  const { success, data: pool } = karpenterNodePool.safeParse(given);
  if (typeof region !== "string" || !success) return;
  const known = plan === "free" || plan === "standard" ? plan : undefined;
  for (const { property, value, rule } of faultsOf({ ...pool, region, plan: known, poolName: name })) {
    if (property === "poolName") fault(["karpenter", "nodePools", name], undefined, rule.replace(/^must have/, "must have a name of"));
    else fault(["karpenter", "nodePools", name, ...property.split(".")], value, rule);
  }
}
