import { type Known } from "../../../../local/plugins/protocol/provider";
import { type Properties } from "../../../../local/plugins/protocol/values";
import { serviceName } from "../../api/harness";
import { fakeCall } from "../helpers";
import { TestCloud } from "./cloud";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = new TestCloud();
  await cloud.start();
});
afterEach(() => cloud.close());

const region = "EU-WEST-PAR";
const owner = { serviceName };

async function create(type: string, inputs: Properties): Promise<Known> {
  const { id, outputs } = await cloud.resource(type).create(inputs, fakeCall(type));
  return { id, inputs, outputs };
}

const range = { network: "192.168.0.0/20", start: "192.168.0.16", end: "192.168.15.254", dhcp: true, noGateway: false };

/** A private network with a subnet and a gateway. */
async function privateNetwork(): Promise<{ network: Known; subnet: Known; gateway: Known }> {
  const network = await create("NetworkPrivate", { ...owner, name: "batch", regions: [region], vlanId: 0 });
  const subnet = await create("NetworkPrivateSubnet", { ...owner, networkId: network.id, region, ...range });
  const networkId = (network.outputs.regionsOpenstackIds as Record<string, string>)[region];
  const gateway = await create("Gateway", { ...owner, name: "batch", model: "s", region, networkId, subnetId: subnet.id });
  return { network, subnet, gateway };
}

test("a network, its subnet and a gateway have the outputs of the official plugin", async () => {
  const { network, subnet, gateway } = await privateNetwork();
  const openstackId = (network.outputs.regionsOpenstackIds as Record<string, string>)[region];
  expect(network.id).toMatch(/^pn-\d+_0$/);
  expect(network.outputs).toMatchObject({
    status: "ACTIVE",
    regions: [region],
    regionsAttributes: [{ region, status: "ACTIVE", openstackid: openstackId }],
  });
  expect(subnet.outputs).toMatchObject({ ...range, cidr: "192.168.0.0/20", gatewayIp: "192.168.0.1", region });
  expect(gateway.outputs).toMatchObject({
    status: "active",
    externalInformations: [{ ips: [{ ip: expect.stringMatching(/^203\.0\.113\./) as string }] }],
    interfaces: [{ ip: "192.168.0.1" }],
  });
});

test("each is read as it was made, imported by its id, and gone once it is deleted, the gateway first", async () => {
  const { network, subnet, gateway } = await privateNetwork();
  for (const [type, known, importId] of [
    ["NetworkPrivate", network, `${serviceName}/${network.id}`],
    ["NetworkPrivateSubnet", subnet, `${serviceName}/${network.id}/${subnet.id}`],
    ["Gateway", gateway, `${serviceName}/${region}/${gateway.id}`],
  ] as const) {
    const read = await cloud.resource(type).read(known, fakeCall(type));
    expect(read?.inputs).toEqual(known.inputs);
    const imported = await cloud.resource(type).read({ id: importId, inputs: {}, outputs: {} }, fakeCall(`${type}2`));
    expect(imported).toMatchObject({ id: known.id, outputs: { serviceName } });
  }
  for (const [type, known] of [
    ["Gateway", gateway],
    ["NetworkPrivateSubnet", subnet],
    ["NetworkPrivate", network],
  ] as const) {
    await cloud.resource(type).delete(known, fakeCall(type));
    expect(await cloud.resource(type).read(known, fakeCall(type))).toBeUndefined();
    await cloud.resource(type).delete(known, fakeCall(type));
  }
});

test("a subnet in which a gateway has its address stays, as with the official plugin", async () => {
  const { subnet } = await privateNetwork();
  const deleted = cloud.resource("NetworkPrivateSubnet").delete(subnet, fakeCall("NetworkPrivateSubnet"));
  await expect(deleted).rejects.toThrow(/400 Client::BadRequest .* One or more ports have an IP allocation from this subnet/);
});

test("a bigger gateway and another name are changed in place; the range of a subnet is not", async () => {
  const { network, subnet, gateway } = await privateNetwork();
  expect(await cloud.resource("Gateway").update(gateway, { ...gateway.inputs, model: "m" }, fakeCall("Gateway"))).toMatchObject({
    model: "m",
  });
  const renamed = await cloud.resource("NetworkPrivate").update(network, { ...network.inputs, name: "other" }, fakeCall("NetworkPrivate"));
  expect(renamed).toMatchObject({ name: "other" });
  const diff = await cloud
    .resource("NetworkPrivateSubnet")
    .diff(subnet, { ...subnet.inputs, end: "192.168.15.200" }, fakeCall("NetworkPrivateSubnet"));
  expect([...diff.changes]).toEqual([["end", { change: "update", replace: true }]]);
});

test("a creation that was interrupted makes no second network", async () => {
  cloud.harness.faults.add([{ action: "lost-answer", method: "POST", path: "/network/private", times: 1 }]);
  const { network } = await privateNetwork();
  expect(cloud.harness.cloud.networks.list()).toHaveLength(1);
  expect(network.id).toMatch(/^pn-/);
});

test("a cluster of the plan standard is made in it", async () => {
  const { network, subnet } = await privateNetwork();
  const privateNetworkId = (network.outputs.regionsOpenstackIds as Record<string, string>)[region];
  const { outputs } = await create("Kube", {
    ...owner,
    name: "batch",
    region,
    plan: "standard",
    privateNetworkId,
    nodesSubnetId: subnet.id,
  });
  expect(outputs).toMatchObject({ status: "READY", plan: "standard", nodesSubnetId: subnet.id });
});
