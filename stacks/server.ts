import * as pulumi from "@pulumi/pulumi";
import { regionFacts } from "../common/regions";
import { kedaNamespace } from "../components/keda";
import type { PrivateNetwork } from "../components/network";
import type { Settings } from "./config";
import { accountOf } from "./images";
import { createInCluster } from "./metrics";
import { taintsOf } from "./pools";

/** What PostgreSQL and Kafka have in common as parts of a stack, in a pod or at OVHcloud. */

export interface ServerParts {
  readonly network: PrivateNetwork | undefined;
}

export interface ServerOptions {
  readonly providers: pulumi.ProviderResource[];
  /** Of the cluster, which is among them. */
  readonly kubernetes: pulumi.ProviderResource;
  readonly dependsOn: pulumi.Resource[];
}

/** Where the pod runs and who may connect besides its clients; makes its namespace. */
export function podArgs(
  { images, pools, keda }: Settings,
  { namespace: name, image }: { readonly namespace: string; readonly image: string },
  { kubernetes, dependsOn }: ServerOptions,
) {
  const inside = { providers: [kubernetes], dependsOn };
  const { namespace, imagePullSecrets } = createInCluster(name, accountOf(images), inside);
  const args = {
    namespace: namespace.metadata.name,
    imagePullSecrets,
    image: `${images.registry}/${image}:${images.tag}`,
    pool: "system",
    poolTaints: taintsOf(pools.system),
    // It asks how long queues are.
    ...(keda.enabled && { reachableFrom: [kedaNamespace] }),
  };
  return { args, inside: { ...inside, dependsOn: [...dependsOn, namespace] } };
}

/** Where the nodes of the managed service are, and which addresses may connect. */
export function managedArgs<T extends { readonly region?: string; readonly ipRestrictions: readonly string[] }>(
  { serviceName, region }: Settings,
  managed: T,
  { network }: ServerParts,
) {
  const gateway = network && [pulumi.interpolate`${network.gatewayAddress}/32`];
  return {
    ...managed,
    serviceName,
    region: managed.region ?? regionFacts(region)?.storage ?? region,
    ipRestrictions: [...managed.ipRestrictions, ...(gateway ?? [])],
  };
}
