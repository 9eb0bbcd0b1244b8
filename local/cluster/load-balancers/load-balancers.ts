/**
 * Gives each Service of the type LoadBalancer an address of the nodes' network, which this machine and pods reach. kube-proxy does the rest: it forwards what
 * comes to the address in a Service's status to the Service's pods.
 * Imports `controllers/`.
 */
import { unless } from "../../../kubernetes/cluster";
import { mostBalancers } from "../../sandbox/addresses";
import type { Sandbox } from "../../sandbox";
import { type KubeApi } from "../api/kube-api";
import { tell } from "../controllers/events";
import { keyOf, Mirror } from "../controllers/mirror";
import { WorkQueue } from "../controllers/work-queue";
import { addressesOf, decide, finalizer, type Service } from "./decision";

export interface LoadBalancerParts {
  readonly api: Pick<KubeApi, "follow" | "patch" | "create">;
  readonly sandbox: Pick<Sandbox, "addresses" | "addAddress" | "removeAddress">;
  readonly say: (text: string) => void;
  readonly abort: AbortSignal;
}

export class LoadBalancers {
  private readonly services: Mirror<Service>;
  /** Given addresses by the key of their Service, also those of which the cluster does not tell yet. */
  private readonly given = new Map<string, string>();
  private readonly addresses: readonly string[];

  constructor(private readonly parts: LoadBalancerParts) {
    const { api, sandbox, say, abort } = parts;
    this.addresses = Array.from({ length: mostBalancers }, (_, i) => sandbox.addresses.balancer(i + 1));
    const queue = new WorkQueue(
      (key) => this.serve(key),
      (text) => say(`Service ${text}`),
      abort,
    );
    this.services = new Mirror(api, "/api/v1/services", (key) => queue.add(key), abort);
  }

  private async serve(key: string): Promise<void> {
    const { api, sandbox } = this.parts;
    const service = this.services.get(key);
    if (!service) return;
    const decision = decide(service, this.addresses, this.taken(key));
    if (!decision) return;
    const path = `/api/v1/namespaces/${service.metadata.namespace}/services/${service.metadata.name}`;
    const about = { ...service, apiVersion: "v1", kind: "Service" };
    const event = (type: "Normal" | "Warning", reason: string, message: string) =>
      tell(api, "service-controller", about, { type, reason, message });
    if (decision.kind === "refuse") {
      await event("Warning", "SyncLoadBalancerFailed", `Error syncing load balancer: ${decision.message}`);
      throw new Error(decision.message);
    }
    const finalizers = service.metadata.finalizers ?? [];
    if (decision.kind === "serve") {
      const { address } = decision;
      this.given.set(key, address);
      const isNew = !addressesOf(service).includes(address);
      if (!finalizers.includes(finalizer)) await unless([404], api.patch(path, { metadata: { finalizers: [...finalizers, finalizer] } }));
      // Also for one that has its address: the sandbox may be a new one.
      await sandbox.addAddress(address);
      if (!isNew) return;
      await unless([404], api.patch(`${path}/status`, { status: { loadBalancer: { ingress: [{ ip: address, ipMode: "VIP" }] } } }));
      await event("Normal", "EnsuredLoadBalancer", "Ensured load balancer");
    } else {
      const own = new Set([...decision.addresses, this.given.get(key)]);
      for (const address of this.addresses) if (own.has(address)) await sandbox.removeAddress(address);
      await unless([404], api.patch(`${path}/status`, { status: { loadBalancer: null } }));
      await unless([404], api.patch(path, { metadata: { finalizers: finalizers.filter((one) => one !== finalizer) } }));
      this.given.delete(key);
    }
  }

  private taken(key: string): Set<string> {
    const others = this.services.all().filter((one) => keyOf(one) !== key);
    const given = [...this.given].flatMap(([owner, address]) => (owner === key ? [] : [address]));
    return new Set([...others.flatMap(addressesOf), ...given]);
  }
}
