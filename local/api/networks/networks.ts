/**
 * `/cloud/project/{id}/network` and `/region/{region}/gateway`: private networks.
 * Imports `catalog/`, `context/`, `request/` and `state/`.
 */
import { randomUUID } from "node:crypto";
import * as z from "zod";
import { addressAt, formatRange, overlap, parseAddress, parseRange } from "../../../common/cidr";
import { findRegion, regions } from "../catalog/catalog";
import { delayOf, type Context } from "../context/context";
import { badRequest, conflict, notFound } from "../request/errors";
import type { NetworkRecord, SubnetRecord } from "../state/model";
import { invalid, parseBody } from "../request/validate";
import type { Gateways } from "./gateways";
import { subnetIn } from "./subnets";

const address = z.ipv4("must be an IPv4 address");
const range = z.cidrv4("must be an IPv4 range such as 192.168.0.0/24");

const createNetworkSchema = z.looseObject({
  name: z.string().min(1),
  vlanId: z.int().min(0).max(4000).default(0),
  regions: z.array(z.string().min(1)).min(1).optional(),
});

const createSubnetSchema = z.looseObject({
  region: z.string().min(1),
  network: range,
  start: address,
  end: address,
  dhcp: z.boolean(),
  noGateway: z.boolean(),
});

/** The project's private networks with their subnets. */
export class Networks {
  constructor(
    private readonly context: Context,
    private readonly gateways: Gateways,
  ) {}

  list(): Record<string, unknown>[] {
    return Object.values(this.state.networks).map((network) => this.networkView(network));
  }

  get(id: string): Record<string, unknown> {
    return this.networkView(this.network(id));
  }

  create(input: unknown): Record<string, unknown> {
    const { name, vlanId, regions: wanted = regions.map((region) => region.name) } = parseBody(createNetworkSchema, input);
    const unknown = wanted.filter((region) => !findRegion(region));
    if (unknown.length > 0) throw invalid({ regions: `no such region: ${unknown.join(", ")}` });
    if (Object.values(this.state.networks).some((network) => network.vlanId === vlanId)) {
      throw conflict(`A private network with the VLAN id ${vlanId} already exists in this project`);
    }
    const network: NetworkRecord = {
      id: `pn-${1_000_000 + this.state.nextUserId++}_${vlanId}`,
      name,
      vlanId,
      regions: wanted.map((region) => ({ region, openstackId: randomUUID() })),
      subnets: [],
      readyAt: this.soon(),
    };
    this.state.networks[network.id] = network;
    this.context.store.changed();
    return this.networkView(network);
  }

  rename(id: string, input: unknown): void {
    this.network(id).name = parseBody(z.looseObject({ name: z.string().min(1) }), input).name;
    this.context.store.changed();
  }

  /** As OpenStack, deletes the subnets of a network that nothing has an address in. */
  remove(id: string): void {
    const network = this.network(id);
    const ids = new Set(network.regions.map(({ openstackId }) => openstackId));
    const gateway = this.gateways.all().find(({ networkId }) => ids.has(networkId));
    if (gateway) throw conflict(`The network ${id} is used by the gateway ${gateway.id}`);
    const cluster = Object.values(this.state.clusters).find(({ privateNetworkId }) => ids.has(privateNetworkId ?? ""));
    if (cluster) throw conflict(`The network ${id} is used by the cluster ${cluster.id}`);
    delete this.state.networks[id];
    this.context.store.changed();
  }

  subnets(id: string): Record<string, unknown>[] {
    return this.network(id).subnets.map(subnetView);
  }

  createSubnet(id: string, input: unknown): Record<string, unknown> {
    const network = this.network(id);
    const body = parseBody(createSubnetSchema, input);
    if (this.context.clock.now().getTime() < network.readyAt) throw conflict(`The network ${id} is not ACTIVE`);
    const faults: Record<string, string> = {};
    if (!network.regions.some(({ region }) => region === body.region)) faults.region = `the network is not in the region ${body.region}`;
    const { first, last } = parseRange(body.network);
    for (const property of ["start", "end"] as const) {
      const value = parseAddress(body[property]);
      // The first address is the gateway's, the last one the broadcast's.
      if (value <= first + 1 || value >= last) faults[property] = `must lie within ${body.network}, after its gateway`;
    }
    if (parseAddress(body.start) > parseAddress(body.end)) faults.end = "must not lie before start";
    if (Object.keys(faults).length > 0) throw invalid(faults);
    const other = network.subnets.find(({ cidr }) => overlap(parseRange(cidr), parseRange(body.network)));
    if (other) throw conflict(`The range ${body.network} overlaps that of the subnet ${other.id}`);
    const cidr = formatRange(parseRange(body.network));
    const subnet: SubnetRecord = {
      id: randomUUID(),
      region: body.region,
      cidr,
      gatewayIp: body.noGateway ? null : addressAt(parseRange(cidr), 1),
      dhcp: body.dhcp,
      start: body.start,
      end: body.end,
    };
    network.subnets.push(subnet);
    this.context.store.changed();
    return subnetView(subnet);
  }

  /**
   * @throws {ApiError} 400 as long as a gateway, also one that is being deleted, or a cluster has an address in it
   * @see https://github.com/ovh/terraform-provider-ovh/issues/402
   */
  removeSubnet(id: string, subnetId: string): void {
    const network = this.network(id);
    if (!network.subnets.some((subnet) => subnet.id === subnetId)) throw notFound(`Subnet ${subnetId} not found`);
    const inUse =
      this.gateways.all().some((gateway) => gateway.subnetId === subnetId) ||
      Object.values(this.state.clusters).some(({ nodesSubnetId }) => nodesSubnetId === subnetId);
    if (inUse)
      throw badRequest(`Unable to complete operation on subnet ${subnetId}: One or more ports have an IP allocation from this subnet.`);
    network.subnets.splice(
      network.subnets.findIndex((subnet) => subnet.id === subnetId),
      1,
    );
    this.context.store.changed();
  }

  /** What keeps nodes from a private network, by the property at fault; nothing when they can be in it. @param needsGateway the plan is Standard */
  faultsOf(region: string, networkId: string, subnetId: string | undefined, needsGateway: boolean): Record<string, string> {
    const network = Object.values(this.state.networks).find(({ regions: all }) =>
      all.some((one) => one.region === region && one.openstackId === networkId),
    );
    if (!network) return { privateNetworkId: `no private network ${networkId} in the region ${region}` };
    if (subnetId === undefined) return needsGateway ? { nodesSubnetId: "is mandatory with the plan standard" } : {};
    const subnet = subnetIn(this.state, region, networkId, subnetId);
    if (!subnet) return { nodesSubnetId: `the network ${networkId} has no subnet ${subnetId}` };
    const gateway = this.gateways.all().some((one) => one.subnetId === subnetId && this.gateways.isActive(one));
    return needsGateway && !gateway ? { nodesSubnetId: `the subnet ${subnetId} has no gateway, which the plan standard needs` } : {};
  }

  private get state(): Context["store"]["state"] {
    return this.context.store.state;
  }

  private soon(): number {
    return this.context.clock.now().getTime() + delayOf(this.context, "network");
  }

  private network(id: string): NetworkRecord {
    const network = this.state.networks[id];
    if (!network) throw notFound(`Network ${id} not found`);
    return network;
  }

  private isReady({ readyAt }: NetworkRecord): boolean {
    return this.context.clock.now().getTime() >= readyAt;
  }

  private networkView(network: NetworkRecord): Record<string, unknown> {
    const status = this.isReady(network) ? "ACTIVE" : "BUILDING";
    const { id, name, vlanId, regions: all } = network;
    return { id, name, vlanId, status, type: "private", regions: all.map((one) => ({ ...one, status })) };
  }
}

function subnetView({ id, region, cidr, gatewayIp, dhcp, start, end }: SubnetRecord): Record<string, unknown> {
  return { id, cidr, gatewayIp, dhcpEnabled: dhcp, ipPools: [{ region, network: cidr, dhcp, start, end }] };
}
