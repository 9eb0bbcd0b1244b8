import { Harness, project, removeTemporaryFolders } from "../harness";

let harness: Harness;
beforeEach(() => void (harness = new Harness({ delays: { network: 1_000 } })));
afterEach(async () => {
  await harness.close();
  removeTemporaryFolders();
});

const region = "EU-WEST-PAR";
const networks = `${project}/network/private`;
const subnet = { region, network: "192.168.0.0/20", start: "192.168.0.16", end: "192.168.15.254", dhcp: true, noGateway: false };

interface Made {
  readonly id: string;
  readonly resourceId: string;
  readonly regions: readonly { openstackId: string }[];
}

const make = async (path: string, body: unknown): Promise<Made> => {
  const answer = await harness.call("POST", path, body);
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer.body as Made;
};

/** A network with a subnet, and a gateway where one is wanted; all of them ready. */
async function privateNetwork({ gateway = true, ...more }: Record<string, unknown> = {}, vlanId = 0) {
  const network = await make(networks, { name: "batch", regions: [region], vlanId });
  harness.clock.advance(1);
  const { id: subnetId } = await make(`${networks}/${network.id}/subnet`, { ...subnet, ...more });
  const networkId = network.regions[0]!.openstackId;
  const at = `${project}/region/${region}`;
  const operation = gateway
    ? await make(`${at}/network/${networkId}/subnet/${subnetId}/gateway`, { name: "batch", model: "s" })
    : undefined;
  harness.clock.advance(1);
  return { id: network.id, networkId, subnetId, gateway: `${at}/gateway/${operation?.resourceId}`, operation: operation?.id };
}

const cluster = (body: Record<string, unknown>) => harness.call("POST", `${project}/kube`, { region, ...body });

it("a network is BUILDING before it is ACTIVE, and takes no subnet until then", async () => {
  const { id } = await make(networks, { name: "batch", regions: [region], vlanId: 7 });
  expect((await harness.call("GET", `${networks}/${id}`)).body).toMatchObject({ status: "BUILDING", vlanId: 7, type: "private" });
  expect((await harness.call("POST", `${networks}/${id}/subnet`, subnet)).status).toBe(409);
  harness.clock.advance(1);
  expect((await harness.call("GET", `${networks}/${id}`)).body).toMatchObject({
    status: "ACTIVE",
    regions: [{ region, status: "ACTIVE" }],
  });
  expect((await harness.call("POST", networks, { name: "other", vlanId: 7 })).status).toBe(409);
});

it("a gateway is made by an operation, and has an address in the subnet and a public one", async () => {
  const { gateway, operation, networkId, subnetId } = await privateNetwork();
  expect((await harness.call("GET", `${project}/operation/${operation}`)).body).toMatchObject({
    status: "completed",
    action: "gateway#create",
  });
  expect((await harness.call("GET", gateway)).body).toMatchObject({
    status: "active",
    model: "s",
    interfaces: [{ ip: "192.168.0.1", networkId, subnetId }],
    externalInformation: { ips: [{ ip: expect.stringMatching(/^203\.0\.113\.\d+$/) as string }] },
  });
});

it("operations of days ago are forgotten", async () => {
  const { gateway, operation } = await privateNetwork();
  const told = async () => (await harness.call("GET", `${project}/operation/${operation}`)).status;
  harness.clock.advance(23 * 3600);
  expect((await harness.call("DELETE", gateway)).status).toBe(200);
  expect(await told()).toBe(200);
  harness.clock.advance(2 * 3600);
  await privateNetwork({ network: "10.0.0.0/24", start: "10.0.0.2", end: "10.0.0.9" }, 8);
  expect(await told()).toBe(404);
});

it("every fault of a subnet is told at once", async () => {
  const { id } = await make(networks, { name: "batch", regions: [region] });
  harness.clock.advance(1);
  const { status, body } = await harness.call("POST", `${networks}/${id}/subnet`, {
    ...subnet,
    region: "GRA11",
    start: "192.168.0.1",
    end: "10.0.0.9",
  });
  expect(status).toBe(400);
  expect(Object.keys((body as { details: object }).details)).toEqual(["region", "start", "end"]);
});

it("what is used cannot be deleted", async () => {
  const { id, gateway, networkId, subnetId } = await privateNetwork();
  const { body } = await cluster({ plan: "standard", privateNetworkId: networkId, nodesSubnetId: subnetId });
  await harness.settle();
  const status = async (path: string): Promise<number> => (await harness.call("DELETE", path)).status;
  expect(await status(gateway)).toBe(409);
  expect(await status(`${networks}/${id}/subnet/${subnetId}`)).toBe(400);
  expect(await status(`${networks}/${id}`)).toBe(409);
  await harness.call("DELETE", `${project}/kube/${(body as Made).id}`);
  await harness.settle();
  expect(await status(gateway)).toBe(200);
  harness.clock.advance(1);
  expect(await status(`${networks}/${id}/subnet/${subnetId}`)).toBe(200);
  expect(await status(`${networks}/${id}`)).toBe(200);
  expect((await harness.call("GET", networks)).body).toEqual([]);
});

it("a gateway keeps its address in the subnet until its deletion is done", async () => {
  const { id, gateway, subnetId } = await privateNetwork();
  const remove = (path: string) => harness.call("DELETE", path);
  const { body } = await remove(gateway);
  const operation = async () => (await harness.call("GET", `${project}/operation/${(body as Made).id}`)).body;
  expect(await operation()).toMatchObject({ action: "gateway#delete", status: "in-progress" });
  expect((await harness.call("GET", gateway)).status).toBe(200);
  expect(await remove(`${networks}/${id}/subnet/${subnetId}`)).toMatchObject({
    status: 400,
    body: {
      class: "Client::BadRequest",
      message: `Unable to complete operation on subnet ${subnetId}: One or more ports have an IP allocation from this subnet.`,
    },
  });
  expect((await remove(`${networks}/${id}`)).status).toBe(409);
  // Who asks again, e.g. after an answer that was lost, waits for the same deletion.
  expect(await remove(gateway)).toMatchObject({ status: 200, body: { status: "in-progress" } });
  harness.clock.advance(1);
  expect(await operation()).toMatchObject({ status: "completed" });
  expect((await harness.call("GET", gateway)).status).toBe(404);
  expect((await remove(gateway)).status).toBe(404);
  expect((await remove(`${networks}/${id}/subnet/${subnetId}`)).status).toBe(200);
});

it("a network in which nothing has an address is deleted with its subnets", async () => {
  const { id, subnetId } = await privateNetwork({ gateway: false });
  expect((await harness.call("DELETE", `${networks}/${id}`)).status).toBe(200);
  expect((await harness.call("GET", `${networks}/${id}/subnet`)).status).toBe(404);
  expect((await harness.call("DELETE", `${networks}/${id}/subnet/${subnetId}`)).status).toBe(404);
});

describe("a cluster of the plan standard", () => {
  const refusal = async (body: Record<string, unknown>): Promise<unknown> => {
    const answer = await cluster({ plan: "standard", ...body });
    expect(answer.status).toBe(400);
    return (answer.body as { details: unknown }).details;
  };

  it("is refused in a region that has only free", async () => {
    expect(await refusal({ region: "GRA11" })).toEqual({ plan: "the plan standard is not available in GRA11" });
  });

  it("is refused without a network, without its subnet, and in a network that is not there", async () => {
    const { networkId } = await privateNetwork();
    expect(await refusal({})).toEqual({ privateNetworkId: "is mandatory with the plan standard" });
    expect(await refusal({ privateNetworkId: networkId })).toEqual({ nodesSubnetId: "is mandatory with the plan standard" });
    expect(await refusal({ privateNetworkId: "other", nodesSubnetId: "x" })).toEqual({
      privateNetworkId: "no private network other in the region EU-WEST-PAR",
    });
  });

  it("is refused in a subnet without a gateway", async () => {
    const { networkId, subnetId } = await privateNetwork({ gateway: false });
    expect(await refusal({ privateNetworkId: networkId, nodesSubnetId: subnetId })).toEqual({
      nodesSubnetId: `the subnet ${subnetId} has no gateway, which the plan standard needs`,
    });
  });
});
