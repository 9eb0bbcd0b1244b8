import { kubernetes } from "../catalog/catalog";
import type { Clusters } from "./clusters";
import { badRequest, conflict, notFound } from "../request/errors";
import { clusterBodies, customizationSchema } from "./schemas";
import { parseBody } from "../request/validate";

/**
 * What may be changed of a cluster. The values are kept and answered, and the cluster is busy for a moment as OVHcloud's is;
 * the control plane of the local cloud itself stays as it is: it serves one version, to this machine only.
 */
export class ClusterSettings {
  constructor(private readonly clusters: Clusters) {}

  rename(id: string, input: unknown): void {
    this.clusters.change(this.clusters.record(id), parseBody(clusterBodies.rename, input));
  }

  setUpdatePolicy(id: string, input: unknown): void {
    this.clusters.change(this.clusters.record(id), parseBody(clusterBodies.updatePolicy, input));
  }

  /** The newest patch of a version runs already, and no newer minor version is offered. */
  update(id: string, input: unknown): void {
    const { strategy } = parseBody(clusterBodies.update, input);
    if (strategy === "NEXT_MINOR") throw badRequest(`No version newer than ${kubernetes.minor} is offered`);
    this.clusters.redeploy(this.clusters.ready(id), "UPDATING", {});
  }

  customization(id: string): Record<string, unknown> {
    return this.clusters.record(id).customization;
  }

  setCustomization(id: string, input: unknown): void {
    const cluster = this.clusters.ready(id);
    const customization = { ...cluster.customization, ...parseBody(customizationSchema, input) };
    this.clusters.redeploy(cluster, "UPDATING", { customization });
  }

  setPrivateNetwork(id: string, input: unknown): void {
    const privateNetworkConfiguration = parseBody(clusterBodies.privateNetwork, input);
    this.clusters.redeploy(this.clusters.ready(id), "REDEPLOYING", { privateNetworkConfiguration });
  }

  setLoadBalancersSubnet(id: string, input: unknown): void {
    const body = parseBody(clusterBodies.loadBalancersSubnet, input);
    this.clusters.redeploy(this.clusters.ready(id), "REDEPLOYING", body);
  }

  ipRestrictions(id: string): readonly string[] {
    return this.clusters.record(id).ipRestrictions;
  }

  addIpRestrictions(id: string, input: unknown): readonly string[] {
    const { ips } = parseBody(clusterBodies.ipRestrictions, input);
    return this.replaceIpRestrictions(id, [...this.ipRestrictions(id), ...ips]);
  }

  setIpRestrictions(id: string, input: unknown): readonly string[] {
    return this.replaceIpRestrictions(id, parseBody(clusterBodies.ipRestrictions, input).ips);
  }

  removeIpRestriction(id: string, ip: string): void {
    const before = this.ipRestrictions(id);
    if (!before.includes(ip)) throw notFound(`Cluster ${id} has no IP restriction ${ip}`);
    this.replaceIpRestrictions(
      id,
      before.filter((other) => other !== ip),
    );
  }

  openIdConnect(id: string): Record<string, unknown> {
    const { openIdConnect } = this.clusters.record(id);
    if (!openIdConnect) throw notFound(`Cluster ${id} has no OpenID Connect configuration`);
    return openIdConnect;
  }

  createOpenIdConnect(id: string, input: unknown): Record<string, unknown> {
    if (this.clusters.record(id).openIdConnect) throw conflict(`Cluster ${id} has an OpenID Connect configuration already`);
    return this.setOpenIdConnect(id, input);
  }

  updateOpenIdConnect(id: string, input: unknown): Record<string, unknown> {
    return this.setOpenIdConnect(id, { ...this.openIdConnect(id), ...(input as object) });
  }

  deleteOpenIdConnect(id: string): void {
    this.openIdConnect(id);
    this.clusters.redeploy(this.clusters.ready(id), "REDEPLOYING", { openIdConnect: undefined });
  }

  private setOpenIdConnect(id: string, input: unknown): Record<string, unknown> {
    const openIdConnect = parseBody(clusterBodies.openIdConnect, input);
    this.clusters.redeploy(this.clusters.ready(id), "REDEPLOYING", { openIdConnect });
    return openIdConnect;
  }

  private replaceIpRestrictions(id: string, ips: readonly string[]): readonly string[] {
    const ipRestrictions = [...new Set(ips)];
    this.clusters.redeploy(this.clusters.ready(id), "REDEPLOYING", { ipRestrictions });
    return ipRestrictions;
  }
}
