import { type KubeObject } from "../api/kube-api";

export interface Service extends KubeObject {
  readonly spec: { readonly type?: string; readonly loadBalancerClass?: string; readonly ports?: readonly { readonly port: number }[] };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
}

export const finalizer = "service.kubernetes.io/load-balancer-cleanup";

/** Ports that a load balancer of OVHcloud can have. */
export const mostPorts = 10;

export type Decision =
  /** It is to answer at this address, which it may have already. */
  | { readonly kind: "serve"; readonly address: string }
  /** It is to answer no more at these. */
  | { readonly kind: "remove"; readonly addresses: readonly string[] }
  | { readonly kind: "refuse"; readonly message: string };

export const addressesOf = ({ status }: Service): string[] => (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);

/** Services of another class than the cloud's are somebody else's. */
const wants = ({ metadata, spec }: Service): boolean =>
  spec.type === "LoadBalancer" && spec.loadBalancerClass === undefined && metadata.deletionTimestamp === undefined;

/**
 * Decides what a Service needs. Undefined: nothing.
 *
 * @param addresses all that load balancers can have, in the order in which they are given
 * @param taken those that other Services have
 */
export function decide(service: Service, addresses: readonly string[], taken: ReadonlySet<string>): Decision | undefined {
  const own = addressesOf(service);
  if (!wants(service)) return service.metadata.finalizers?.includes(finalizer) ? { kind: "remove", addresses: own } : undefined;
  const ports = service.spec.ports?.length ?? 0;
  if (ports > mostPorts)
    return { kind: "refuse", message: `a load balancer has at most ${mostPorts} ports, and this Service has ${ports}` };
  const address = own.find((one) => addresses.includes(one)) ?? addresses.find((one) => !taken.has(one));
  if (address === undefined) return { kind: "refuse", message: `all ${addresses.length} addresses of load balancers are in use` };
  return { kind: "serve", address };
}
