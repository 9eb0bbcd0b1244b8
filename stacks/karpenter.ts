import type * as pulumi from "@pulumi/pulumi";
import type { Billing } from "../common/billing";
import type { MksCluster } from "../components/cluster";
import { Karpenter, KarpenterNodePool } from "../components/karpenter";
import type { Settings } from "./config";
import { accountOf } from "./images";
import { metricsNamespace } from "./metrics";
import { taintsOf } from "./pools";
import type { Prices } from "./prices";

/** Karpenter and its node pools; none without it. @returns what batch Jobs wait for: their nodes come from there */
export function createKarpenter(
  { serviceName, region, images, karpenter, cluster: { plan }, metrics, pools }: Settings,
  { prices, billing }: { readonly prices: Prices; readonly billing: Billing },
  { kubeconfig, clusterId }: MksCluster,
  opts: pulumi.ComponentResourceOptions,
): pulumi.Resource[] {
  const { enabled, api, image, replicas, logLevel, nodePools } = karpenter;
  if (!enabled || !api) return [];
  const operator = new Karpenter(
    "karpenter",
    {
      kubeconfig,
      image: image ?? `${images.registry}/karpenter:${images.tag}`,
      // An image from elsewhere is public.
      pullSecret: image === undefined ? accountOf(images) : undefined,
      pool: "system",
      poolTaints: taintsOf(pools.system),
      replicas,
      logLevel,
      api: { ...api, serviceName, clusterId, region },
      billing,
      prices,
      scrapedFrom: metrics.enabled ? metricsNamespace : undefined,
    },
    opts,
  );
  const made = Object.entries(nodePools).map(
    ([poolName, { dedicated, taints, ...pool }]) =>
      new KarpenterNodePool(
        `karpenter-${poolName}`,
        { serviceName, clusterId, region, plan, poolName, ...pool, taints: taintsOf({ dedicated, taints }) },
        { ...opts, dependsOn: [operator] },
      ),
  );
  return [operator, ...made];
}
