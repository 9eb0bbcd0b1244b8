import { randomInt, randomUUID } from "node:crypto";
import * as z from "zod";
import { delayOf, nowText, type Context } from "../context/context";
import { conflict, notFound } from "../request/errors";
import { parseBody } from "../request/validate";
import type { GatewayRecord, OperationRecord } from "../state/model";
import { subnetIn } from "./subnets";

const gatewaySchema = z.strictObject({ name: z.string().min(1), model: z.enum(["s", "m", "l", "xl", "2xl", "3xl"]) });

/** How long an operation can be asked for after its end, in milliseconds: nobody waits for one of yesterday. */
const operationsKept = 24 * 3_600_000;

type Operation = OperationRecord & { status: string };

/** The gateways through which subnets reach the internet, and the operations that make and delete them. */
export class Gateways {
  constructor(private readonly context: Context) {}

  list(region: string): Record<string, unknown>[] {
    return this.all()
      .filter((gateway) => gateway.region === region)
      .map((gateway) => this.view(gateway));
  }

  get(region: string, id: string): Record<string, unknown> {
    return this.view(this.record(region, id));
  }

  /** Starts to make a gateway; the answer is the operation, which tells the gateway's id. @param networkId OpenStack id of the network in the region */
  create(region: string, networkId: string, subnetId: string, input: unknown): Operation {
    const body = parseBody(gatewaySchema, input);
    const subnet = subnetIn(this.state, region, networkId, subnetId);
    if (!subnet) throw notFound(`Subnet ${subnetId} not found in the network ${networkId} of ${region}`);
    if (subnet.gatewayIp === null) throw conflict(`The subnet ${subnetId} was made without a gateway address`);
    if (this.all().some((gateway) => gateway.subnetId === subnetId)) throw conflict(`The subnet ${subnetId} has a gateway already`);
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

  update(region: string, id: string, input: unknown): void {
    Object.assign(this.record(region, id), parseBody(gatewaySchema.partial(), input));
    this.context.store.changed();
  }

  /** Starts to delete a gateway, which keeps its address in the subnet until the operation is completed. */
  remove(region: string, id: string): Operation {
    const gateway = this.record(region, id);
    const cluster = Object.values(this.state.clusters).find(
      ({ plan, nodesSubnetId }) => plan === "standard" && nodesSubnetId === gateway.subnetId,
    );
    if (cluster) throw conflict(`The gateway ${id} is used by the cluster ${cluster.id}`);
    gateway.goneAt ??= this.soon();
    return this.operate("gateway#delete", region, id, gateway.goneAt);
  }

  operation(id: string): Operation {
    const operation = this.state.operations[id];
    if (!operation) throw notFound(`Operation ${id} not found`);
    return this.operationView(operation);
  }

  /** The gateways that have an address in their subnet, also those being deleted. Forgets the others. */
  all(): GatewayRecord[] {
    const now = this.context.clock.now().getTime();
    for (const { id, goneAt = Infinity } of Object.values(this.state.gateways)) if (goneAt <= now) delete this.state.gateways[id];
    return Object.values(this.state.gateways);
  }

  isActive(gateway: GatewayRecord): boolean {
    return this.isReady(gateway) && gateway.goneAt === undefined;
  }

  private get state(): Context["store"]["state"] {
    return this.context.store.state;
  }

  private soon(): number {
    return this.context.clock.now().getTime() + delayOf(this.context, "network");
  }

  private record(region: string, id: string): GatewayRecord {
    const gateway = this.all().find((one) => one.id === id && one.region === region);
    if (!gateway) throw notFound(`Gateway ${id} not found in ${region}`);
    return gateway;
  }

  private operate(action: string, region: string, resourceId: string, readyAt: number): Operation {
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

  private isReady({ readyAt }: { readonly readyAt: number }): boolean {
    return this.context.clock.now().getTime() >= readyAt;
  }

  private view(gateway: GatewayRecord): Record<string, unknown> {
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

  private operationView(operation: OperationRecord): Operation {
    return { ...operation, status: this.isReady(operation) ? "completed" : "in-progress" };
  }
}
