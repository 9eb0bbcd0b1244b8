import { readCatalog } from "../../../batch/cost/catalog";
import { catalogOf, type PriceSettings } from "../../../batch/cost/config";
import { poolFacts, withPrice } from "../../../batch/cost";
import { ClusterError } from "../../../kubernetes/cluster";
import { FakeCluster } from "../fakes/cluster";
import { type Answer, answerWith, serve } from "../fakes/server";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const addon = (planCode: string, price: number, technical: object = { cpu: { cores: 4 }, memory: { size: 15 } }) => ({
  planCode,
  invoiceName: planCode,
  pricings: [
    { capacities: ["renew"], price: 1 },
    { capacities: ["consumption"], price, intervalUnit: "none" },
  ],
  blobs: { technical },
});

/** As the public one, which has thousands of addons of many kinds. */
const catalogue = {
  catalogId: 1,
  locale: { currencyCode: "GBP", subsidiary: "GB", taxRate: 20 },
  plans: [],
  addons: [
    addon("b2-15.consumption", 12_900_000, {
      cpu: { cores: 4, frequency: 2.3, type: "vCore" },
      memory: { size: 15 },
      storage: { disks: [{ capacity: 100, number: 1, technology: "SSD" }] },
    }),
    addon("b2-15.consumption.3AZ", 11_700_000),
    addon("b2-15.monthly.postpaid", 9_999_999_999),
    addon("t1-45.consumption", 170_000_000, { cpu: { cores: 8 }, memory: { size: 45 }, gpu: { number: 1, model: "V100" } }),
    { planCode: "volume.classic.consumption", pricings: [{ price: 5 }], blobs: null },
    { planCode: "storage-standard", pricings: [] },
  ],
};

async function setUp(answer: Answer = (_, response) => answerWith(response, 200, catalogue)) {
  const server = await serve(answer);
  closing.push(server.close);
  return server;
}

test("the catalogue is asked for its subsidiary, without a key, once in a process", async () => {
  const { url, received } = await setUp();
  await Promise.all([readCatalog({ catalog: `${url}/v1`, subsidiary: "GB" }), readCatalog({ catalog: `${url}/v1/`, subsidiary: "GB" })]);
  expect(received).toMatchObject([{ method: "GET", path: "/v1/order/catalog/public/cloud", query: { ovhSubsidiary: "GB" } }]);
  expect(Object.keys(received[0]!.headers).filter((name) => name.startsWith("x-ovh"))).toEqual([]);
});

test.each<[string, NodeJS.ProcessEnv, PriceSettings, string]>([
  ["OVHcloud Europe", {}, {}, "https://eu.api.ovh.com/1.0/order/catalog/public/cloud?ovhSubsidiary=FR"],
  ["the environment's name", { OVH_ENDPOINT: "ovh-ca" }, {}, "https://ca.api.ovh.com/1.0/order/catalog/public/cloud?ovhSubsidiary=CA"],
  [
    "the environment's URL",
    { OVH_ENDPOINT: "http://10.0.0.1:8/1.0/" },
    {},
    "http://10.0.0.1:8/1.0/order/catalog/public/cloud?ovhSubsidiary=FR",
  ],
  [
    "the parameter",
    { OVH_ENDPOINT: "ovh-ca" },
    { catalog: "https://api.us.ovhcloud.com/v1" },
    "https://api.us.ovhcloud.com/v1/order/catalog/public/cloud?ovhSubsidiary=US",
  ],
  ["the parameter's subsidiary", {}, { subsidiary: "GB" }, "https://eu.api.ovh.com/1.0/order/catalog/public/cloud?ovhSubsidiary=GB"],
])("the catalogue is that of %s", (_what, environment, settings, url) => {
  expect(catalogOf(settings, environment)).toBe(url);
});

test("a catalogue that does not answer is given up within seconds", async () => {
  const { url } = await setUp(() => undefined);
  const start = Date.now();
  await expect(readCatalog({ catalog: url })).rejects.toThrow("no answer");
  expect(Date.now() - start).toBeLessThan(60_000);
});

test("a catalogue that fails is asked for again, and later once more", async () => {
  let down = false;
  const { url, received } = await setUp((_, response, n) =>
    n === 0 || down ? answerWith(response, 503, {}) : answerWith(response, 200, catalogue),
  );
  await readCatalog({ catalog: `${url}/a` });
  down = true;
  expect(received).toHaveLength(2);
  await expect(readCatalog({ catalog: `${url}/b` })).rejects.toThrow(
    `OVHcloud's price list cannot be read from ${url}/b/order/catalog/public/cloud?ovhSubsidiary=FR: HTTP 503`,
  );
  down = false;
  await readCatalog({ catalog: `${url}/b` });
});

describe("a pool", () => {
  const world = (flavor?: string, nodes: object[] = []) => {
    const cluster = new FakeCluster();
    cluster.put("nodepools", { metadata: { name: "compute" }, spec: { flavor, maxNodes: 7 } } as never);
    nodes.forEach((node, i) =>
      cluster.put("nodes", {
        metadata: { name: `n${i}`, labels: { nodepool: "compute", "node.kubernetes.io/instance-type": "b2-15" } },
        ...node,
      }),
    );
    return cluster;
  };
  const facts = async (cluster: FakeCluster, prices: object) => withPrice(await poolFacts(cluster, "compute"), prices);

  test("has the price and size of its flavor", async () => {
    const { url } = await setUp();
    expect(await facts(world("b2-15"), { catalog: url })).toMatchObject({
      pools: ["compute"],
      flavor: "b2-15",
      maxNodes: 7,
      seen: false,
      price: { nodeHour: 0.129, currency: "GBP" },
      allocatable: { cpu: 3.83, "nvidia.com/gpu": 0 },
    });
  });

  test("in a region of three zones has its price there, as the pool or its nodes tell", async () => {
    const { url } = await setUp();
    const price = { nodeHour: 0.117, currency: "GBP" };
    const byPool = new FakeCluster();
    const spec = { flavor: "b2-15", availabilityZones: ["eu-west-par-b"] };
    byPool.put("nodepools", { metadata: { name: "compute" }, spec } as never);
    expect(await facts(byPool, { catalog: url })).toMatchObject({ price });
    const inZone = (zone: string) => {
      const labels = { nodepool: "compute", "topology.kubernetes.io/zone": zone };
      return facts(world("b2-15", [{ metadata: { name: "n0", labels }, status: {} }]), { catalog: url });
    };
    expect(await inZone("eu-west-par-a")).toMatchObject({ price });
    expect(await inZone("nova")).toMatchObject({ price: { nodeHour: 0.129 } });
  });

  test("has what its nodes show, the largest of them", async () => {
    const { url } = await setUp();
    const nodes = [{ status: { allocatable: { cpu: "3", memory: "10Gi" } } }, { status: { allocatable: { cpu: "3500m", memory: "9Gi" } } }];
    expect(await facts(world(undefined, nodes), { catalog: url })).toMatchObject({
      flavor: "b2-15",
      seen: true,
      allocatable: { cpu: 3.5, memory: 10 * 2 ** 30, "nvidia.com/gpu": 0 },
    });
  });

  test("has the price that the user gives, also while the catalogue is away", async () => {
    const { url, received } = await setUp();
    const nodeHour = { "b2-15": 0.1 };
    expect(await facts(world("b2-15"), { catalog: url, nodeHour })).toMatchObject({ price: { nodeHour: 0.1 }, allocatable: { cpu: 3.83 } });
    expect((await facts(world("b2-15"), { catalog: "http://127.0.0.1:1", nodeHour })).price).toEqual({ nodeHour: 0.1 });
    expect(received).toHaveLength(1);
    await facts(world("b2-15", [{ status: { allocatable: { cpu: "3" } } }]), { catalog: `${url}/other`, nodeHour });
    expect(received).toHaveLength(1); // nothing else to ask for
  });

  test("tells why it has no price", async () => {
    const { url } = await setUp();
    expect((await facts(world("z9-1"), { catalog: url })).unpriced).toBe("OVHcloud's price list has no flavor 'z9-1'; set prices.nodeHour");
    expect((await facts(world("b2-15"), { catalog: "http://127.0.0.1:1" })).unpriced).toMatch(/cannot be read from .*: bad port/);
    expect((await facts(new FakeCluster(), { catalog: url })).unpriced).toBe("the cluster does not tell the flavor of the pool's nodes");
  });

  test("of a cluster that does not tell is nothing known of", async () => {
    const cluster = world("b2-15");
    cluster.hook = () => {
      throw new ClusterError("forbidden", 403);
    };
    expect(await poolFacts(cluster, "compute")).toEqual({ seen: false });
  });
});
