/**
 * `/cloud/project/{id}/network` and `/region/{region}/gateway`: private networks.
 * Imports `catalog/`, `context/`, `request/` and `state/`.
 */
import { randomInt, randomUUID } from "node:crypto";
import * as z from "zod";
import { addressAt, formatRange, overlap, parseAddress, parseRange } from "../../../common/cidr";
import { findRegion, regions } from "../catalog/catalog";
import { delayOf, nowText, type Context } from "../context/context";
import { conflict, notFound } from "../request/errors";
import type { GatewayRecord, NetworkRecord, OperationRecord, SubnetRecord } from "../state/model";
import { invalid, parseBody } from "../request/validate";

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

const gatewaySchema = z.strictObject({ name: z.string().min(1), model: z.enum(["s", "m", "l", "xl", "2xl", "3xl"]) });

/** How long an operation can be asked for after its end, in milliseconds: nobody waits for one of yesterday. */
const operationsKept = 24 * 3_600_000;

/** The project's private networks with their subnets, and the gateways through which these reach the internet. */
export class Networks {
  constructor(private readonly context: Context) {}

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

  remove(id: string): void {
    const network = this.network(id);
    const ids = new Set(network.regions.map(({ openstackId }) => openstackId));
    const gateway = Object.values(this.state.gateways).find(({ networkId }) => ids.has(networkId));
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

  removeSubnet(id: string, subnetId: string): void {
    const network = this.network(id);
    if (!network.subnets.some((subnet) => subnet.id === subnetId)) throw notFound(`Subnet ${subnetId} not found`);
    const gateway = Object.values(this.state.gateways).find((one) => one.subnetId === subnetId);
    if (gateway) throw conflict(`The subnet ${subnetId} is used by the gateway ${gateway.id}`);
    const cluster = Object.values(this.state.clusters).find(({ nodesSubnetId }) => nodesSubnetId === subnetId);
    if (cluster) throw conflict(`The subnet ${subnetId} is used by the cluster ${cluster.id}`);
    network.subnets.splice(
      network.subnets.findIndex((subnet) => subnet.id === subnetId),
      1,
    );
    this.context.store.changed();
  }

  gateways(region: string): Record<string, unknown>[] {
    return Object.values(this.state.gateways)
      .filter((gateway) => gateway.region === region)
      .map((gateway) => this.gatewayView(gateway));
  }

  gateway(region: string, id: string): Record<string, unknown> {
    return this.gatewayView(this.gatewayRecord(region, id));
  }

  /** Starts to make a gateway; the answer is the operation, which tells the gateway's id. @param networkId OpenStack id of the network in the region */
  createGateway(region: string, networkId: string, subnetId: string, input: unknown): OperationRecord & { status: string } {
    const body = parseBody(gatewaySchema, input);
    const subnet = this.subnetIn(region, networkId, subnetId);
    if (!subnet) throw notFound(`Subnet ${subnetId} not found in the network ${networkId} of ${region}`);
    if (subnet.gatewayIp === null) throw conflict(`The subnet ${subnetId} was made without a gateway address`);
    if (Object.values(this.state.gateways).some((gateway) => gateway.subnetId === subnetId)) {
      throw conflict(`The subnet ${subnetId} has a gateway already`);
    }
    const gateway: GatewayRecord = {
      id: randomUUID(),
      region,
      networkId,
      subnetId,
      ip: subnet.gatewayIp,
      // Of the range for documentation: it reaches nobody.
      publicIp: `203.0.113.${randomInt(1, 255)}`,
      readyAt: this.soon(),
      ...body,
    };
    this.state.gateways[gateway.id] = gateway;
    return this.operate("gateway#create", region, gateway.id, gateway.readyAt);
  }

  updateGateway(region: string, id: string, input: unknown): void {
    Object.assign(this.gatewayRecord(region, id), parseBody(gatewaySchema.partial(), input));
    this.context.store.changed();
  }

  removeGateway(region: string, id: string): OperationRecord & { status: string } {
    const gateway = this.gatewayRecord(region, id);
    const cluster = Object.values(this.state.clusters).find(
      ({ plan, nodesSubnetId }) => plan === "standard" && nodesSubnetId === gateway.subnetId,
    );
    if (cluster) throw conflict(`The gateway ${id} is used by the cluster ${cluster.id}`);
    delete this.state.gateways[id];
    return this.operate("gateway#delete", region, id, this.soon());
  }

  operation(id: string): OperationRecord & { status: string } {
    const operation = this.state.operations[id];
    if (!operation) throw notFound(`Operation ${id} not found`);
    return this.operationView(operation);
  }

  /** What keeps nodes from a private network, by the property at fault; nothing when they can be in it. @param needsGateway the plan is Standard */
  faultsOf(region: string, networkId: string, subnetId: string | undefined, needsGateway: boolean): Record<string, string> {
    const network = Object.values(this.state.networks).find(({ regions: all }) =>
      all.some((one) => one.region === region && one.openstackId === networkId),
    );
    if (!network) return { privateNetworkId: `no private network ${networkId} in the region ${region}` };
    if (subnetId === undefined) return needsGateway ? { nodesSubnetId: "is mandatory with the plan standard" } : {};
    const subnet = this.subnetIn(region, networkId, subnetId);
    if (!subnet) return { nodesSubnetId: `the network ${networkId} has no subnet ${subnetId}` };
    const now = this.context.clock.now().getTime();
    const gateway = Object.values(this.state.gateways).find((one) => one.subnetId === subnetId && one.readyAt <= now);
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

  private subnetIn(region: string, networkId: string, subnetId: string): SubnetRecord | undefined {
    return Object.values(this.state.networks)
      .filter(({ regions: all }) => all.some((one) => one.region === region && one.openstackId === networkId))
      .flatMap(({ subnets }) => subnets)
      .find((subnet) => subnet.id === subnetId && subnet.region === region);
  }

  private gatewayRecord(region: string, id: string): GatewayRecord {
    const gateway = this.state.gateways[id];
    if (gateway?.region !== region) throw notFound(`Gateway ${id} not found in ${region}`);
    return gateway;
  }

  private operate(action: string, region: string, resourceId: string, readyAt: number): OperationRecord & { status: string } {
    const operation: OperationRecord = {
      id: randomUUID(),
      action,
      regions: [region],
      resourceId,
      createdAt: nowText(this.context),
      readyAt,
    };
    for (const old of Object.values(this.state.operations))
      if (old.readyAt < Date.parse(operation.createdAt) - operationsKept) delete this.state.operations[old.id];
    this.state.operations[operation.id] = operation;
    this.context.store.changed();
    return this.operationView(operation);
  }

  private isReady = ({ readyAt }: { readonly readyAt: number }): boolean => this.context.clock.now().getTime() >= readyAt;

  private networkView(network: NetworkRecord): Record<string, unknown> {
    const status = this.isReady(network) ? "ACTIVE" : "BUILDING";
    const { id, name, vlanId, regions: all } = network;
    return { id, name, vlanId, status, type: "private", regions: all.map((one) => ({ ...one, status })) };
  }

  private gatewayView(gateway: GatewayRecord): Record<string, unknown> {
    const { id, name, model, region, networkId, subnetId, ip, publicIp } = gateway;
    return {
      id,
      name,
      model,
      region,
      status: this.isReady(gateway) ? "active" : "building",
      interfaces: [{ id: `${id}-interface`, ip, networkId, subnetId }],
      externalInformation: { networkId: "Ext-Net", ips: [{ ip: publicIp, subnetId: "Ext-Net-subnet" }] },
    };
  }

  private operationView(operation: OperationRecord): OperationRecord & { status: string } {
    return { ...operation, status: this.isReady(operation) ? "completed" : "in-progress" };
  }
}

function subnetView({ id, region, cidr, gatewayIp, dhcp, start, end }: SubnetRecord): Record<string, unknown> {
  return { id, cidr, gatewayIp, dhcpEnabled: dhcp, ipPools: [{ region, network: cidr, dhcp, start, end }] };
}
