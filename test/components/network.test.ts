import { PrivateNetwork, type PrivateNetworkArgs, rangeFault } from "../../components/network";
import { record, valueOf } from "./harness";
import { resourceMocks } from "./mocks";
import { networkArgs } from "./samples";

const create = (args: Partial<PrivateNetworkArgs> = {}) =>
  record(() => new PrivateNetwork("n", { ...networkArgs, ...args }), { resources: resourceMocks });

describe("PrivateNetwork", () => {
  it("makes a network in the region, a subnet in it and a gateway of the smallest model", async () => {
    const { find } = await create();
    expect(find("ovh:CloudProject/networkPrivate:NetworkPrivate").inputs).toEqual({
      serviceName: "project",
      name: "my-network",
      regions: ["EU-WEST-PAR"],
      vlanId: 0,
    });
    expect(find("ovh:CloudProject/networkPrivateSubnet:NetworkPrivateSubnet").inputs).toEqual({
      serviceName: "project",
      networkId: "n-network-id",
      region: "EU-WEST-PAR",
      network: "192.168.0.0/20",
      start: "192.168.0.16",
      end: "192.168.15.254",
      dhcp: true,
      noGateway: false,
    });
    expect(find("ovh:CloudProject/gateway:Gateway").inputs).toEqual({
      serviceName: "project",
      name: "my-network",
      model: "s",
      region: "EU-WEST-PAR",
      networkId: "openstack-id-in-EU-WEST-PAR",
      subnetId: "n-subnet-id",
    });
  });

  it("tells the ids that a cluster needs, and the gateway's public address", async () => {
    const { result } = await create();
    expect(await valueOf(result.networkId)).toBe("openstack-id-in-EU-WEST-PAR");
    expect(await valueOf(result.subnetId)).toBe("n-subnet-id");
    expect(await valueOf(result.gatewayAddress)).toBe("198.51.100.7");
  });

  it("takes another VLAN and a bigger gateway", async () => {
    const { find } = await create({ vlanId: 12, gatewayModel: "m" });
    expect(find("ovh:CloudProject/networkPrivate:NetworkPrivate").inputs).toMatchObject({ vlanId: 12 });
    expect(find("ovh:CloudProject/gateway:Gateway").inputs).toMatchObject({ model: "m" });
  });

  it("tells all faults at once", async () => {
    await expect(create({ range: "192.168.0.0/25", vlanId: 4001 })).rejects.toThrow(
      /range \("192.168.0.0\/25"\) must be a range from \/16 to \/24\n.*vlanId \(4001\) must be a whole number from 0 to 4000/,
    );
  });
});

it.each([
  ["192.168.0.0/20", undefined],
  ["10.0.0.0/16", undefined],
  ["172.16.0.0/24", undefined],
  ["elsewhere", "must be an IPv4 range such as 192.168.0.0/20"],
  ["192.168.0.0/15", "must be a range from /16 to /24"],
  ["192.0.2.0/24", "must lie within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16"],
  ["10.241.0.0/16", "must not overlap 10.240.0.0/13, which Managed Kubernetes takes for itself"],
  ["172.17.3.0/24", "must not overlap 172.17.0.0/16, which Managed Kubernetes takes for itself"],
])("a range of nodes %s: %s", (range, fault) => {
  expect(rangeFault(range)).toBe(fault);
});
