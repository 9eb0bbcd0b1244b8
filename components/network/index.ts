import * as ovh from "@ovhcloud/pulumi-ovh";
import * as pulumi from "@pulumi/pulumi";
import { addressAt, formatRange, overlap, parseRange } from "../../common/cidr";
import { type Fault, throwFaults } from "../pulumi/faults";

/** A private network for the nodes of a cluster, with a gateway through which they reach the internet. The plan Standard needs one. */

export interface PrivateNetworkArgs {
  /** Id of the Public Cloud project. */
  readonly serviceName: pulumi.Input<string>;
  /** Public Cloud region, e.g. `EU-WEST-PAR`. A change recreates the network. */
  readonly region: string;
  /** Name as OVHcloud shows it. */
  readonly networkName: string;
  /** Addresses of the nodes, a private IPv4 range from /16 to /24. A change recreates the subnet. */
  readonly range: string;
  /** VLAN id, 0 to 4000, one network each. A change recreates the network. @default 0 */
  readonly vlanId?: number;
  /** Size of the gateway, which decides its bandwidth and price. @default `s` */
  readonly gatewayModel?: "s" | "m" | "l";
}

/** The first addresses are OVHcloud's (gateway, DHCP). */
const reserved = 16;

/** Ranges that Managed Kubernetes takes for pods, Services and containers, by OVHcloud's page of its known limits. */
const taken = ["10.240.0.0/13", "10.2.0.0/16", "10.3.0.0/16", "172.17.0.0/16"];

const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

export class PrivateNetwork extends pulumi.ComponentResource {
  readonly network: ovh.cloudproject.NetworkPrivate;
  readonly subnet: ovh.cloudproject.NetworkPrivateSubnet;
  readonly gateway: ovh.cloudproject.Gateway;
  /** OpenStack id of the network in its region. It resolves once the gateway is there: nodes cannot start without it. */
  readonly networkId: pulumi.Output<string>;
  /** Id of the nodes' subnet. */
  readonly subnetId: pulumi.Output<string>;
  /** Public address of the gateway, from which nodes reach the Kubernetes API too. */
  readonly gatewayAddress: pulumi.Output<string>;

  constructor(
    private readonly name: string,
    args: PrivateNetworkArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:network:PrivateNetwork", name, {}, opts);
    throwFaults(this, name, faultsOf(args));
    this.network = this.createNetwork(args);
    const openstackId = this.network.regionsOpenstackIds.apply((ids) => ids[args.region]!);
    this.subnet = this.createSubnet(args);
    this.gateway = this.createGateway(args, openstackId);
    this.networkId = pulumi.all([openstackId, this.gateway.id]).apply(([id]) => id);
    this.subnetId = this.subnet.id;
    this.gatewayAddress = this.gateway.externalInformations.apply((all) => all[0]!.ips[0]!.ip);
    this.registerOutputs({ networkId: this.networkId, subnetId: this.subnetId, gatewayAddress: this.gatewayAddress });
  }

  private createNetwork({ serviceName, networkName, region, vlanId }: PrivateNetworkArgs): ovh.cloudproject.NetworkPrivate {
    return new ovh.cloudproject.NetworkPrivate(
      `${this.name}-network`,
      { serviceName, name: networkName, regions: [region], vlanId: vlanId ?? 0 },
      { parent: this },
    );
  }

  private createSubnet({ serviceName, region, range }: PrivateNetworkArgs): ovh.cloudproject.NetworkPrivateSubnet {
    const addresses = parseRange(range);
    return new ovh.cloudproject.NetworkPrivateSubnet(
      `${this.name}-subnet`,
      {
        serviceName,
        networkId: this.network.id,
        region,
        network: formatRange(addresses),
        start: addressAt(addresses, reserved),
        // The last address is the broadcast's.
        end: addressAt(addresses, addresses.last - addresses.first - 1),
        dhcp: true,
        noGateway: false,
      },
      { parent: this },
    );
  }

  private createGateway(
    { serviceName, networkName, region, gatewayModel }: PrivateNetworkArgs,
    networkId: pulumi.Output<string>,
  ): ovh.cloudproject.Gateway {
    return new ovh.cloudproject.Gateway(
      `${this.name}-gateway`,
      { serviceName, name: networkName, model: gatewayModel ?? "s", region, networkId, subnetId: this.subnet.id },
      { parent: this },
    );
  }
}

/** Returns what is wrong with a range for nodes; undefined when nothing is. */
export function rangeFault(range: string): string | undefined {
  let addresses;
  try {
    addresses = parseRange(range);
  } catch {
    return "must be an IPv4 range such as 192.168.0.0/20";
  }
  const { prefix, first, last } = addresses;
  if (prefix < 16 || prefix > 24) return "must be a range from /16 to /24";
  const isPrivate = privateRanges.map(parseRange).some((one) => one.first <= first && last <= one.last);
  if (!isPrivate) return `must lie within ${privateRanges.join(", ")}`;
  const other = taken.find((one) => overlap(parseRange(one), addresses));
  return other && `must not overlap ${other}, which Managed Kubernetes takes for itself`;
}

function faultsOf({ range, vlanId = 0 }: PrivateNetworkArgs): Fault[] {
  const faults: Fault[] = [];
  const rule = rangeFault(range);
  if (rule) faults.push({ property: "range", value: range, rule });
  if (!Number.isInteger(vlanId) || vlanId < 0 || vlanId > 4000) {
    faults.push({ property: "vlanId", value: vlanId, rule: "must be a whole number from 0 to 4000" });
  }
  return faults;
}
